"""The page of a pair, from the ruling that a registry keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemma.errors import InputError
from stemma.publish.canonical import plain
from stemma.publish.lineage.stored_ruling import report_of
from stemma.publish.result_json import evidence_fields
from stemma.records import write_record
from stemma.registry import DirectoryRegistry
from stemma.web import WebSettings, create_app
from tests.publish.examples import ruling as example
from tests.publish.record.record_examples import made
from tests.registry.values import ruling
from tests.web.markup import suspicions
from tests.web.serving import serving

ATTACK = "</td><script>alert(1)</script>"


def evidence() -> str:
    return json.dumps(plain([evidence_fields(each) for each in example().evidence])[0])


def test_a_kept_ruling_is_the_report_it_was_made_of() -> None:
    report = report_of(ruling("a@1.0.0", "b@1.0.0", evidence=evidence()))
    assert report.ruling is not None
    assert [e.test for e in report.ruling.evidence] == [e.test for e in example().evidence]
    assert [e.per_site for e in report.ruling.evidence] == [e.per_site for e in example().evidence]


@pytest.mark.parametrize("broken", ['[{"test": "x"}]', "[1]", '[{"test":"x","site":"y","statistic":"?","effect":1}]'])
def test_evidence_that_cannot_be_read_is_said_to_be(broken: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        report_of(ruling("a@1.0.0", "b@1.0.0", evidence=broken))


def test_the_page_shows_the_ruling_and_escapes_what_it_says(tmp_path: Path) -> None:
    registry = DirectoryRegistry(tmp_path, lambda: "2026-03-01T12:00:00Z")
    registry.records.put(write_record(made("base", "model").data))
    registry.rulings.put(
        ruling(
            "base@1.0.0", "model:child", evidence=evidence(), reasons=(ATTACK,), date="2026-02-01", not_examined=("x",)
        )
    )
    registry.rulings.put(ruling("base@1.0.0", "model:child", evidence=evidence(), date="2026-01-01"))
    with serving(create_app(WebSettings(str(tmp_path)))) as client:
        page = client.get("/pair", params={"a": "base@1.0.0", "b": "model:child"})
        assert page.status_code == 200 and suspicions(page.text) == []
        for words in ("Layer by layer", "What was not looked at", "All rulings over this pair", "What this rests on"):
            assert words in page.text
        assert "with model:child" in client.get("/records/base/1.0.0").text
        assert client.get("/pair", params={"a": "base@1.0.0", "b": "model:other"}).status_code == 404
        assert client.get("/pair", params={"a": "base@1.0.0", "b": "model:child", "ruling": "x"}).status_code == 404
