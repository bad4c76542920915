"""Which alerts a subscription is about. All of its terms have to hold; a term may give alternatives, with commas.

| term | holds for alerts |
|---|---|
| ``model=NAME`` or ``NAME@RANGE`` | on versions of that record; ``hf:org/name`` on weights of that repository |
| ``owner=NAME`` | on what that publisher, or that account on a hub, has published |
| ``licence=NAME`` | on what is under that licence |
| ``risk=KIND`` | of that kind of risk |
| ``severity=LEVEL`` | at least as grave |
| ``certainty=affected`` | that are sure |
| ``advisory=ID`` | of that advisory |
| ``query=WORDS`` | on subjects whose name, title, publisher or licence hold every word |

Upper and lower case are one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stemma.advisories import RiskKind
from stemma.errors import InputError, StemmaError
from stemma.identity import Version, parse_requirement
from stemma.lineage.alerts import RANKS
from stemma.lineage.keys import MODEL, is_held, name_of, version_text
from stemma.registry.edges import Facts
from stemma.registry.interface import GraphSource, IdentitySource
from stemma.registry.notices import Alert, Certainty, Delivery, Subscription, delivery_id

MAX_TERMS = 32
MAX_TERM = 500
BATCH = 2_000


@dataclass(frozen=True)
class Subject:
    """What is known of the subject of an alert."""

    key: str
    facts: Facts | None
    owners: frozenset[str]


Holds = Callable[[str, Alert, Subject], bool]


def check_terms(terms: Sequence[str]) -> tuple[str, ...]:
    """The terms, each of a known kind with a value that can hold; raises InputError for any other, or for none."""
    if not terms or len(terms) > MAX_TERMS:
        raise InputError(f"Got {len(terms)} terms, expected 1 to {MAX_TERMS}.", advice=_ADVICE)
    for term in terms:
        kind, values = _parts(term)
        problem = _problem(kind, values) if len(term) <= MAX_TERM else f"at most {MAX_TERM} characters"
        if problem is not None:
            raise InputError(f"Got the term {term[:80]!r}, expected {problem}.", advice=_ADVICE)
    return tuple(terms)


def _parts(term: str) -> tuple[str, list[str]]:
    kind, _, text = term.partition("=")
    values = [text] if kind == "query" else text.split(",")
    return kind, [value.strip() for value in values if value.strip()]


def _problem(kind: str, values: Sequence[str]) -> str | None:
    if kind not in _KINDS:
        return f"one of {', '.join(f'{each}=...' for each in _KINDS)}"
    if not values:
        return "a value after the ="
    allowed = _ALLOWED.get(kind)
    if allowed is not None and not set(values) <= set(allowed):
        return f"one of {', '.join(allowed)}"
    if kind == "model":
        for value in values:
            try:
                _ = value.startswith("hf:") or parse_requirement(value)
            except StemmaError as error:
                return f"NAME, NAME@RANGE or hf:org/name ({error.message})"
    return None


def holds(terms: Iterable[str], alert: Alert, subject: Subject) -> bool:
    """Whether all terms hold for an alert."""
    for term in terms:
        kind, values = _parts(term)
        if not any(_KINDS[kind](value, alert, subject) for value in values):
            return False
    return True


class Audience:
    """Matches alerts with subscriptions; what it has to know of subjects it asks for in batches."""

    def __init__(self, graph: GraphSource, identities: IdentitySource) -> None:
        self._graph, self._identities = graph, identities

    def select(self, alerts: Iterable[Alert], terms: Sequence[str]) -> Iterator[Alert]:
        """The alerts for which all terms hold, in their order."""
        for batch in _batches(alerts):
            about = self._about(batch, [terms])
            yield from (alert for alert in batch if holds(terms, alert, about[alert.subject]))

    def deliveries(self, alerts: Sequence[Alert], subscriptions: Iterable[Subscription], when: str) -> list[Delivery]:
        """What is to be sent of these revisions, and to whom."""
        active = [each for each in subscriptions if each.active and each.url]
        if not active:
            return []
        about = self._about(alerts, [each.terms for each in active])
        return [
            Delivery(delivery_id(alert.id, alert.revision, to.id), alert.id, alert.revision, to.id, when, when)
            for alert in alerts
            for to in active
            if holds(to.terms, alert, about[alert.subject])
        ]

    def _about(self, alerts: Sequence[Alert], asked: Iterable[Sequence[str]]) -> Mapping[str, Subject]:
        kinds = {_parts(term)[0] for terms in asked for term in terms}
        keys = {alert.subject for alert in alerts}
        held = [key for key in keys if is_held(key)]
        facts = self._graph.facts(held) if kinds & _NEED_FACTS else {}
        marks = self._identities.marks(held) if "owner" in kinds else {}
        return {key: Subject(key, facts.get(key), _owners(key, facts.get(key), marks.get(key, ()))) for key in keys}


def _batches(alerts: Iterable[Alert]) -> Iterator[list[Alert]]:
    batch: list[Alert] = []
    for alert in alerts:
        batch.append(alert)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _owners(key: str, facts: Facts | None, marks: Collection[str]) -> frozenset[str]:
    """The publisher, and the accounts on hubs under which the subject lies."""
    named = {facts.publisher.casefold()} if facts is not None and facts.publisher else set()
    places = [mark.partition(":")[2] for mark in marks if not mark.startswith(("sha256:", "blake3:"))]
    if key.startswith(f"{MODEL}hf:"):
        places.append(key.removeprefix(f"{MODEL}hf:"))
    return frozenset(named | {place.partition("/")[0].casefold() for place in places if "/" in place})


def _of_model(value: str, alert: Alert, _subject: Subject) -> bool:
    if value.startswith("hf:"):
        return alert.subject.partition("@")[0].casefold() == f"{MODEL}{value.partition('@')[0]}".casefold()
    asked = parse_requirement(value)
    if name_of(alert.subject) != asked.name:
        return False
    return not is_held(alert.subject) or Version.parse(version_text(alert.subject)) in asked.range


def _of_query(value: str, alert: Alert, subject: Subject) -> bool:
    facts = subject.facts
    told = (facts.title, facts.publisher, *facts.licenses) if facts is not None else ()
    text = " ".join((alert.subject, *told)).casefold()
    return all(word in text for word in value.casefold().split())


def _of_licence(value: str, _alert: Alert, subject: Subject) -> bool:
    return subject.facts is not None and value.casefold() in {each.casefold() for each in subject.facts.licenses}


_KINDS: Mapping[str, Holds] = {
    "model": _of_model,
    "owner": lambda value, _alert, subject: value.casefold() in subject.owners,
    "licence": _of_licence,
    "risk": lambda value, alert, _subject: value in alert.risks,
    "severity": lambda value, alert, _subject: RANKS[alert.severity] >= RANKS[value],
    "certainty": lambda value, alert, _subject: alert.certainty is Certainty(value),
    "advisory": lambda value, alert, _subject: alert.advisory == value,
    "query": _of_query,
}
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "risk": tuple(RiskKind),
    "severity": tuple(RANKS),
    "certainty": tuple(Certainty),
}
_NEED_FACTS = frozenset({"owner", "licence", "query"})
_ADVICE = "A subscription is a list of terms such as model=base, owner=acme, licence=mit, risk=backdoor or query=chat."
