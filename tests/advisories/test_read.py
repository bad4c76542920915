"""Reading advisories: every rule with its place, ranges as OSV defines them, nothing hostile gets through."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.advisories import (
    RiskKind,
    Severity,
    advisory_text,
    affected_digests,
    affected_record,
    affected_repository,
    check_advisory,
    new_advisory,
    parse_advisory,
    withdrawn_advisory,
)
from stemma.errors import InputError, InvalidAdvisory
from stemma.identity import Version
from tests.advisories.documents import affected, document, text

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_sound_advisory() -> None:
    advisory = parse_advisory(text())
    assert advisory.id == "x_ACME-2026-0001"
    assert advisory.risks == (RiskKind.HARMFUL_CONTENT,)
    assert advisory.severity is Severity.CRITICAL
    assert advisory.records == ("laion-5b",)
    assert advisory.atlas == ("AML.T0020",) and advisory.avid == ("AVID-2023-V001",)
    assert advisory.covers("laion-5b", Version.parse("1.9.9")) is True
    assert advisory.covers("laion-5b", Version.parse("2.0.0")) is False
    assert advisory.covers("laion-400m", Version.parse("1.0.0")) is None


def test_it_is_written_as_it_was_read() -> None:
    advisory = parse_advisory(text())
    again = parse_advisory(advisory_text(advisory))
    assert again == advisory and again.digest == advisory.digest
    assert advisory_text(again) == advisory_text(advisory)


@pytest.mark.parametrize(
    ("changes", "rule", "where"),
    [
        ({"id": "ACME-2026-1"}, "id", "id"),
        ({"id": "x_../../etc"}, "id", "id"),
        ({"modified": None}, "required", "modified"),
        ({"modified": "yesterday"}, "type", "modified"),
        ({"modified": "2026-02-31T00:00:00Z"}, "type", "modified"),
        ({"modified": "2026-02-01T00:00:00+01:00"}, "type", "modified"),
        ({"summery": "x"}, "unknown", "summery"),
        ({"summary": 3}, "type", "summary"),
        ({"summary": "a\u202eb"}, "type", "summary"),
        ({"aliases": "CVE-1"}, "type", "aliases"),
        ({"severity": [{"type": "CVSS_V3", "score": "high"}]}, "value", "severity[0].score"),
        ({"severity": [{"type": "BAD", "score": "high"}]}, "value", "severity[0].type"),
        ({"references": [{"type": "WEB", "url": "report"}]}, "value", "references[0].url"),
        ({"affected": affected([{"fixed": "1.0.0"}])}, "events", "affected[0].ranges[0].events"),
        ({"affected": affected([{"introduced": "one"}])}, "events", "affected[0].ranges[0].events"),
        ({"affected": affected([{"introduced": "0", "fixed": "1.0.0"}])}, "events", "affected[0].ranges[0].events[0]"),
        (
            {"affected": affected([{"introduced": "0"}, {"fixed": "1.0.0"}, {"last_affected": "0.9.0"}])},
            "events",
            "affected[0].ranges[0].events",
        ),
        ({"affected": affected([{"introduced": "0"}], versions=["1.0"])}, "type", "affected[0].versions[0]"),
        ({"affected": [{"rnges": []}]}, "unknown", "affected[0].rnges"),
        ({"affected": [{"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}]}, "required", ".repo"),
        (
            {"affected": [{"database_specific": {"stemma": {"record": "LAION"}}}]},
            "value",
            "affected[0].database_specific.stemma.record",
        ),
        ({"affected": [{"database_specific": {"stemma": {"digests": ["sha256:ab"]}}}]}, "type", ".digests[0]"),
        ({"affected": [{"database_specific": {"stemma": {"digest": []}}}]}, "unknown", ".digest"),
        ({"database_specific": {"stemma": {"risks": ["bad"]}}}, "type", "database_specific.stemma.risks[0]"),
        ({"database_specific": {"stemma": {"atlas": ["T1"]}}}, "type", "database_specific.stemma.atlas[0]"),
        ({"database_specific": {"stemma": {"severity": "severe"}}}, "value", "database_specific.stemma.severity"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changes: dict[str, object], rule: str, where: str) -> None:
    advisory, problems = check_advisory(text(**changes), "a.json")
    assert advisory is None
    found = [p for p in problems if p.rule == rule and where in p.message]
    assert found, problems
    assert found[0].file == "a.json" and found[0].line >= 1 and found[0].column >= 1


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidAdvisory) as caught:
        parse_advisory(text(id="bad", modified="bad", summery="x"))
    assert len(caught.value.problems) == 3


def test_lines_and_columns() -> None:
    _, problems = check_advisory('{\n "id": "x_A-1",\n "modified": "2026-01-01T00:00:00Z", "nope": 1}')
    assert [(p.line, p.column, p.rule) for p in problems] == [(3, 46, "unknown")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": 1} x',
        b'{"a": 01}',
        b'{"id": "x_A-1", "id": "x_A-2", "modified": "2026-01-01T00:00:00Z"}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"1," * 300_000 + b"1]",
        b" " * (5 << 20),
        b'{"a": "\x01"}',
    ],
    ids=lambda data: data[:12].decode("latin1") + str(len(data)),
)
def test_hostile_text_is_refused(data: bytes) -> None:
    advisory, problems = check_advisory(data)
    assert advisory is None and problems


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    advisory, problems = check_advisory(json.dumps({"id": "x_A-1", "affected": value, "modified": value}))
    assert (advisory is None) == bool(problems)


RANGES = [
    ([{"introduced": "0"}], {"0.0.1": True, "9.0.0": True, "1.0.0-alpha": True}),
    ([{"introduced": "1.0.0"}, {"fixed": "1.2.0"}], {"0.9.0": False, "1.0.0": True, "1.1.9": True, "1.2.0": False}),
    ([{"introduced": "0"}, {"fixed": "1.2.0"}], {"1.2.0-rc.1": True, "1.2.0": False}),
    ([{"introduced": "1.0.0"}, {"last_affected": "1.2.0"}], {"1.2.0": True, "1.2.1": False}),
    (
        [{"introduced": "2.0.0"}, {"fixed": "2.1.0"}, {"introduced": "0"}, {"fixed": "1.5.0"}],
        {"1.4.0": True, "1.5.0": False, "1.9.0": False, "2.0.5": True, "2.1.0": False},
    ),
    ([{"introduced": "1.10.0"}], {"1.9.0": False, "1.10.0": True}),
]


@pytest.mark.parametrize(("events", "expected"), RANGES)
def test_ranges_are_those_of_osv(events: list[dict[str, str]], expected: dict[str, bool]) -> None:
    advisory = parse_advisory(text(affected=affected(events)))
    assert {v: advisory.covers("base", Version.parse(v)) for v in expected} == expected


def test_listed_versions_are_affected_besides_the_ranges() -> None:
    entry = affected([{"introduced": "0"}, {"fixed": "1.0.0"}], versions=["3.0.0"])
    advisory = parse_advisory(text(affected=entry))
    told = [advisory.covers("base", Version.parse(v)) for v in ("0.5.0", "1.0.0", "3.0.0")]
    assert told == [True, False, True]


def test_advisories_of_other_ecosystems_are_kept_as_they_are() -> None:
    entry = {
        "package": {"ecosystem": "PyPI", "name": "torch"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.6"}]}],
        "versions": ["2.5"],
        "ecosystem_specific": {"anything": [1]},
    }
    advisory = parse_advisory(text(id="PYSEC-2026-1", affected=[entry], database_specific={"severity": "HIGH"}))
    assert advisory.records == () and advisory.risks == (RiskKind.UNSPECIFIED,)
    assert advisory.severity is Severity.HIGH
    assert advisory.affected[0].package == ("PyPI", "torch")


def test_repositories_are_known_by_one_name() -> None:
    entries = [
        affected_repository("https://huggingface.co/acme/base", fixed="9f1c0de"),
        {"database_specific": {"stemma": {"purl": "pkg:huggingface/acme/other@9f1c0de"}}},
        affected_repository("https://git.example.org/x"),
    ]
    advisory = parse_advisory(text(affected=entries))
    assert advisory.repositories == ("https://git.example.org/x", "huggingface:acme/base", "huggingface:acme/other")


def test_a_new_advisory_and_its_withdrawal() -> None:
    made = new_advisory(
        "x_ACME-2026-0002",
        WHEN,
        summary="A pickle that runs code.",
        risks=[RiskKind.MALICIOUS_FILE],
        affected=[affected_digests(["sha256:" + "0" * 64]), affected_record("base", versions=["1.0.0"])],
        severity=Severity.HIGH,
        atlas=["AML.T0010.003"],
    )
    assert made.modified == "2026-03-01T12:00:00Z" and made.digests == ("sha256:" + "0" * 64,)
    back = withdrawn_advisory(made, datetime(2026, 4, 1, tzinfo=UTC))
    assert back.is_withdrawn and back.modified == "2026-04-01T00:00:00Z" and back.id == made.id
    with pytest.raises(InputError, match="before"):
        withdrawn_advisory(back, WHEN)


def test_a_new_advisory_obeys_the_rules() -> None:
    with pytest.raises(InvalidAdvisory):
        new_advisory("nope", WHEN, summary="", risks=[], affected=[affected_record("base")])


def test_plain_data_of_the_document_is_not_lost() -> None:
    whole = document(credits=[{"name": "A. Finder", "type": "FINDER"}])
    assert parse_advisory(json.dumps(whole)).data == whole
