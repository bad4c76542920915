"""Records and advisories that somebody writes on a page: looked at before anything is kept, then kept as a program's
are. What a token does not cover is refused before anything is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stemma.advisories import Advisory, RiskKind, Severity, advisory_text, affected_record, new_advisory
from stemma.errors import AccessDenied, Conflict, InputError, InvalidRecord, Problem
from stemma.immutable import immutable
from stemma.records import Record, check_bump, check_record, parse_record
from stemma.registry import Registry
from stemma.registry.lint import check_relations
from stemma.usecases.browse.tokens import Token
from stemma.usecases.browse.writing import Written, put_advisory, put_record, require_cover, tag_of

MOST_AFFECTED = 50


@immutable
class Proposal:
    """A record as somebody would write it.

    ``problems`` keep it from being written, ``remarks`` do not. ``there`` is the tag of other content that is published
    under its version, empty where there is none; ``same`` says that this very text is.
    """

    text: str
    record: Record | None
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()
    there: str = ""
    same: bool = False


@immutable
class Warned:
    """One record that an advisory is about: from which version, up to which; both may be empty."""

    record: str
    introduced: str = ""
    fixed: str = ""


@immutable
class Notice:
    """An advisory as a form tells it."""

    id: str = ""
    summary: str = ""
    details: str = ""
    severity: Severity = Severity.UNKNOWN
    risks: tuple[RiskKind, ...] = ()
    affected: tuple[Warned, ...] = ()
    references: tuple[str, ...] = ()


def look_at_record(text: str, registry: Registry, token: Token) -> Proposal:
    """What is wrong with a record, and what is there already; raises AccessDenied where the token does not cover it."""
    record, problems = check_record(text, "record")
    if record is None or problems:
        return Proposal(text, None, problems)
    _require_name(token, record.name)
    there = _published(record, registry)
    remarks = (*check_relations([record], registry.records), *_bump(record, registry))
    tag = tag_of(there) if there is not None and there != text else ""
    return Proposal(text, record, (), remarks, tag, there == text)


def publish_record(text: str, registry: Registry, token: Token, when: str, replacing: str = "") -> Written:
    """Keep a record; ``replacing`` is the tag of what is published and is to be replaced. Raises as :func:`put_record`,
    and AccessDenied."""
    record = parse_record(text, "record")
    _require_name(token, record.name)
    place = record.name, str(record.version)
    return put_record(text, place, registry, token, when, (replacing,) if replacing else None)


def advisory_of(told: Notice, when: datetime) -> Advisory:
    """The advisory that a form tells of.

    Raises:
        InputError: it names nothing, or no risk.
        InvalidAdvisory: it breaks the rules of the language.
    """
    named = [each for each in told.affected if each.record]
    if any((each.introduced or each.fixed) and not each.record for each in told.affected):
        raise InputError("Got versions without a record.", advice="Name the record that they are of.")
    if not named or not told.risks:
        raise InputError("An advisory has to say which records are affected, and by which risk.")
    return new_advisory(
        told.id,
        when,
        summary=told.summary,
        details=told.details,
        risks=told.risks,
        affected=[affected_record(each.record, introduced=each.introduced or "0", fixed=each.fixed) for each in named],
        severity=told.severity,
        references=told.references,
    )


def require_new(advisory: Advisory, registry: Registry, token: Token) -> None:
    """Raises AccessDenied where the token does not cover an advisory, Conflict where one of its id is there."""
    require_cover(token, [advisory])
    if registry.advisories.history(advisory.id):
        advice = f"Choose another id. A later version of it goes to PUT /api/v1/advisories/{advisory.id}, whole."
        raise Conflict(f"There is an advisory {advisory.id} already.", advice=advice)


def publish_advisory(advisory: Advisory, registry: Registry, token: Token, when: str) -> Written:
    """Keep a new advisory, with its alerts; raises as :func:`require_new` and :func:`put_advisory`."""
    with registry.transaction():
        require_new(advisory, registry, token)
        return put_advisory(advisory_text(advisory), advisory.id, registry, token, when)


def _require_name(token: Token, name: str) -> None:
    if not token.covers(name):
        raise AccessDenied(f"This token does not cover {name}.")


def _published(record: Record, registry: Registry) -> str | None:
    if record.version not in registry.records.versions(record.name):
        return None
    return registry.records.text(record.name, record.version)


def _bump(record: Record, registry: Registry) -> Sequence[Problem]:
    """Whether its version rises enough above the one before it."""
    before = [version for version in registry.records.versions(record.name) if version < record.version]
    try:
        if before:
            check_bump(registry.records.get(record.name, max(before)), record)
    except InvalidRecord as error:
        return error.problems
    return ()
