"""Documents follow their published schemas, whatever they are made of.

Refresh the committed schemas with:
``python -m stemma.publish.schemas src/stemma/publish/schemas docs/schemas``
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import examples
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from strategies import reports

from stemma.identity import Digest, Missing
from stemma.publish import result_json
from stemma.publish.canonical import plain, to_json, to_line
from stemma.publish.model import ComparisonReport, FingerprintReport, InspectionReport
from stemma.publish.result_json import (
    catalog_document,
    comparison_document,
    fingerprint_document,
    inspection_document,
    scan_document,
)
from stemma.publish.schemas import load_schema, schema_file
from stemma.publish.schemas.__main__ import main, published
from stemma.publish.schemas.documents import build_schemas
from stemma.publish.schemas.page import schema_page
from stemma.vocabulary import Kinship, load_vocabulary

ROOT = Path(__file__).parents[2]
PACKAGE, DOCS = ROOT / "src" / "stemma" / "publish" / "schemas", ROOT / "docs" / "schemas"
NAMES = tuple(build_schemas())


def strict(shape: Any) -> Any:
    """The schema with every field beyond those it names refused."""
    if isinstance(shape, list):
        return [strict(item) for item in shape]
    if not isinstance(shape, dict):
        return shape
    closed = {"additionalProperties": False} if "required" in shape and "properties" in shape else {}
    return {key: strict(value) for key, value in shape.items()} | closed


STRICT = {name: Draft202012Validator(strict(load_schema(name))) for name in NAMES}


def check(document: Any) -> Any:
    """Validate, and return the document as a reader gets it."""
    STRICT[document["schema"]].validate(document)
    return json.loads(to_line(document), parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise AssertionError(constant)


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_valid_and_committed_as_generated(name: str) -> None:
    Draft202012Validator.check_schema(load_schema(name))
    for folder in (PACKAGE, DOCS):
        assert (folder / schema_file(name)).read_text() == published()[schema_file(name)]


def test_no_schema_was_left_behind() -> None:
    made = set(map(schema_file, NAMES))
    assert {path.name for path in PACKAGE.glob("*.json")} == made
    assert {path.name for path in DOCS.glob("*.json")} == made | {"record-1.json"}  # that of the record language


def test_the_page_is_committed_as_generated() -> None:
    assert (DOCS / "README.md").read_text(encoding="utf-8") == schema_page()


def test_the_refresh_command_writes_everything(tmp_path: Path) -> None:
    assert main([str(tmp_path), str(tmp_path)]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"README.md", *map(schema_file, NAMES)}
    assert main([]) == 3


@pytest.mark.parametrize("report", examples.COMPARISONS.values(), ids=examples.COMPARISONS)
def test_examples_follow_the_schema(report: ComparisonReport) -> None:
    document = check(comparison_document(report))
    assert (document["a"], document["b"]) == (report.a, report.b)


def test_other_documents_follow_their_schemas() -> None:
    check(inspection_document(examples.INSPECTION))
    check(inspection_document(InspectionReport("x", error="nothing there")))
    check(fingerprint_document(examples.FINGERPRINT))
    check(fingerprint_document(FingerprintReport("x", error="nothing there")))
    check(catalog_document(examples.CATALOG))
    for scan in (examples.SCAN, examples.SCAN_EMPTY, examples.SCAN_FAILED):
        check(scan_document(scan))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_any_report_follows_the_schema(report: ComparisonReport) -> None:
    document = comparison_document(report)
    read = check(document)
    assert (read["a"], read["b"]) == (report.a, report.b)
    assert to_json(document) == to_json(comparison_document(report))
    assert to_json(document).isascii() and "\n" not in to_line(document)


def test_an_unreadable_model_gives_no_label_and_an_error() -> None:
    document = comparison_document(examples.UNREADABLE)
    assert document["label"] is None
    assert "header of 9 EiB" in str(document["error"])


def test_a_report_holds_a_ruling_or_an_error() -> None:
    for wrong in ({}, {"ruling": examples.ruling(), "error": "x"}):
        with pytest.raises(ValueError, match="either"):
            ComparisonReport("a", "b", **wrong)


def test_numbers_that_are_not_finite_are_null_and_named() -> None:
    document, undefined = plain({"a/b": [1.0, math.nan], "~": np.float32(-np.inf)})
    assert document == {"a/b": [1.0, None], "~": None}
    assert [(u.at, u.value) for u in undefined] == [("/a~1b/1", "nan"), ("/~0", "-inf")]


def test_kinds_of_values_become_plain() -> None:
    value = {
        "k": Kinship.COPY,
        "m": Missing("why"),
        "n": np.int64(3),
        "v": np.arange(2),
        "s": {"b", "a"},
        "t": (True, None, np.bool_(False)),
        "d": Digest("sha256", "0" * 64),
    }
    assert plain(value)[0] == {
        "k": "copy",
        "m": {"missing": "why"},
        "n": 3,
        "v": [0, 1],
        "s": ["a", "b"],
        "t": [True, None, False],
        "d": "sha256:" + "0" * 64,
    }
    with pytest.raises(TypeError, match="bytes at /x"):
        plain({"x": b"raw"})


def test_the_keys_come_in_a_fixed_order() -> None:
    assert list(comparison_document(examples.FINE_TUNE)) == list(load_schema(result_json.COMPARISON)["properties"])
    assert list(comparison_document(examples.UNREADABLE)) == list(comparison_document(examples.FINE_TUNE))


def test_frameworks_name_fields_that_exist() -> None:
    known = set(comparison_document(examples.FINE_TUNE))
    for framework in load_vocabulary().frameworks:
        for clause in framework.clauses:
            assert set(clause.fields) <= known
