"""Question sets as data, and what the answers to one amount to.

A set is a TOML file: ``id``, ``title``, ``links``, ``licence``, ``attribution``, and ``[[domain]]`` tables with
``[[domain.subdomain]]`` tables with an ``indicators`` table of identifier to name. Sets that ship lie beside this
module in ``data``; :func:`read_survey` takes any other. An answer is yes or no; what is neither is unanswered, which is
no "no".
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files

from stemma.errors import MalformedFile
from stemma.immutable import immutable
from stemma.records.shapes import Json


@immutable
class Indicator:
    """One yes-or-no question."""

    id: str
    name: str
    domain: str
    subdomain: str


@immutable
class Survey:
    """A question set; ``indicators`` in the order of the set."""

    id: str
    title: str
    links: tuple[str, ...]
    licence: str
    attribution: str
    indicators: tuple[Indicator, ...]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of the indicators by identifier."""
        return {indicator.id: indicator.name for indicator in self.indicators}

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """The domains, in order."""
        return tuple(dict.fromkeys(indicator.domain for indicator in self.indicators))


@immutable
class Tally:
    """How many answers are yes, how many no, and how many questions have no answer."""

    yes: int = 0
    no: int = 0
    unanswered: int = 0

    @property
    def total(self) -> int:
        """All questions."""
        return self.yes + self.no + self.unanswered

    @property
    def of_all(self) -> float:
        """Share of yes among all questions, from 0 to 1: what is unanswered was not shown. 0 where none is asked."""
        return self.yes / self.total if self.total else 0.0

    @property
    def of_answered(self) -> float | None:
        """Share of yes among the answers; None where there is no answer."""
        return self.yes / (self.yes + self.no) if self.yes + self.no else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.yes + other.yes, self.no + other.no, self.unanswered + other.unanswered)


@immutable
class Score:
    """The tally in all, by domain, and by (domain, subdomain)."""

    survey: str
    overall: Tally
    domains: Mapping[str, Tally]
    subdomains: Mapping[tuple[str, str], Tally]


def score(survey: Survey, answers: Mapping[str, bool | None]) -> Score:
    """Count ``answers`` (identifier to yes, no or None) against the indicators of ``survey``; others are left out."""
    subdomains: dict[tuple[str, str], Tally] = {}
    for indicator in survey.indicators:
        answer = answers.get(indicator.id)
        one = Tally(yes=int(answer is True), no=int(answer is False), unanswered=int(answer is None))
        place = (indicator.domain, indicator.subdomain)
        subdomains[place] = subdomains.get(place, Tally()) + one
    domains: dict[str, Tally] = {}
    for (domain, _), tally in subdomains.items():
        domains[domain] = domains.get(domain, Tally()) + tally
    return Score(survey.id, sum(domains.values(), Tally()), domains, subdomains)


def answer_of(value: Json) -> bool | None:
    """Yes, no or unanswered, out of either way of writing an answer."""
    answer = value.get("answer") if isinstance(value, dict) else value
    return answer if isinstance(answer, bool) else None


def answers_of(fields: Mapping[str, Json], survey: str) -> dict[str, bool | None]:
    """The answers to one set, out of values by dotted path (``surveys.fmti-2023.wages``)."""
    prefix = f"surveys.{survey}."
    return {path.removeprefix(prefix): answer_of(value) for path, value in fields.items() if path.startswith(prefix)}


@cache
def shipped_surveys() -> Mapping[str, Survey]:
    """The sets that ship with the package, by identifier."""
    folder = files("stemma.records") / "data"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    surveys = (read_survey(entry.read_text(encoding="utf-8"), entry.name) for entry in found)
    return {survey.id: survey for survey in surveys}


def read_survey(text: str, file: str) -> Survey:
    """Read a question set.

    Raises:
        MalformedFile: it is no TOML, or not of the form above, or names an indicator twice.
    """
    try:
        table = tomllib.loads(text)
        indicators = tuple(
            Indicator(key, _text(name), _text(domain["name"]), _text(part["name"]))
            for domain in table["domain"]
            for part in domain["subdomain"]
            for key, name in part["indicators"].items()
        )
        identifier, title = _text(table["id"]), _text(table["title"])
        links = tuple(_text(link) for link in table.get("links", ()))
        licence, attribution = _text(table.get("licence", "")), _text(table.get("attribution", ""))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise MalformedFile(file, f"{type(error).__name__}: {error}", "a question set", advice=_ADVICE) from error
    if len({indicator.id for indicator in indicators}) != len(indicators) or not indicators:
        raise MalformedFile(file, "no indicators, or one twice", "every identifier once", advice=_ADVICE)
    return Survey(identifier, title, links, licence, attribution, indicators)


_ADVICE = "It needs id, title, and [[domain]] with [[domain.subdomain]] with an indicators table; see docs/records.md."


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"got {value!r}, expected text")
    return value
