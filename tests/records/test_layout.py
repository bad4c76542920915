"""What is written reads back the same, by every YAML reader; formatting keeps comments and settles at once."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from ruamel.yaml import YAML

from stemma.errors import InvalidRecord
from stemma.records import check_record, edit_record, format_record, parse_record, record_from_data, write_record
from tests.records.strategies import documents

drawn = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)


def _by_ruamel(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


@drawn
@given(documents())
def test_all_readers_agree_on_what_is_written(data: dict[str, Any]) -> None:
    """The strict reader (libyaml events), PyYAML (YAML 1.1) and ruamel.yaml (YAML 1.2) read one and the same record."""
    text = write_record(data)
    record = parse_record(text)
    assert record.data == data == yaml.safe_load(text) == _by_ruamel(text)
    assert record.digest == record_from_data(data).digest
    assert format_record(text) == text == write_record(record.data)


@drawn
@given(documents())
def test_formatting_settles_at_once(data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=None)
    record, problems = check_record(text)
    if record is None:  # PyYAML leaves words plain that only YAML 1.2 readers take for numbers, such as 1e5
        assert {problem.rule for problem in problems} <= {"value", "key"}
        return
    once = format_record(text)
    assert parse_record(once).data == record.data == data
    assert format_record(once) == once


COMMENTED = """\
# Head of the file
stemma: 1   # language
name:    base
version: '1.0.0'
type: model

about:
    title: "Base"          # what people call it
    # a comment of its own
    tags:
    - a
    - b # second
    description: >-
        Folded
        text.
relations: [{kind: trained-on, target: data@1.0.0}]
# the end
"""


def test_comments_order_and_quotes_stay() -> None:
    done = format_record(COMMENTED)
    for word in (
        "# Head of the file",
        "# language",
        "# what people call it",
        "# a comment of its own",
        "# second",
        "# the end",
    ):
        assert word in done
    assert "version: '1.0.0'" in done and 'title: "Base"' in done
    assert done.index("title") < done.index("tags") < done.index("description")
    assert format_record(done) == done


def test_edits_leave_the_rest_alone() -> None:
    done = edit_record(
        COMMENTED, {"version": "1.1.0", "about.title": None, "risks.csam": True, "about.links.card": "https://x.y/"}
    )
    record = parse_record(done)
    assert (str(record.version), record.get("about.title")) == ("1.1.0", None)
    assert record.get("risks.csam") is True and record.get("about.links.card") == "https://x.y/"
    assert "# the end" in done and "# second" in done
    gone = parse_record(edit_record(done, {"risks.csam": None, "about.links.card": None}))
    assert "risks" not in gone.data and "about.links.card" not in gone.leaves


def test_an_edit_that_breaks_the_record_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="semantic version"):
        edit_record(COMMENTED, {"version": "1.1"})
    with pytest.raises(InvalidRecord, match="a second time"):
        format_record(COMMENTED + "name: again\n")


def test_new_records_quote_what_readers_take_differently() -> None:
    data = {
        "stemma": 1,
        "name": "a",
        "version": "1.0.0",
        "type": "model",
        "about": {"languages": ["no", "en"], "title": "1e5"},
    }
    text = write_record(data)
    assert '"no"' in text and '"1e5"' in text
    assert yaml.safe_load(text) == data


@pytest.mark.parametrize("key", ["yes", "no", "1.10", "2023-07-19", "null", "~", "0x1f"])
def test_keys_get_the_quotes_they_need(key: str) -> None:
    data = {"stemma": 1, "name": "base", "version": "1.0.0", "type": "model", "x-own": {key: 1}}
    text = write_record(data)
    assert parse_record(text).data == data == yaml.safe_load(text) == _by_ruamel(text)
    assert format_record(text) == text
