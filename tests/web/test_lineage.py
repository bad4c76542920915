"""The lineage explorer as the server makes it."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from stemma.records import write_record
from stemma.registry import MemoryRegistry
from stemma.usecases.browse.graph import around, find, opened_out, ways
from tests.publish.record.record_examples import made, relation
from tests.registry.values import ruling
from tests.web.markup import suspicions


def _registry() -> MemoryRegistry:
    registry = MemoryRegistry(lambda: "2026-03-01T12:00:00Z")
    base, child = made("base", "model"), made("child", "model", relations=[relation("finetuned-from", "base@^1.0.0")])
    grand = made("grand", "model", relations=[relation("quantised-from", "child")])
    denied = made("denied", "model", relations=[relation("finetuned-from", "base", evidence=DENIED)])
    for record in (base, child, grand, denied):
        registry.records.put(write_record(record.data))
    return registry


DENIED = [
    {"grounds": "E1", "source": "a card"},
    {"grounds": "E3", "source": "a survey", "denies": True},
]


def test_what_lies_around_a_node_tells_what_edges_rest_on() -> None:
    registry = _registry()
    registry.rulings.put(ruling("base@1.0.0", "child@1.0.0"))
    registry.rulings.put(ruling("base@1.0.0", "model:elsewhere"))
    seen = around("base@1.0.0", registry)
    styles = {edge.downstream: str(edge.style) for edge in seen.edges}
    assert styles == {
        "child@1.0.0": "declared and measured",
        "denied@1.0.0": "conflicting",
        "model:elsewhere": "measured",
    }
    assert {node.key: node.distance for node in seen.nodes}["child@1.0.0"] == 1
    assert seen.complete


def test_a_bound_on_nodes_is_told() -> None:
    seen = around("base@1.0.0", _registry(), up=0, down=3, limit=2)
    assert len(seen.nodes) == 2 and not seen.complete


def test_of_a_base_with_very_many_descendants_some_are_shown_and_that_is_told() -> None:
    registry = MemoryRegistry(lambda: "2026-03-01T12:00:00Z")
    registry.records.put(write_record(made("base", "model").data))
    for number in range(60):
        child = made(f"child-{number}", "model", relations=[relation("finetuned-from", "base")])
        registry.records.put(write_record(child.data))
        registry.rulings.put(ruling("base@1.0.0", f"child-{number}@1.0.0"))
    seen = around("base@1.0.0", registry, up=1, down=2, limit=10)
    assert 2 <= len(seen.nodes) <= 10 and not seen.complete
    assert {edge.said for edge in seen.edges} == {"fine-tuning"}
    whole = around("base@1.0.0", registry, up=0, down=2, limit=70)
    assert len(whole.nodes) == 61 and whole.complete and len(whole.edges) == 60


def test_opening_a_node_adds_its_neighbours_further_away() -> None:
    registry = _registry()
    seen = opened_out(around("base@1.0.0", registry), ["child@1.0.0", "no-such@1.0.0"], registry)
    assert {node.key: node.distance for node in seen.nodes}["grand@1.0.0"] == 2


def test_ways_lead_down_and_not_up() -> None:
    registry = _registry()
    (way,) = ways("base@1.0.0", "grand@1.0.0", registry)
    assert [step.downstream for step in way] == ["child@1.0.0", "grand@1.0.0"]
    assert ways("grand@1.0.0", "base@1.0.0", registry) == ()
    assert find("grand", registry) == "grand@1.0.0"


def test_the_page_has_picture_and_tables_without_a_script(client: httpx.Client) -> None:
    page = client.get("/lineage", params={"root": "plip", "from": "webimagetext", "to": "plip"}).text
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    assert "<h2>Nodes</h2>" in page and "<h2>Edges</h2>" in page
    assert "From webimagetext to plip" in page and "(finetuned-from, declared)" in page
    assert re.search(r"<td>kather-colon</td>.*<td>no record</td>", page)
    assert suspicions(page) == []


def test_a_node_that_is_not_there_is_said_plainly(client: httpx.Client) -> None:
    found = client.get("/lineage", params={"root": "<script>alert(1)</script>"})
    assert found.status_code == 404
    assert suspicions(found.text) == []
    assert client.get("/lineage").status_code == 200
    assert client.get("/lineage", params={"root": "plip", "up": 99}).status_code == 422


def test_the_picture_can_be_kept(client: httpx.Client) -> None:
    found = client.get("/lineage.svg", params={"root": "plip", "open": "clip@1.0.0"})
    assert found.headers["content-type"] == "image/svg+xml"
    assert "attachment" in found.headers["content-disposition"]
    assert "Web Image Text" in found.text


def test_scripts_come_with_their_licences() -> None:
    folder = Path(__file__).parents[2] / "src" / "stemma" / "web" / "static"
    for name in ("htmx", "cytoscape"):
        assert (folder / f"{name}.min.js").is_file() and (folder / f"{name}.LICENSE").is_file()
