"""A server's answers as the reports that the command line shows: the same values as those of a registry at hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import TypeVar

from stemma.advisories import Advisory, RiskKind, advisory_from_data
from stemma.client.client import Client
from stemma.client.report_shapes import ImpactEntry, ReachedEntry
from stemma.client.shapes import AlertEntry, StepEntry
from stemma.errors import InputError, SourceError
from stemma.identity.version import VERSION
from stemma.lineage.conflicts import Conflict, ConflictKind
from stemma.publish.alerts.model import AlertListing
from stemma.publish.lineage.model import (
    AdvisoryImpact,
    AdvisoryListing,
    ConflictReport,
    ImpactReport,
    ReachedBy,
)
from stemma.records import MemorySource, ResolvedRecord, Resolver, parse_record
from stemma.registry.notices import Alert, AlertState, Certainty, Step

T = TypeVar("T", bound=StrEnum)


def record_of(ask: Client, asked: str) -> ResolvedRecord:
    """A record with all that it inherits, resolved here out of texts that the server sends."""
    told = ask.record_texts(asked)
    source = MemorySource(parse_record(text, ask.address) for text in told.texts)
    name, _, version = told.key.partition("@")
    record = next((source.get(name, each) for each in source.versions(name) if str(each) == version), None)
    if record is None:
        raise SourceError(f"The server names {told.key[:80]} and does not send it.", advice="Is it a Stemma?")
    return Resolver(source).resolve(record)


def impact_of(ask: Client, subject: str) -> ImpactReport:
    """Whom an advisory reaches, or which advisories reach a record."""
    told = ask.impact_report(subject)
    impacts = tuple(map(_impact, told.impacts))
    cost = {"seconds": told.seconds}
    return ImpactReport(told.asked, told.subject, impacts, (), (), told.alpha, None, (), cost, VERSION)


def conflicts_of(ask: Client, names: Sequence[str]) -> ConflictReport:
    """Where sources disagree, around some records or in the whole registry."""
    pages = list(ask.conflicts(names))
    found = (entry for page in pages for entry in page.conflicts)
    told = tuple(Conflict(_word(ConflictKind, each.kind), each.subjects, each.sides) for each in found)
    return ConflictReport(pages[0].names, told, VERSION)


def alerts_of(
    ask: Client, terms: Sequence[str], *, states: Collection[AlertState] | None = None, limit: int = 100
) -> AlertListing:
    """The newest alerts for which all terms hold."""
    told = ask.alerts_report(terms, states=[state.value for state in states or ()], limit=limit)
    return AlertListing(told.terms, tuple(map(alert_of, told.alerts)), told.total, told.summaries, VERSION)


def advisories_of(ask: Client, *, withdrawn: bool = False) -> AdvisoryListing:
    """The newest version of every advisory; those taken back only where ``withdrawn``."""
    found = (_advisory(each) for each in ask.advisory_documents())
    return AdvisoryListing(tuple(each for each in found if withdrawn or not each.is_withdrawn), VERSION)


def acknowledge(ask: Client, ids: Sequence[str]) -> list[Alert]:
    """Acknowledge alerts, as the bearer of the token; an id may be shortened to what tells it from others.

    Raises:
        InputError: there is no such alert, or several.
    """
    found = [_alert(ask, each) for each in ids]
    return [alert_of(ask.acknowledge(each.id)) for each in found]


def _alert(ask: Client, asked: str) -> AlertEntry:
    """The alert of an id, or the only one whose id begins so: the first after what comes just before it."""
    wanted = asked.lower()
    before = f"{wanted[:-1]}{chr(ord(wanted[-1]) - 1)}~" if wanted else ""
    near = [each for each in ask.alerts(after=before).alerts[:2] if each.id.startswith(wanted)]
    if len(near) != 1 or len(wanted) < 6:
        how = "more than one alert" if len(near) > 1 else "no alert"
        raise InputError(f"There is {how} with the id {asked[:80]!r}.", advice="See: stemma alerts list --format json")
    return near[0]


def alert_of(entry: AlertEntry) -> Alert:
    """An alert as a registry holds it."""
    return Alert(
        id=entry.id,
        advisory=entry.advisory,
        subject=entry.subject,
        certainty=_word(Certainty, entry.certainty),
        path=tuple(map(_step, entry.path)),
        created=entry.created,
        updated=entry.updated,
        state=_word(AlertState, entry.state),
        revision=entry.revision,
        severity=entry.severity,
        risks=entry.risks,
        acknowledged_by=entry.acknowledged_by,
        note=entry.note,
    )


def _impact(entry: ImpactEntry) -> AdvisoryImpact:
    return AdvisoryImpact(_advisory(entry.advisory), tuple(map(_reached, entry.reached)), entry.ended)


def _advisory(document: dict[str, object]) -> Advisory:
    return advisory_from_data(document, "the server's advisory")


def _reached(entry: ReachedEntry) -> ReachedBy:
    risks = tuple(_word(RiskKind, each) for each in entry.risks)
    path = tuple(map(_step, entry.path))
    return ReachedBy(entry.subject, _word(Certainty, entry.certainty), risks, entry.start, path, entry.note)


def _step(entry: StepEntry) -> Step:
    basis = entry.basis
    if basis not in ("declared", "measured"):
        raise SourceError(f"The server said {basis[:60]!r} for the basis of a step.", advice="Is it a Stemma?")
    return Step(entry.upstream, entry.downstream, basis, entry.kind, entry.grounds, entry.note)  # type: ignore[arg-type]


def _word(kind: type[T], told: str) -> T:
    try:
        return kind(told)
    except ValueError:
        raise SourceError(f"The server said {told[:60]!r}.", advice="Use a Stemma as new as the server.") from None
