"""Graphs and names that somebody made to do harm: floods, circles, loops, long chains, names that look alike."""

from __future__ import annotations

import gc
import resource
import time
from itertools import islice

import pytest

from stemma.advisories import RiskKind
from stemma.lineage import conflicts, impact_of, reach
from stemma.registry.edges import DeclaredEdge, Facts, Held, MeasuredEdge
from stemma.registry.interface import Registry
from stemma.vocabulary import RelationKind
from stemma.vocabulary.relations import Side
from tests.lineage.graphs import advisory, fill, memory, ruling, text

ONE = [Held("1.0.0", yanked=False)]


class Flood:
    """A graph out of nothing but edges: as the registry serves it, without a record behind it."""

    def __init__(self, edges: list[tuple[str, str]], kind: RelationKind = RelationKind.COPY_OF) -> None:
        self.ends: dict[str, dict[str, list[DeclaredEdge]]] = {"upstream": {}, "downstream": {}}
        for up, down in edges:
            edge = DeclaredEdge(down, "1.0.0", 0, kind, up, "*", 1)
            self.ends["upstream"].setdefault(up, []).append(edge)
            self.ends["downstream"].setdefault(down, []).append(edge)
        self.names = {name for pair in edges for name in pair}
        self.given = 0

    def declared(self, names: object, side: Side, limit: int | None = None) -> list[DeclaredEdge]:
        each = (edge for name in sorted(names) for edge in self.ends[side].get(name, ()))  # type: ignore[call-overload]
        found = list(islice(each, limit))
        self.given += len(found)
        return found

    def measured(self, subjects: object, limit: int | None = None) -> list[MeasuredEdge]:
        return []

    def versions_of(self, names: object) -> dict[str, list[Held]]:
        return {name: ONE for name in names if name in self.names}  # type: ignore[attr-defined]

    def facts(self, keys: object) -> dict[str, Facts]:
        return {}

    def marks(self, keys: object) -> dict[str, frozenset[str]]:
        return {}

    def bearers(self, marks: object) -> dict[str, list[str]]:
        return {}


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def test_a_chain_of_thousands_is_walked_to_its_end() -> None:
    graph = Flood([(f"n{i}", f"n{i + 1}") for i in range(5_000)])
    found = impact_of(advisory("n0"), graph, graph)
    assert len(found.hits) == 5_001 and len(found.path("n5000@1.0.0")) == 5_000
    assert len(reach(graph, "n5000@1.0.0", "ancestors").path("n0@1.0.0")) == 5_000


def test_everybody_made_of_everybody() -> None:
    names = [f"n{i}" for i in range(120)]
    graph = Flood([(up, down) for up in names for down in names], RelationKind.MERGED_FROM)
    began = time.monotonic()
    assert len(impact_of(advisory("n0", risks=[RiskKind.BACKDOOR]), graph, graph).hits) == 120
    found = reach(graph, "n0@1.0.0", "descendants", keep_all=True)
    assert len(list(found.paths("n119@1.0.0", limit=100))) == 100
    assert time.monotonic() - began < 20


def test_a_flood_of_children_is_bounded_by_the_limit() -> None:
    graph = Flood([("base", f"n{i}") for i in range(50_000)])
    before = _memory()
    found = reach(graph, "base@1.0.0", "descendants", limit=1_000)
    assert len(found.nodes) == 1_000 and not found.complete
    assert len(impact_of(advisory("base"), graph, graph).hits) == 50_001
    assert _memory() - before < 200


def _squatted() -> Registry:
    return fill(
        memory(),
        text("llama-2-7b"),
        text("1lama-2-7b", "copy-of llama-2-7b"),
        text("victim", "finetuned-from 1lama-2-7b"),
    )


def test_a_name_that_looks_like_another_is_reported_and_is_not_the_other() -> None:
    registry = _squatted()
    (conflict,) = conflicts(registry.graph, registry.records.names())
    assert conflict.subjects == ("1lama-2-7b", "llama-2-7b")
    found = impact_of(advisory("1lama-2-7b"), registry.graph, registry.identities)
    assert set(found.hits) == {"1lama-2-7b@1.0.0", "victim@1.0.0"}


def test_a_ruling_over_one_and_the_same_leads_nowhere() -> None:
    registry = fill(memory(), text("a"))
    registry.rulings.put(ruling("a@1.0.0", "a@1.0.0"))
    assert list(reach(registry.graph, "a@1.0.0", "descendants").nodes) == ["a@1.0.0"]


def test_versions_by_the_thousand_do_not_multiply() -> None:
    registry = fill(memory(), *(text(f"base@1.{i}.0") for i in range(150)), text("child", "copy-of base@^1.0.0"))
    found = impact_of(advisory("base"), registry.graph, registry.identities)
    assert len(found.hits) == 151 and found.hits["child@1.0.0"].certain
    assert found.path("child@1.0.0")[0].upstream == "base@1.149.0"


def test_a_walk_that_shows_few_reads_few() -> None:
    crowd = Flood([("base", f"child-{number}") for number in range(100_000)])
    found = reach(crowd, "base@1.0.0", "descendants", depth=2, limit=250, keep_all=True, edges=1_000)
    assert len(found.nodes) == 250 and not found.complete and crowd.given == 1_001
    few = reach(crowd, "base@1.0.0", "descendants", depth=2, limit=10_000, edges=1_000)
    assert len(few.nodes) == 1_002 and not few.complete, "what was not read is not there, and that is told"
    whole = Flood([("base", f"child-{number}") for number in range(1_000)])
    assert reach(whole, "base@1.0.0", "descendants", limit=2_000, edges=1_000).complete


def test_garbage_is_collected_again_after_a_walk_whatever_happens() -> None:
    class Gone(Flood):
        def measured(self, subjects: object, limit: int | None = None) -> list[MeasuredEdge]:
            raise ConnectionError("the database went away")

    assert gc.isenabled()
    with pytest.raises(ConnectionError):
        reach(Gone([("a", "b")]), "a@1.0.0", "descendants")
    assert gc.isenabled()
    assert len(reach(Flood([("a", "b")]), "a@1.0.0", "descendants").nodes) == 2
    assert gc.isenabled()
