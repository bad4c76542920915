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
| ``query=WORDS`` | on subjects of whose name, title, publisher or licence some word begins with each of them |

Upper and lower case are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from stemma.advisories import RiskKind
from stemma.errors import InputError, StemmaError
from stemma.identity import Version, parse_requirement
from stemma.lineage.alerts import RANKS
from stemma.lineage.keys import MODEL, is_held, name_of, version_text
from stemma.registry.notices import Alert, Certainty
from stemma.registry.search import split

MAX_TERMS = 32
MAX_TERM = 500


class Subject(NamedTuple):
    """What is known of the subject of an alert, in lower case. ``words`` are those that a query looks through."""

    key: str
    owners: frozenset[str]
    licences: frozenset[str]
    words: tuple[str, ...]


Holds = Callable[[Alert, Subject], bool]


class Condition(NamedTuple):
    """A term that was read: it holds where it holds for one of its values."""

    kind: str
    values: tuple[str, ...]
    alternatives: tuple[Holds, ...]


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


@lru_cache(maxsize=65_536)
def condition_of(term: str) -> Condition:
    """A term as :func:`check_terms` lets it pass, read once."""
    kind, values = _parts(term)
    return Condition(kind, tuple(values), tuple(_KINDS[kind](value) for value in values))


def _problem(kind: str, values: Sequence[str]) -> str | None:
    if kind not in _KINDS:
        return f"one of {', '.join(f'{each}=...' for each in _KINDS)}"
    if not values:
        return "a value after the ="
    if kind == "query" and not split(values[0]):
        return "a word, with letters or digits"
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
    return all_hold([condition_of(term) for term in terms], alert, subject)


def all_hold(conditions: Iterable[Condition], alert: Alert, subject: Subject) -> bool:
    """The same of terms that were read; plain loops, for it is asked a million times."""
    for condition in conditions:
        for each in condition.alternatives:
            if each(alert, subject):
                break
        else:
            return False
    return True


def _of_model(value: str) -> Holds:
    if value.startswith("hf:"):
        repository = f"{MODEL}{value.partition('@')[0]}".casefold()
        return lambda alert, _subject: alert.subject.partition("@")[0].casefold() == repository
    asked = parse_requirement(value)

    def of_record(alert: Alert, _subject: Subject) -> bool:
        if name_of(alert.subject) != asked.name:
            return False
        return not is_held(alert.subject) or Version.parse(version_text(alert.subject)) in asked.range

    return of_record


def _of_query(value: str) -> Holds:
    beginnings = split(value)

    def of_words(_alert: Alert, subject: Subject) -> bool:
        found = (any(word.startswith(each) for word in subject.words) for each in beginnings)
        return bool(beginnings) and all(found)

    return of_words


def _of_owner(value: str) -> Holds:
    folded = value.casefold()
    return lambda _alert, subject: folded in subject.owners


def _of_licence(value: str) -> Holds:
    folded = value.casefold()
    return lambda _alert, subject: folded in subject.licences


_KINDS: Mapping[str, Callable[[str], Holds]] = {
    "model": _of_model,
    "owner": _of_owner,
    "licence": _of_licence,
    "risk": lambda value: lambda alert, _subject: value in alert.risks,
    "severity": lambda value: lambda alert, _subject: RANKS[alert.severity] >= RANKS[value],
    "certainty": lambda value: lambda alert, _subject: alert.certainty is Certainty(value),
    "advisory": lambda value: lambda alert, _subject: alert.advisory == value,
    "query": _of_query,
}
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "risk": tuple(RiskKind),
    "severity": tuple(RANKS),
    "certainty": tuple(Certainty),
}
_ADVICE = "A subscription is a list of terms such as model=base, owner=acme, licence=mit, risk=backdoor or query=chat."
