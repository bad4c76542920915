"""The schema and the page are what the tables generate, and the schema says what the reader says.

Refresh with ``python -m stemma.records.specification src/stemma/records/data docs``.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from stemma.errors import InvalidRecord
from stemma.records import leaf, leaves, parse_record, record_from_data
from stemma.records.schema import build_schema
from stemma.records.specification import SCHEMA_FILE, filled, main, schema_text
from tests.records.strategies import documents
from tests.records.test_read import GOOD

DOCS = Path(__file__).parents[2] / "docs"
CHECK = jsonschema.Draft202012Validator(build_schema())


def test_what_is_committed_is_what_is_generated() -> None:
    assert (DOCS / "schemas" / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()
    assert (files("stemma.records") / "data" / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()
    page = (DOCS / "records.md").read_text(encoding="utf-8")
    assert filled(page) == page


def test_the_command_writes_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "docs" / "schemas").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    page = (DOCS / "records.md").read_text(encoding="utf-8")
    emptied = re.sub(r"(<!-- begin (\w+) -->).*?(<!-- end \2 -->)", r"\1\n\3", page, flags=re.DOTALL)
    (tmp_path / "docs" / "records.md").write_text(emptied, encoding="utf-8")
    assert main([str(tmp_path / "data"), str(tmp_path / "docs")]) == 0
    assert (tmp_path / "docs" / "records.md").read_text(encoding="utf-8") == page
    assert main([]) == 3
    with pytest.raises(ValueError, match="0 places for"):
        filled("")


def test_the_example_of_the_page_is_a_record() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "records.md").read_text(encoding="utf-8"), re.DOTALL)
    assert parse_record(example).key == "acme-chat-7b@1.2.0"


def test_the_schema_is_one_and_takes_a_full_record() -> None:
    jsonschema.Draft202012Validator.check_schema(build_schema())
    assert list(CHECK.iter_errors(dict(parse_record(GOOD).data))) == []


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)
@given(documents())
def test_the_schema_takes_what_the_reader_takes(data: dict[str, Any]) -> None:
    record_from_data(data)
    assert [error.message for error in CHECK.iter_errors(data)] == []


HEAD = {"stemma": 1, "name": "a", "version": "1.0.0", "type": "model"}


@pytest.mark.parametrize(
    "change",
    [
        {"stemma": 2},
        {"name": "A"},
        {"version": "1.0"},
        {"type": "thing"},
        {"extra": 1},
        {"about": {}},
        {"about": {"titel": "x"}},
        {"about": {"title": None}},
        {"about": {"title": "a\nb"}},
        {"about": {"tags": [1]}},
        {"about": {"tags": [], "+tags": []}},
        {"relations": [{"kind": "trained-on"}]},
        {"relations": [{"kind": "made-of", "target": "b"}]},
        {"risks": {"csma": True}},
        {"risks": {"csam": "yes"}},
        {"identity": {"root": "sha256:0"}},
        {"surveys": {"a b": {"c": True}}},
        {"status": {"reason": "x"}},
        {"about": {"parameters": -1}},
        {"about": {"release_date": "3 May"}},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(change: dict[str, Any]) -> None:
    data = {**HEAD, **change}
    assert not CHECK.is_valid(data)
    with pytest.raises(InvalidRecord):
        record_from_data(data)


def test_leaves_are_found_by_path() -> None:
    assert leaf("surveys.fmti-2023.wages").facet == "survey"
    assert leaf("about.links.card").facet == "work"
    assert leaf("x-anything").facet == "own"
    assert all(leaf(path) is field for path, field in leaves().items() if "*" not in path)
    for path in ("about", "risks", "surveys.fmti-2023", "x-a.b", "relations.0", "nothing"):
        with pytest.raises(KeyError):
            leaf(path)


def test_the_page_names_every_leaf() -> None:
    page = (DOCS / "records.md").read_text(encoding="utf-8")
    assert [path for path in leaves() if f"`{path}`" not in page] == []
    assert json.loads(schema_text())["$id"] == "urn:stemma:schema:record:1"
