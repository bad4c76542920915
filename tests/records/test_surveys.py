"""Question sets are data, scores are numbers, and what has no answer is counted apart.

Published totals: the October 2023 index gives Meta (Llama 2) 54 of 100
(https://github.com/stanford-crfm/fmti, October2023/October2023_scores.csv).
"""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stemma.errors import MalformedFile
from stemma.records import answer_of, answers_of, read_survey, record_from_data, score, shipped_surveys
from tests.records.umr import DATA

OWN = """
id = "own"
title = "Own"
[[domain]]
name = "One"
[[domain.subdomain]]
name = "A"
[domain.subdomain.indicators]
first = "First"
second = "Second"
"""


def test_the_sets_that_ship() -> None:
    surveys = shipped_surveys()
    sizes = {
        key: [sum(i.domain == domain for i in survey.indicators) for domain in survey.domains]
        for key, survey in surveys.items()
    }
    assert sizes == {"fmti-2023": [32, 33, 35], "fmti-2025": [34, 30, 36]}
    for survey in surveys.values():
        assert survey.domains == ("Upstream", "Model", "Downstream")
        assert survey.links and survey.licence and survey.attribution


@given(st.dictionaries(st.sampled_from(sorted(shipped_surveys()["fmti-2023"].names)), st.booleans() | st.none()))
def test_scores_add_up(answers: dict[str, bool | None]) -> None:
    survey = shipped_surveys()["fmti-2023"]
    done = score(survey, answers)
    assert done.overall.total == 100
    assert done.overall.yes == sum(answer is True for answer in answers.values())
    assert done.overall.no == sum(answer is False for answer in answers.values())
    for parts in (done.domains, done.subdomains):
        assert sum(tally.yes for tally in parts.values()) == done.overall.yes
        assert sum(tally.unanswered for tally in parts.values()) == done.overall.unanswered
    assert done.overall.of_all == done.overall.yes / 100
    assert (done.overall.of_answered is None) == (done.overall.unanswered == 100)


def test_answers_are_read_out_of_a_record() -> None:
    surveys = {"fmti-2023": {"wages": {"answer": True, "note": "Told."}, "data_size": False, "model_size": None}}
    record = record_from_data({"stemma": 1, "name": "a", "version": "1.0.0", "type": "model", "surveys": surveys})
    answers = answers_of({path: leaf.value for path, leaf in record.leaves.items()}, "fmti-2023")
    assert answers == {"wages": True, "data_size": False, "model_size": None}
    assert answer_of({"note": "no answer"}) is None
    tally = score(shipped_surveys()["fmti-2023"], answers).domains["Upstream"]
    assert (tally.yes, tally.no, tally.unanswered) == (1, 1, 30)


def test_a_new_set_needs_no_code() -> None:
    survey = read_survey(OWN, "own.toml")
    assert score(survey, {"first": True, "unheard_of": True}).overall.of_all == 0.5


@pytest.mark.parametrize(
    "text",
    ["", "a = ", OWN + "third = 3\n", OWN + OWN[OWN.index("[[domain]]") :], OWN.replace("id =", "x ="), "domain = 1"],
)
def test_what_is_no_question_set(text: str) -> None:
    with pytest.raises(MalformedFile, match=r"question set|every identifier once"):
        read_survey(text, "own.toml")


def test_the_identifiers_are_those_of_the_reference_records() -> None:
    known = set(shipped_surveys()["fmti-2023"].names)
    asked = set()
    for path in sorted(DATA.glob("*/*.yaml")):
        sections = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)["mr"]
        for name in ("upstream", "model", "downstream"):
            asked |= {key for key, value in (sections.get(name) or {}).items() if value in ("0", "1")}
    assert asked == known


def test_the_reference_record_of_llama_2_scores_what_was_published() -> None:
    text = (DATA / "llama2" / "llama2-1.0.0.yaml").read_text(encoding="utf-8")
    sections = yaml.load(text, yaml.BaseLoader)["mr"]
    answers = {
        key: value == "1"
        for name in ("upstream", "model", "downstream")
        for key, value in sections[name].items()
        if value in ("0", "1")
    }
    done = score(shipped_surveys()["fmti-2023"], answers)
    assert (done.overall.yes, done.overall.no, done.overall.unanswered) == (54, 46, 0)
