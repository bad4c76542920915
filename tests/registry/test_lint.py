"""Checking a whole directory of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemma.registry import RecordDirectory, check_directory
from tests.registry.texts import text


def _rules(directory: Path) -> list[tuple[str, int, str]]:
    return [(p.file, p.line, p.rule) for p in check_directory(directory).problems]


def test_a_good_directory_has_no_problems(tmp_path: Path) -> None:
    store = RecordDirectory(tmp_path)
    store.put(text("base"))
    store.put(text("child", relations=(("finetuned-from", "base@1.0.0"),)))
    checked = check_directory(tmp_path)
    assert (checked.files, len(checked.records), checked.problems) == (2, 2, ())


def test_every_problem_is_told_with_its_place(tmp_path: Path) -> None:
    store = RecordDirectory(tmp_path)
    store.put(text("child", relations=(("finetuned-from", "base@1.0.0"), ("evaluated-on", "nowhere"))))
    (tmp_path / "child" / "child-final.yaml").write_text(text("child"))
    (tmp_path / "child" / "child-3.0.0.yaml").write_text(text("child", "2.0.0"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad-1.0.0.yaml").write_text('stemma: 1\nname: bad\nversion: "1.0.0"\ntype: modell\n')
    assert _rules(tmp_path)[1:] == [
        ("child/child-1.0.0.yaml", 6, "target"),
        ("child/child-1.0.0.yaml", 7, "target"),
        ("child/child-3.0.0.yaml", 1, "place"),
        ("child/child-final.yaml", 0, "place"),
    ]
    assert _rules(tmp_path)[0][:2] == ("bad/bad-1.0.0.yaml", 4)


def test_a_circle_is_told_with_its_path(tmp_path: Path) -> None:
    store = RecordDirectory(tmp_path)
    store.put(text("a", relations=(("finetuned-from", "b"),)))
    store.put(text("b", relations=(("finetuned-from", "a"),)))
    problems = check_directory(tmp_path).problems
    assert {p.rule for p in problems} == {"circle"}
    assert "a@1.0.0 -> b@1.0.0 -> a@1.0.0" in problems[0].message


def test_names_that_differ_in_case_alone(tmp_path: Path) -> None:
    RecordDirectory(tmp_path).put(text("base"))
    (tmp_path / "Base").mkdir()
    (tmp_path / "Base" / "Base-1.0.0.yaml").write_text(text("base"))
    assert ("base/", 0, "lookalike") in _rules(tmp_path)


def test_many_files_are_checked_alike(tmp_path: Path) -> None:
    for number in range(1_001):
        folder = tmp_path / f"m{number}"
        folder.mkdir()
        (folder / f"m{number}-1.0.0.yaml").write_text(text(f"m{number}"))
    (tmp_path / "m7" / "m7-1.0.0.yaml").write_text(text("m7") + "abuot: {}\n")
    checked = check_directory(tmp_path)
    assert (checked.files, len(checked.records)) == (1_001, 1_000)
    assert [(p.file, p.line) for p in checked.problems] == [("m7/m7-1.0.0.yaml", 5)]


OWN = """\
id = "own"
title = "Our own questions"
[[domain]]
name = "Care"
[[domain.subdomain]]
name = "Owners"
[domain.subdomain.indicators]
owner = "Owner named"
reviewed = "Reviewed"
"""


def _with_own_set(directory: Path, toml: str = OWN) -> None:
    RecordDirectory(directory).put(text("base", more="surveys: {own: {owner: true, reviewd: false}}\n"))
    (directory / "_surveys").mkdir()
    (directory / "_surveys" / "own.toml").write_text(toml)


def test_answers_to_a_question_set_of_ones_own_are_checked(tmp_path: Path) -> None:
    _with_own_set(tmp_path)
    (problem,) = check_directory(tmp_path).problems
    assert (problem.file, problem.rule) == ("base/base-1.0.0.yaml", "unknown")
    assert problem.message == "The question set own has no indicator 'reviewd'."
    assert RecordDirectory(tmp_path).names() == ["base"]


@pytest.mark.parametrize(
    ("toml", "expected"), [("id = 1", "a question set"), (OWN.replace('"own"', '"fmti-2023"'), "of another set")]
)
def test_a_question_set_that_cannot_be_used_is_a_problem(tmp_path: Path, toml: str, expected: str) -> None:
    _with_own_set(tmp_path, toml)
    (problem,) = check_directory(tmp_path).problems
    assert (problem.file, problem.rule) == ("_surveys/", "survey")
    assert expected in problem.message
