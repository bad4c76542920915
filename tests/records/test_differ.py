"""Which bump a change needs: the rule of the specification, each line of it, and laws of differences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from stemma.errors import InvalidRecord
from stemma.identity import Version
from stemma.records import Bump, check_bump, diff_records, needed_version, parse_record, record_from_data
from tests.records.strategies import documents

BASE: dict[str, Any] = {
    "stemma": 1,
    "name": "a",
    "version": "1.2.3",
    "type": "model",
    "about": {"title": "A", "licenses": ["mit"], "parameters": 7, "tags": ["x"]},
    "relations": [
        {"kind": "merged-from", "target": "b@^1.0.0", "coefficient": 0.5},
        {"kind": "trained-on", "target": "d"},
    ],
    "identity": {"root": "sha256:" + "0" * 64},
    "risks": {"bias": False},
    "card": {"intended_use": ["To talk."]},
    "surveys": {"fmti-2023": {"wages": True}},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The base with the value at a path replaced; None takes it out."""
    head, _, rest = path.partition(".")
    inner = {k: v for k, v in BASE.get(head, {}).items() if k != rest} if rest else None
    if inner is not None:
        if value is not None:
            inner[rest] = value
        return {**BASE, head: inner} if inner else {k: v for k, v in BASE.items() if k != head}
    return {**BASE, head: value}


RELATIONS = BASE["relations"]


@pytest.mark.parametrize(
    ("new", "bump"),
    [
        (changed("name", "z"), Bump.MAJOR),
        (changed("type", "adapter"), Bump.MAJOR),
        (changed("identity.root", "sha256:" + "1" * 64), Bump.MAJOR),
        (changed("identity.root", None), Bump.MAJOR),
        (changed("identity.fingerprint", "sha256:" + "1" * 64), Bump.MINOR),
        (changed("about.licenses", ["gpl-3.0"]), Bump.MAJOR),
        (changed("relations", RELATIONS[1:]), Bump.MAJOR),
        (changed("relations", [*RELATIONS, {"kind": "finetuned-from", "target": "c"}]), Bump.MAJOR),
        (changed("relations", [{**RELATIONS[0], "target": "b@^1.1.0"}, RELATIONS[1]]), Bump.MAJOR),
        (changed("relations", [{**RELATIONS[0], "coefficient": 0.4}, RELATIONS[1]]), Bump.MAJOR),
        (changed("relations", [RELATIONS[0], {**RELATIONS[1], "target": "d@^2.0.0"}]), Bump.MINOR),
        (changed("relations", RELATIONS[:1]), Bump.MINOR),
        (changed("relations", [RELATIONS[0], {**RELATIONS[1], "note": "All of it."}]), Bump.PATCH),
        (changed("relations", RELATIONS[::-1]), Bump.NONE),
        (changed("about.title", "B"), Bump.PATCH),
        (changed("about.title", None), Bump.MINOR),
        (changed("about.description", "New."), Bump.MINOR),
        (changed("about.tags", ["y"]), Bump.PATCH),
        (changed("about.parameters", 8), Bump.MINOR),
        (changed("risks.bias", True), Bump.MINOR),
        (changed("card.limitations", ["Many."]), Bump.MINOR),
        (changed("card.intended_use", ["To sing."]), Bump.PATCH),
        (changed("surveys.fmti-2023", {"wages": False}), Bump.MINOR),
        (changed("status", {"state": "yanked"}), Bump.NONE),
        (changed("x-acme", 1), Bump.MINOR),
        (BASE, Bump.NONE),
    ],
)
def test_each_rule(new: dict[str, Any], bump: Bump) -> None:
    difference = diff_records(record_from_data(BASE), record_from_data(new))
    assert difference.bump is bump
    assert (bump is Bump.NONE) or all(change.reason for change in difference.changes)


def test_a_value_that_now_is_appended_is_another() -> None:
    new = {**BASE, "about": {**{k: v for k, v in BASE["about"].items() if k != "tags"}, "+tags": ["x"]}}
    (change,) = diff_records(record_from_data(BASE), record_from_data(new)).changes
    assert (change.path, change.kind, change.bump) == ("about.tags", "changed", Bump.PATCH)


@pytest.mark.parametrize(
    ("old", "bump", "needed"),
    [
        ("1.2.3", Bump.MAJOR, "2.0.0"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("1.2.3", Bump.NONE, "1.2.3"),
        ("0.2.3", Bump.MAJOR, "0.3.0"),
        ("0.2.3", Bump.MINOR, "0.2.4"),
        ("0.2.3", Bump.PATCH, "0.2.4"),
        ("2.0.0-rc.1", Bump.MAJOR, "2.0.0"),
    ],
)
def test_the_least_version_that_does(old: str, bump: Bump, needed: str) -> None:
    assert str(needed_version(Version.parse(old), bump)) == needed


@pytest.mark.parametrize(
    ("old", "new", "good"),
    [
        ("1.2.3", "2.0.0", True),
        ("1.2.3", "1.3.0", False),
        ("1.2.3", "1.2.3", False),
        ("1.2.3", "2.0.0-rc.1", False),
        ("0.2.3", "0.3.0", True),
        ("2.0.0-rc.1", "2.0.0-rc.2", True),
        ("2.0.0-rc.1", "2.0.0-rc.1", False),
    ],
)
def test_a_smaller_bump_is_refused(old: str, new: str, good: bool) -> None:
    before = record_from_data({**BASE, "version": old})
    text = f'stemma: 1\nname: a\nversion: "{new}"\ntype: model\nabout: {{title: A}}\n'
    after = parse_record(text, "a.yaml")
    if good:
        assert check_bump(before, after).bump is Bump.MAJOR
        return
    with pytest.raises(
        InvalidRecord, match=rf"a.yaml:3:1: Got version {new} after {old}, expected .* or above"
    ) as caught:
        check_bump(before, after)
    assert "relation merged-from b is gone" in str(caught.value)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)
@given(documents(), documents())
def test_differences_are_empty_only_for_equals_and_run_both_ways(one: dict[str, Any], other: dict[str, Any]) -> None:
    a, b = record_from_data(one), record_from_data(other)
    assert diff_records(a, a).changes == ()
    there, back = diff_records(a, b), diff_records(b, a)
    assert {change.path for change in there.changes} == {change.path for change in back.changes}
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(c.path, c.kind) for c in there.changes} == {(c.path, turned[c.kind]) for c in back.changes}
    same = {**one, "version": other["version"]}
    if record_from_data(same).digest != b.digest:
        assert there.changes
