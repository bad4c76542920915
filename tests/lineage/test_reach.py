"""Walking the joined graph: versions, ranges, both kinds of edges, circles, paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.lineage import reach
from stemma.lineage.reach import Towards
from stemma.registry.memory import MemoryRegistry
from stemma.vocabulary import Kinship, RelationKind
from tests.lineage.graphs import fill, memory, ruling, text, undetermined


def _keys(registry: MemoryRegistry, start: str, towards: Towards = "descendants") -> list[str]:
    return list(reach(registry.graph, start, towards).nodes)[1:]


def _registry(*texts: str) -> MemoryRegistry:
    registry = memory()
    fill(registry, *texts)
    return registry


FAMILY = (
    text("data", type="dataset"),
    text("base", "trained-on data"),
    text("tuned", "finetuned-from base@^1.0.0"),
    text("small", "quantised-from tuned"),
    text("judged", "evaluated-on data"),
)


def test_up_and_down() -> None:
    registry = _registry(*FAMILY)
    assert _keys(registry, "small@1.0.0", "ancestors") == ["tuned@1.0.0", "base@1.0.0", "data@1.0.0"]
    assert _keys(registry, "base@1.0.0") == ["tuned@1.0.0", "small@1.0.0"]
    assert _keys(registry, "data@1.0.0") == ["base@1.0.0", "judged@1.0.0", "tuned@1.0.0", "small@1.0.0"]


def test_only_the_kinds_that_are_asked_for() -> None:
    registry = _registry(*FAMILY)
    found = reach(registry.graph, "data@1.0.0", "descendants", kinds=[RelationKind.EVALUATED_ON])
    assert list(found.nodes) == ["data@1.0.0", "judged@1.0.0"]


def test_a_path_begins_upstream() -> None:
    registry = _registry(*FAMILY)
    for start, end, towards in (
        ("data@1.0.0", "small@1.0.0", "descendants"),
        ("small@1.0.0", "data@1.0.0", "ancestors"),
    ):
        path = reach(registry.graph, start, towards).path(end)  # type: ignore[arg-type]
        assert [(link.upstream, str(link.kind)) for link in path] == [
            ("data@1.0.0", "trained-on"),
            ("base@1.0.0", "finetuned-from"),
            ("tuned@1.0.0", "quantised-from"),
        ]
        assert path[-1].downstream == "small@1.0.0"


def test_a_range_leads_to_every_version_and_surely_to_the_newest() -> None:
    registry = _registry(text("base@1.0.0"), text("base@1.10.0"), text("base@1.9.0"), text("base@2.0.0"), FAMILY[2])
    found = reach(registry.graph, "tuned@1.0.0", "ancestors")
    sure = {key: found.path(key)[0].sure for key in list(found.nodes)[1:]}
    assert sure == {"base@1.10.0": True, "base@1.9.0": False, "base@1.0.0": False}
    assert "1.10.0" in found.path("base@1.0.0")[0].note


def test_a_new_version_needs_no_rewriting() -> None:
    registry = _registry(text("base@1.0.0"), FAMILY[2])
    assert reach(registry.graph, "base@1.0.0", "descendants").path("tuned@1.0.0")[0].sure
    fill(registry, text("base@1.1.0"))
    assert not reach(registry.graph, "base@1.0.0", "descendants").path("tuned@1.0.0")[0].sure
    assert reach(registry.graph, "base@1.1.0", "descendants").path("tuned@1.0.0")[0].sure


def test_what_the_registry_does_not_hold_is_one_node() -> None:
    registry = _registry(text("tuned", "finetuned-from base@^1.0.0"), text("other", "finetuned-from base@2.0.0"))
    assert _keys(registry, "tuned@1.0.0", "ancestors") == ["base"]
    assert _keys(registry, "base") == ["other@1.0.0", "tuned@1.0.0"]


def test_a_component_lies_upstream_of_the_whole() -> None:
    registry = _registry(text("tower", "component-of whole"), text("whole", "composed-from head"), text("head"))
    assert _keys(registry, "whole@1.0.0", "ancestors") == ["tower@1.0.0", "head@1.0.0"]
    assert _keys(registry, "tower@1.0.0") == ["whole@1.0.0"]


def test_measured_edges_stand_beside_declared_ones() -> None:
    registry = _registry(text("base"), text("tuned"))
    registry.rulings.put(ruling("base@1.0.0", "tuned@1.0.0"))
    registry.rulings.put(ruling("tuned@1.0.0", "model:hf:who/knows"))
    found = reach(registry.graph, "base@1.0.0", "descendants")
    assert list(found.nodes) == ["base@1.0.0", "tuned@1.0.0", "model:hf:who/knows"]
    assert not found.path("tuned@1.0.0")[0].declared


@pytest.mark.parametrize(
    ("edge", "ways"),
    [
        (ruling("a@1.0.0", "b@1.0.0"), {"a": [("b@1.0.0", True)], "b": []}),
        (ruling("a@1.0.0", "b@1.0.0", direction="b->a"), {"a": [], "b": [("a@1.0.0", True)]}),
        (undetermined("a@1.0.0", "b@1.0.0"), {"a": [("b@1.0.0", False)], "b": [("a@1.0.0", False)]}),
        (ruling("a@1.0.0", "b@1.0.0", kinship=Kinship.COPY), {"a": [("b@1.0.0", True)], "b": [("a@1.0.0", True)]}),
        (ruling("a@1.0.0", "b@1.0.0", kinship=Kinship.COMMON_ANCESTOR), {"a": [], "b": []}),
        (ruling("a@1.0.0", "b@1.0.0", "independent"), {"a": [], "b": []}),
    ],
)
def test_the_ways_of_a_ruling(edge: object, ways: dict[str, list[tuple[str, bool]]]) -> None:
    registry = _registry(text("a"), text("b"))
    registry.rulings.put(edge)  # type: ignore[arg-type]
    for name, expected in ways.items():
        found = reach(registry.graph, f"{name}@1.0.0", "descendants")
        assert [(key, found.path(key)[0].sure) for key in list(found.nodes)[1:]] == expected


def test_a_denial_is_no_edge_and_a_disputed_edge_is_not_sure() -> None:
    denial = {"grounds": "E1", "source": "https://example.org", "denies": True}
    claim = {"grounds": "E3", "source": "https://example.org/paper"}
    edge = {"kind": "finetuned-from", "target": "base"}
    registry = _registry(
        text("base"),
        text("denied", {**edge, "evidence": [denial]}),
        text("disputed", {**edge, "evidence": [claim, denial]}),
    )
    found = reach(registry.graph, "base@1.0.0", "descendants")
    assert list(found.nodes)[1:] == ["disputed@1.0.0"]
    assert "denied" in found.path("disputed@1.0.0")[0].note


def test_an_edge_that_the_weights_speak_against_is_not_sure() -> None:
    registry = _registry(*FAMILY)
    registry.rulings.put(ruling("base@1.0.0", "tuned@1.0.0", "independent"))
    assert not reach(registry.graph, "base@1.0.0", "descendants").path("tuned@1.0.0")[0].sure
    assert reach(registry.graph, "data@1.0.0", "descendants").path("base@1.0.0")[0].sure


def test_circles_and_loops_end() -> None:
    registry = _registry(
        text("a", "finetuned-from c", "merged-from a"), text("b", "finetuned-from a"), text("c", "finetuned-from b")
    )
    assert _keys(registry, "a@1.0.0") == ["b@1.0.0", "c@1.0.0"]
    assert _keys(registry, "a@1.0.0", "ancestors") == ["c@1.0.0", "b@1.0.0"]
    found = reach(registry.graph, "a@1.0.0", "descendants", keep_all=True)
    assert [len(path) for path in found.paths("c@1.0.0")] == [2]


def test_all_paths_of_a_diamond() -> None:
    registry = _registry(
        text("a"),
        text("b", "finetuned-from a"),
        text("c", "finetuned-from a"),
        text("d", "merged-from b", "merged-from c"),
    )
    for start, end, towards in (("a@1.0.0", "d@1.0.0", "descendants"), ("d@1.0.0", "a@1.0.0", "ancestors")):
        found = reach(registry.graph, start, towards, keep_all=True)  # type: ignore[arg-type]
        ways = [tuple(link.downstream for link in path) for path in found.paths(end)]
        assert sorted(ways) == [("b@1.0.0", "d@1.0.0"), ("c@1.0.0", "d@1.0.0")]
        assert len(list(found.paths(end, limit=1))) == 1


def test_bounds() -> None:
    registry = _registry(*FAMILY)
    assert list(reach(registry.graph, "data@1.0.0", "descendants", depth=1).nodes)[1:] == ["base@1.0.0", "judged@1.0.0"]
    few = reach(registry.graph, "data@1.0.0", "descendants", limit=2)
    assert len(few.nodes) == 2 and not few.complete


def test_paths_through_a_dense_graph_are_bounded() -> None:
    names = [f"n{i}" for i in range(14)]
    texts = [text(name, *(f"finetuned-from {below}" for below in names[:i])) for i, name in enumerate(names)]
    registry = _registry(*texts)
    found = reach(registry.graph, "n0@1.0.0", "descendants", keep_all=True)
    assert len(list(found.paths("n13@1.0.0", limit=50))) == 50


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_reach_is_the_transitive_closure(pairs: list[tuple[int, int]]) -> None:
    lead: dict[int, set[int]] = {i: {up for up, down in pairs if down == i} for i in range(8)}
    texts = [text(f"n{i}", *(f"finetuned-from n{up}" for up in sorted(ups))) for i, ups in lead.items()]
    registry = _registry(*texts)
    for start in range(8):
        wanted, frontier = {start}, {start}
        while frontier:
            frontier = {up for at in frontier for up in lead[at]} - wanted
            wanted |= frontier
        up = reach(registry.graph, f"n{start}@1.0.0", "ancestors")
        assert set(up.nodes) == {f"n{i}@1.0.0" for i in wanted}
        for key in up.nodes:
            assert len(up.path(key)) == up.nodes[key].depth
            assert f"n{start}@1.0.0" in reach(registry.graph, key, "descendants")


def test_independence_by_default_speaks_against_what_weights_must_show() -> None:
    registry = _registry(text("base"), text("tuned", "finetuned-from base"), text("student", "distilled-from base"))
    for child in ("tuned@1.0.0", "student@1.0.0"):
        looked = {"established": "default", "looked_everywhere": True}
        registry.rulings.put(ruling("base@1.0.0", child, "independent", **looked))
    found = reach(registry.graph, "base@1.0.0", "descendants")
    assert not found.path("tuned@1.0.0")[0].sure and found.path("student@1.0.0")[0].sure
