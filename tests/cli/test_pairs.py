"""``stemma compare --pairs``: one line a pair, in the order asked, whatever happens to single models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stemma.publish.schemas import load_schema
from stemma.usecases.compare import compare_pairs
from stemma.usecases.settings import Work
from tests.cli.conftest import Command

SCHEMA = Draft202012Validator(load_schema("stemma.comparison/1"))
ASKED = [
    ("base", "tuned"),
    ("twin", "./base"),
    ("base", "nowhere"),
    ("broken", "base"),
    ("bare", "bare2"),
    ("base", "tuned"),
]


def as_lines(pairs: list[tuple[str, str]]) -> str:
    return "".join(json.dumps({"a": a, "b": b}) + "\n" for a, b in pairs)


def read(text: str) -> list[dict[str, Any]]:
    documents = [json.loads(line) for line in text.splitlines()]
    for document in documents:
        SCHEMA.validate(document)
    return documents


def test_order_echo_and_errors(stemma: Command, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(as_lines(ASKED), encoding="utf-8")
    done = stemma("compare", "--pairs", str(path))
    results = read(done.out)
    assert done.code == 0
    assert [(r["a"], r["b"]) for r in results] == ASKED
    assert [r["label"] for r in results] == ["linked", "independent", None, None, "independent", "linked"]
    assert [r["established"] for r in results] == ["shown", "shown", None, None, "default", "shown"]
    assert ["error" in r and bool(r["error"]) for r in results] == [False, False, True, True, False, False]
    assert "nowhere" in results[2]["error"]
    assert results[0]["evidence"] == results[5]["evidence"] != []


def test_the_same_as_one_by_one(stemma: Command) -> None:
    many = read(stemma("compare", "--pairs", "-", stdin=as_lines(ASKED[:2])).out)
    for document, (a, b) in zip(many, ASKED, strict=False):
        alone = json.loads(stemma("compare", a, b, "-f", "json").out)
        assert {k: v for k, v in alone.items() if k != "cost"} == {k: v for k, v in document.items() if k != "cost"}


def test_blank_lines_and_other_fields_are_passed_over(stemma: Command) -> None:
    text = '\n{"b": "tuned", "a": "base", "note": 1}\n   \n\r\n{"a":"base","b":"other"}'
    assert [r["label"] for r in read(stemma("compare", "--pairs", "-", stdin=text).out)] == ["linked", "independent"]
    nothing = stemma("compare", "--pairs", "-", stdin="\n")
    assert (nothing.code, nothing.out) == (0, "")


@pytest.mark.parametrize(
    "line", ["base tuned", "[]", '{"a": "base"}', '{"a": "base", "b": 3}', '{"a": "base", "b": null}', "{" * 5000, "1"]
)
def test_a_bad_line_is_named_before_anything_is_written(stemma: Command, line: str) -> None:
    done = stemma("compare", "--pairs", "-", stdin=as_lines(ASKED[:1]) + line)
    assert (done.code, done.out) == (3, "")
    assert "Line 2" in done.err


def test_files_that_are_no_pairs(stemma: Command, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"a": "\xe9"}')
    for path in (tmp_path / "none", tmp_path, tmp_path / "latin"):
        done = stemma("compare", "--pairs", str(path))
        assert (done.code, done.out) == (3, "")


def test_into_a_file_and_as_sarif(stemma: Command, tmp_path: Path) -> None:
    target = tmp_path / "results.jsonl"
    text = as_lines(ASKED)
    assert stemma("compare", "--pairs", "-", "-o", str(target), stdin=text).out == ""
    assert len(read(target.read_text(encoding="utf-8"))) == len(ASKED)
    sarif = json.loads(stemma("compare", "--pairs", "-", "-f", "sarif", stdin=text).out)
    assert sarif["version"] == "2.1.0"
    page = stemma("compare", "--pairs", "-", "-f", "html", stdin=text)
    assert (page.code, page.out) == (3, "")


def test_every_model_is_opened_once(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(models)
    ended: list[str] = []

    def progress(name: str, done: int, total: int) -> None:
        if done == total:
            ended.append(name)

    pairs = [("base", "tuned"), ("tuned", "base"), ("base", "base"), ("base", "other")] * 3
    reports = list(compare_pairs(pairs, Work(workers=2, progress=progress)))
    assert [(r.a, r.b) for r in reports] == pairs
    assert {name: ended.count(name) for name in ended} == {"base": 1, "tuned": 1, "other": 1}


def test_lines_come_as_they_are_ready(models: Path, environment: dict[str, str]) -> None:
    """A reader that has enough after the first line may leave, and that is no error."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "stemma", "compare", "--pairs", "-", "--workers", "1"]
    running = subprocess.Popen(
        command, cwd=models, env=environment, stdin=reading, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    os.close(reading)
    os.write(writing, as_lines(ASKED[:2]).encode())
    os.close(writing)
    assert running.stdout is not None
    first = running.stdout.readline()
    running.stdout.close()
    assert json.loads(first)["b"] == "tuned"
    assert running.wait(timeout=60) == 0
