"""Strict reading: every problem at once, each with its place; what readers take differently is refused."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemma.errors import InvalidRecord, LimitExceeded
from stemma.records import check_record, parse_record, record_from_data
from stemma.vocabulary import Grounds, RecordType, RelationKind
from tests.records.strategies import documents

HEAD = 'stemma: 1\nname: a\nversion: "1.0.0"\ntype: model\n'

GOOD = (
    HEAD
    + """\
status: {state: deprecated, reason: Old., successor: b@^2.0.0}
about:
  title: A
  licenses: null
  +tags: [chat]
relations:
  - kind: merged-from
    target: base@^1.0.0
    coefficient: 0.25
    evidence:
      - {grounds: E1, source: "https://x.y/", date: "2026-03-02", by: Acme, denies: true}
    x-layer: 3
risks: {csam: false, nsfw: {present: true, note: Seen.}}
surveys:
  fmti-2023: {wages: true}
  our-own: {anything_goes: {answer: false, source: "https://x.y/"}}
x-acme: {ticket: [42, null]}
"""
)


def rules(text: str | bytes) -> list[tuple[int, int, str]]:
    record, problems = check_record(text, "a.yaml")
    assert (record is None) == bool(problems)
    return [(problem.line, problem.column, problem.rule) for problem in problems]


def test_a_record_becomes_values() -> None:
    record = parse_record(GOOD, "a.yaml")
    (relation,) = record.relations
    assert (record.key, record.type, record.title) == ("a@1.0.0", RecordType.MODEL, "A")
    assert (record.status.state, str(record.status.successor)) == ("deprecated", "b@^2.0.0")
    assert (relation.kind, str(relation.target), relation.coefficient) == (
        RelationKind.MERGED_FROM,
        "base@^1.0.0",
        0.25,
    )
    assert (relation.evidence[0].grounds, relation.evidence[0].denies) == (Grounds.E1, True)
    assert (relation.extensions, relation.line) == ({"x-layer": 3}, 11)
    modes = {path: (leaf.mode, leaf.line) for path, leaf in record.leaves.items()}
    assert modes["about.licenses"] == ("unset", 8)
    assert modes["about.tags"] == ("append", 9)
    assert record.get("surveys.our-own.anything_goes") == {"answer": False, "source": "https://x.y/"}
    assert record.get("x-acme") == {"ticket": [42, None]}
    assert record.places["version"] == (3, 1)


def test_the_digest_is_of_the_content_alone() -> None:
    record = parse_record(GOOD)
    data = dict(record.data)
    turned = record_from_data({key: data[key] for key in reversed(data)})
    assert turned.digest == record.digest
    assert record_from_data({**data, "status": {"state": "yanked"}}).digest == record.digest
    assert record_from_data({**data, "version": "1.0.1"}).digest != record.digest


def test_every_problem_is_reported_at_once_in_order_of_place() -> None:
    text = GOOD.replace("title:", "titel:").replace("merged-from", "merged_from").replace("csam", "csma")
    text = text.replace('"1.0.0"', "1.10").replace("wages", "wage")
    _, problems = check_record(text, "dir/a.yaml")
    assert [str(problem).split(": ")[0] for problem in problems] == [
        "dir/a.yaml:3:10",
        "dir/a.yaml:7:3",
        "dir/a.yaml:11:11",
        "dir/a.yaml:17:9",
    ]
    assert [problem.advice for problem in problems][1:] == [
        "Did you mean 'title'?",
        "Did you mean 'merged-from'?",
        "Did you mean 'csam'?",
    ]
    assert "quotes" in problems[0].advice and "1.10" in problems[0].message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD + "about: {title: no}\n", (5, 16, "value")),
        (HEAD + "about: {title: 1.10}\n", (5, 16, "value")),
        (HEAD + "about: {title: 12:30}\n", (5, 16, "value")),
        (HEAD + "about: {title: 0x1F}\n", (5, 16, "value")),
        (HEAD + "about: {title: 1_000}\n", (5, 16, "value")),
        (HEAD + "about: {title: 1e5}\n", (5, 16, "value")),
        (HEAD + "about: {title: .inf}\n", (5, 16, "value")),
        (HEAD + "about: {title: True}\n", (5, 16, "value")),
        (HEAD + "about: {title: Null}\n", (5, 16, "value")),
        (HEAD + "about: {release_date: 2026-03-01}\n", (5, 23, "value")),
        (HEAD + 'about: {release_date: "2026-02-30"}\n', (5, 23, "value")),
        (HEAD + "about: {parameters: 7e9}\n", (5, 21, "value")),
        (HEAD + "about: {parameters: -1}\n", (5, 21, "value")),
        (HEAD + "about: {title: }\n", (5, 16, "null")),
        (HEAD + "about:\n", (5, 7, "type")),
        (HEAD + "about: {}\n", (5, 8, "type")),
        (HEAD + "about: [title]\n", (5, 8, "type")),
        (HEAD + "about: {tags: [a], +tags: [b]}\n", (5, 20, "append")),
        (HEAD + "about: {+title: [b]}\n", (5, 9, "append")),
        (HEAD + "name: b\n", (5, 1, "duplicate")),
        (HEAD + "1: b\n", (5, 1, "key")),
        (HEAD + "yes: b\n", (5, 1, "key")),
        (HEAD + "? [a]\n: b\n", (5, 3, "key")),
        (HEAD + "risks: {csam: yes}\n", (5, 15, "value")),
        (HEAD + "x-acme: {a: no}\n", (5, 13, "value")),
        (HEAD + "x-a.b: 1\n", (5, 1, "unknown")),
        (HEAD + "surveys: {fmti-2023: {wage: true}}\n", (5, 23, "unknown")),
        (HEAD + "relations: [{kind: drawn-from, target: b}]\n", (5, 13, "types")),
        (HEAD + "relations: [{kind: trained-on, target: b, coefficient: 1}]\n", (5, 13, "types")),
        (HEAD + "relations: [{kind: copy-of, target: b}, {kind: copy-of, target: b@^1.0.0}]\n", (5, 41, "duplicate")),
        (HEAD + "relations: [{kind: copy-of}]\n", (5, 13, "required")),
        (HEAD + "relations: [{kind: copy-of, target: B}]\n", (5, 37, "value")),
        (HEAD + "relations: [{kind: copy-of, target: b@>=2.0.0 <1.0.0}]\n", (5, 37, "value")),
        (HEAD.replace("model", "dataset") + "about: {parameters: 1}\n", (5, 21, "types")),
        (HEAD.replace("stemma: 1", "stemma: 2"), (1, 9, "language")),
        ("name: a\n", (1, 1, "required")),
        ("- a\n", (1, 1, "type")),
        ("", (1, 1, "empty")),
        ("# only this\n", (1, 1, "empty")),
        ("a: [\n", (2, 1, "yaml")),
        ("a: b: c\n", (1, 5, "yaml")),
        ("\ta: b\n", (1, 1, "yaml")),
    ],
)
def test_what_is_refused_and_where(text: str, place: tuple[int, int, str]) -> None:
    assert place in rules(text)


FILES = "identity:\n  files:\n    - {path: %s, sha256: " + "ab" * 32 + "}\n"


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../b", "C:/x", "a\\\\b", "a//b", "./a"])
def test_paths_that_leave_the_model_are_refused(path: str) -> None:
    assert [rule for _, _, rule in rules(HEAD + FILES % f'"{path}"')] == ["path"]
    assert rules(HEAD + FILES % "sub/model.safetensors") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (HEAD + "about: &a {title: x}\n", "alias"),
        (HEAD + "x-a: [" + "&a [1], " + "*a, " * 1000 + "]\n", "alias"),
        ("a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "alias"),
        (HEAD + "about: !!python/object/apply:os.system [x]\n", "tag"),
        (HEAD + "about: !<tag:yaml.org,2002:map> {title: x}\n", "tag"),
        ("%YAML 1.1\n---\n" + HEAD, "directive"),
        (HEAD + "---\n" + HEAD, "documents"),
        (HEAD + "x-a: " + "[" * 100_000 + "\n", "depth"),
        (HEAD + "x-a: " + "{a: " * 100_000 + "\n", "depth"),
        (HEAD + "x-a:\n" + "".join(" " * n + "- \n" for n in range(1, 40)), "depth"),
        (HEAD + "x-a: [" + "1," * 300_000 + "]\n", "size"),
        (HEAD + "x-a: " + "y" * 300_000 + "\n", "size"),
        (HEAD + "about: {title: " + "y" * 1000 + "}\n", "size"),
        ("#" * (5 << 20), "size"),
        (b"\xff\xfe\x00", "encoding"),
        (HEAD + 'about: {title: "a\\u202Eb"}\n', "value"),
        (HEAD + 'about: {title: "a\\nb"}\n', "value"),
        (HEAD + 'x-a: "\\u0007"\n', "value"),
        (HEAD + "about: {title: a\x07b}\n", "yaml"),
        (HEAD + "<<: {a: b}\n", "key"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
def test_hostile_files_are_refused(text: str | bytes, rule: str) -> None:
    assert rule in {each for _, _, each in rules(text)}


def test_a_flood_of_problems_is_cut_short() -> None:
    text = HEAD + "about:\n" + "".join(f"  titel{number}: x\n" for number in range(60_000))
    start = time.process_time()
    _, problems = check_record(text)
    assert time.process_time() - start < 10
    assert len(problems) == 201
    assert problems[-1].message == "59800 more problems are not shown."


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_is_read_either_is_a_record_or_has_problems(text: str | bytes) -> None:
    record, problems = check_record(text)
    assert (record is None) == bool(problems)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(documents(), st.data())
def test_a_record_with_one_character_changed_is_read_or_refused(data: dict[str, Any], draw: st.DataObject) -> None:
    import yaml

    text = yaml.safe_dump(data)
    at = draw.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + draw.draw(st.sampled_from(list("&*!%[]{}:-?|>'\"\n\t #~=<\\\x00"))) + text[at + 1 :]
    record, problems = check_record(changed)
    assert (record is None) == bool(problems)


def test_data_without_a_text_follow_the_same_rules() -> None:
    with pytest.raises(InvalidRecord, match="'name' is missing") as caught:
        record_from_data({"stemma": 1, "version": "1.0", "type": "model", "x-a": math.inf}, "import")
    assert [problem.rule for problem in caught.value.problems] == ["required", "value", "value"]
    assert str(caught.value.problems[0]).startswith("import: ")
    with pytest.raises(TypeError, match="set has no place"):
        record_from_data({"stemma": 1, "name": {"a"}})
    with pytest.raises(TypeError, match="key is no text"):
        record_from_data({"stemma": 1, "x-a": {1: 2}})
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(LimitExceeded, match="nested deeper"):
        record_from_data({"stemma": 1, "x-a": deep})
