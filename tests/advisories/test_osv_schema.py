"""What is written is valid by the schema that OSV publishes.

The schema is that of OSV 1.6.7, as the package ``osv`` ships it. Version 1.7 added ids of local databases (``x_...``)
and the field ``upstream``; the test adds these two and nothing else.
"""

from __future__ import annotations

import json
import sysconfig
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stemma.advisories import (
    RiskKind,
    Severity,
    advisory_text,
    affected_digests,
    affected_record,
    affected_repository,
    check_advisory,
    new_advisory,
    withdrawn_advisory,
)
from tests.advisories.documents import document

SHIPPED = Path(sysconfig.get_path("purelib")) / "osv" / "osv-schema" / "validation" / "schema.json"
WHEN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    if not SHIPPED.is_file():
        pytest.skip("the OSV schema is not there: pip install --no-deps -r tests/requirements-nodeps.txt")
    loaded: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return loaded


def _of_1_7(schema: dict[str, Any]) -> Draft202012Validator:
    prefix = schema["$defs"]["prefix"]
    changed = {
        **schema,
        "properties": {**schema["properties"], "upstream": schema["properties"]["related"]},
        "$defs": {**schema["$defs"], "prefix": {**prefix, "pattern": f"{prefix['pattern']}|^x_"}},
    }
    return Draft202012Validator(changed)


def _made(identifier: str) -> str:
    return advisory_text(
        new_advisory(
            identifier,
            WHEN,
            summary="Something is wrong.",
            risks=list(RiskKind),
            affected=[
                affected_record("base", introduced="1.0.0", fixed="2.0.0"),
                affected_record("base", versions=["3.0.0"]),
                affected_digests(["sha256:" + "0" * 64]),
                affected_repository("https://huggingface.co/acme/base", fixed="9f1c0de"),
            ],
            severity=Severity.CRITICAL,
            references=["https://example.org/report"],
            atlas=["AML.T0010"],
            avid=["AVID-2023-V001"],
        )
    )


def test_new_advisories_are_valid(schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(json.loads(_made("OSV-2026-1")))
    _of_1_7(schema).validate(json.loads(_made("x_ACME-2026-0001")))


def test_withdrawn_advisories_are_valid(schema: dict[str, Any]) -> None:
    advisory, _ = check_advisory(_made("x_ACME-2026-0001"))
    assert advisory is not None
    _of_1_7(schema).validate(json.loads(advisory_text(withdrawn_advisory(advisory, WHEN))))


@pytest.mark.parametrize("field", ["id", "modified"])
def test_what_the_schema_requires_is_required(schema: dict[str, Any], field: str) -> None:
    broken = document(**{field: None})
    assert list(_of_1_7(schema).iter_errors(broken))
    assert check_advisory(json.dumps(broken))[0] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": 1},
        {"references": [{"type": "BLOG", "url": "https://example.org"}]},
        {"affected": [{"package": {"ecosystem": "PyPI"}}]},
        {"affected": [{"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}]},
        {"affected": [{"ranges": [{"type": "SEMVER", "events": [{"fixed": "1.0.0"}]}]}]},
        {"affected": [{"ranges": [{"type": "SEMVER", "events": []}]}]},
        {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:X"}]},
        {"id": "NOPE-1"},
    ],
)
def test_what_the_schema_refuses_is_refused(schema: dict[str, Any], changes: dict[str, Any]) -> None:
    broken = document(**changes)
    assert list(_of_1_7(schema).iter_errors(broken))
    assert check_advisory(json.dumps(broken))[0] is None


def test_every_shipped_example_is_read(schema: dict[str, Any]) -> None:
    assert schema
    examples = sorted(SHIPPED.parents[1].glob("tools/osv-linter/test_data/*.json"))
    sound = [path for path in examples if not path.name.startswith("no")]
    assert len(sound) >= 5
    for path in sound:
        advisory, problems = check_advisory(path.read_bytes(), path.name)
        assert advisory is not None, problems
