"""The page of a pair, from the ruling that a registry keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stemma.catalog import Catalog
from stemma.errors import InputError
from stemma.evidence.merge import MergeKind
from stemma.identity import is_present
from stemma.publish.canonical import plain
from stemma.publish.lineage.stored_ruling import merge_of, report_of
from stemma.publish.result_json import evidence_fields
from stemma.records import write_record
from stemma.registry import DirectoryRegistry, MeasuredEdge, MemoryRegistry
from stemma.usecases.lineage.rulings import Known
from stemma.usecases.lineage.shelf import Shelf
from stemma.usecases.lineage.verify import search
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import DEFAULT_WORK
from stemma.web import WebSettings, create_app
from tests.models import draw, tuned, write
from tests.publish.examples import ruling as example
from tests.publish.record.record_examples import made
from tests.registry.values import ruling
from tests.web.markup import suspicions
from tests.web.serving import serving

NOW = "2026-03-01T12:00:00Z"
ATTACK = "</td><script>alert(1)</script>"


def evidence() -> str:
    return json.dumps(plain([evidence_fields(each) for each in example().evidence])[0])


def test_a_kept_ruling_is_the_report_it_was_made_of() -> None:
    report = report_of(ruling("a@1.0.0", "b@1.0.0", evidence=evidence()))
    assert report.ruling is not None
    assert [e.test for e in report.ruling.evidence] == [e.test for e in example().evidence]
    assert [e.per_site for e in report.ruling.evidence] == [e.per_site for e in example().evidence]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> MeasuredEdge:
    """The ruling over a merge of two fine-tunes and one of them, as a scan of a catalog finds it."""
    folder = tmp_path_factory.mktemp("mixed")
    base = draw(1)
    one, two = tuned(base, 2), tuned(base, 3)
    both = {name: (0.25 * one[name] + 0.75 * two[name]).astype(np.float32) for name in base}
    catalog = Catalog(folder / "catalog")
    for name, weights in (("one", one), ("two", two)):
        catalog.add(fingerprint(str(write(folder / name, weights))).fingerprint, name=name)
    own = Known("model:mixed", fingerprint(str(write(folder / "mixed", both))), "weights")
    shelf = Shelf(MemoryRegistry(lambda: NOW), catalog, {}, DEFAULT_WORK, network=False)
    found = search(own, shelf, DEFAULT_WORK, NOW)
    assert is_present(found)
    return next(edge for edge in found.rulings if edge.a == "model:one")


def test_a_merge_is_kept_with_its_coefficients_by_layer(mixed: MeasuredEdge, tmp_path: Path) -> None:
    merge = merge_of(mixed)
    assert merge is not None and merge.kind is MergeKind.LINEAR
    assert {p.name: round(p.coefficient, 3) for p in merge.parents} == {"one": 0.25, "two": 0.75}
    assert len(merge.layers) > 2
    registry = DirectoryRegistry(tmp_path, lambda: NOW)
    registry.rulings.put(mixed)
    with serving(create_app(WebSettings(str(tmp_path)))) as client:
        page = client.get("/pair", params={"a": mixed.a, "b": mixed.b}).text
    assert suspicions(page) == []
    assert "This model is a linear merge of" in page and "Coefficients by layer." in page and "merge_method" in page


BROKEN: dict[str, object] = {
    "layers": [{"layer": "x", "coefficients": [1.0]}],
    "kind": "strange",
    "parents": [],
    "gain": "much",
}


@pytest.mark.parametrize("field", BROKEN)
def test_a_merge_that_cannot_be_read_is_said_to_be(mixed: MeasuredEdge, field: str) -> None:
    told = json.loads(mixed.evidence)
    held = next(each for each in told if "merge" in each)
    held["merge"][field] = BROKEN[field]
    with pytest.raises(InputError, match="cannot be read"):
        merge_of(replace(mixed, evidence=json.dumps(told)))


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
