"""Answers to question sets as a view: a tally by domain with what is unanswered apart, and every answer."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.immutable import immutable
from stemma.publish.record.values import Links, Named, label, origin_of, web_address
from stemma.records import ResolvedRecord, Survey, Tally, answer_of, answers_of, score, shipped_surveys


@immutable
class Answer:
    """One answer; ``answer`` None where there is none."""

    domain: str
    subdomain: str
    question: str
    answer: bool | None
    source: str = ""
    note: str = ""
    origin: Named | None = None

    @property
    def word(self) -> str:
        """The answer in a word."""
        return {True: "yes", False: "no", None: "unanswered"}[self.answer]

    @property
    def link(self) -> str | None:
        """The source, where it is an address."""
        return web_address(self.source)


@immutable
class SurveyView:
    """One question set: tallies in all and by domain, and the answers in the order of the set.

    ``known`` is false for a set that did not ship: its questions are those that were answered.
    """

    id: str
    title: str
    links: tuple[str, ...]
    overall: Tally
    domains: tuple[tuple[str, Tally], ...]
    answers: tuple[Answer, ...]
    known: bool = True


def survey_views(
    resolved: ResolvedRecord, links: Links, sets: Mapping[str, Survey] | None = None
) -> tuple[SurveyView, ...]:
    """Every set that the record answers a question of, own or inherited. ``sets`` are those that ship by default."""
    sets = shipped_surveys() if sets is None else sets
    used = dict.fromkeys(path.split(".")[1] for path in resolved.fields if path.startswith("surveys."))
    return tuple(_known(resolved, links, sets[key]) if key in sets else _unknown(resolved, links, key) for key in used)


def _known(resolved: ResolvedRecord, links: Links, survey: Survey) -> SurveyView:
    values = {path: resolved.get(path) for path in resolved.fields}
    result = score(survey, answers_of(values, survey.id))
    answers = tuple(
        _answer(resolved, links, f"surveys.{survey.id}.{each.id}", each.name, each.domain, each.subdomain)
        for each in survey.indicators
    )
    domains = tuple(result.domains.items())
    return SurveyView(survey.id, survey.title, survey.links, result.overall, domains, answers)


def _unknown(resolved: ResolvedRecord, links: Links, survey: str) -> SurveyView:
    prefix = f"surveys.{survey}."
    paths = [path for path in resolved.fields if path.startswith(prefix)]
    answers = tuple(_answer(resolved, links, path, label(path), "", "") for path in paths)
    yes, no = (sum(one.answer is wanted for one in answers) for wanted in (True, False))
    tally = Tally(yes, no, len(answers) - yes - no)
    return SurveyView(survey, survey, (), tally, (), answers, known=False)


def _answer(resolved: ResolvedRecord, links: Links, path: str, question: str, domain: str, subdomain: str) -> Answer:
    found = resolved.fields.get(path)
    if found is None or found.unset:
        return Answer(domain, subdomain, question, None)
    value = found.value
    more = value if isinstance(value, dict) else {}
    return Answer(
        domain,
        subdomain,
        question,
        answer_of(value),
        str(more.get("source") or ""),
        str(more.get("note") or ""),
        origin_of(found.origin, resolved.key, links),
    )


def percent(tally: Tally) -> str:
    """Share of yes among all questions, in per cent."""
    return f"{100 * tally.of_all:.0f} %" if tally.total else "–"
