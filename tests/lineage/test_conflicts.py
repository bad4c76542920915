"""Disagreements are listed one by one, with what each side holds."""

from __future__ import annotations

import random

import pytest

from stemma.lineage import ConflictKind, conflicts, lookalikes, skeleton
from stemma.lineage.cycles import circles, shortest_circle
from stemma.lineage.measured import turned
from stemma.registry.edges import MeasuredEdge
from stemma.vocabulary import Kinship, Mechanism
from tests.lineage.graphs import fill, memory, ruling, text, undetermined

DENIAL = {"grounds": "E1", "source": "https://example.org", "denies": True}
CLAIM = {"grounds": "E3", "source": "https://example.org/paper"}
EDGE = {"kind": "finetuned-from", "target": "base"}


def _found(*texts: str, rulings: tuple[MeasuredEdge, ...] = ()) -> list[tuple[ConflictKind, tuple[str, ...]]]:
    registry = fill(memory(), *texts)
    for each in rulings:
        registry.rulings.put(each)
    found = conflicts(registry.graph, registry.records.names())
    assert all(each.sides and all(side.endswith(".") for side in each.sides) for each in found)
    return [(each.kind, each.subjects) for each in found]


def test_agreement_is_no_conflict() -> None:
    texts = text("base"), text("child", "finetuned-from base", "evaluated-on bench")
    assert _found(*texts, rulings=(ruling("base@1.0.0", "child@1.0.0"),)) == []


@pytest.mark.parametrize("swapped", [False, True])
def test_weights_against_a_declaration(swapped: bool) -> None:
    pair = ("child@1.0.0", "base@1.0.0") if swapped else ("base@1.0.0", "child@1.0.0")
    apart = ruling(*pair, "independent")
    found = _found(text("base"), text("child", "finetuned-from base"), rulings=(apart,))
    assert found == [(ConflictKind.CONTRADICTED, ("base@1.0.0", "child@1.0.0"))]


def test_another_kind_and_another_direction_than_declared() -> None:
    edge = ruling("child@1.0.0", "base@1.0.0", mechanism=Mechanism.M7)
    found = _found(text("base"), text("child", "finetuned-from base"), rulings=(edge,))
    assert found == [(ConflictKind.DIFFERS, ("base@1.0.0", "child@1.0.0"))]


def test_declared_and_denied() -> None:
    found = _found(text("base"), text("child", {**EDGE, "evidence": [CLAIM, DENIAL]}))
    assert found == [(ConflictKind.DENIED, ("base", "child@1.0.0"))]


def test_denied_yet_shown() -> None:
    texts = text("base"), text("child", {**EDGE, "evidence": [DENIAL]})
    found = _found(*texts, rulings=(ruling("base@1.0.0", "child@1.0.0"),))
    assert found == [
        (ConflictKind.DENIAL, ("base@1.0.0", "child@1.0.0")),
        (ConflictKind.UNDECLARED, ("base@1.0.0", "child@1.0.0")),
    ]


def test_shown_and_not_declared_only_where_the_direction_is_known() -> None:
    texts = text("base"), text("child")
    assert _found(*texts, rulings=(ruling("base@1.0.0", "child@1.0.0"),)) == [
        (ConflictKind.UNDECLARED, ("base@1.0.0", "child@1.0.0"))
    ]
    assert _found(*texts, rulings=(undetermined("base@1.0.0", "child@1.0.0"),)) == []


def test_rulings_that_disagree_are_both_kept() -> None:
    pair = "base@1.0.0", "child@1.0.0"
    texts = text("base"), text("child", "distilled-from base")
    found = _found(*texts, rulings=(ruling(*pair, mechanism=Mechanism.M5), ruling(*pair, "independent")))
    assert found == [(ConflictKind.RULINGS, pair)]


def test_circles_and_loops_are_reported() -> None:
    texts = (
        text("a", "finetuned-from c"),
        text("b", "finetuned-from a"),
        text("c", "finetuned-from b"),
        text("d", "copy-of d"),
    )
    assert _found(*texts) == [
        (ConflictKind.CIRCLE, ("a@1.0.0", "b@1.0.0", "c@1.0.0")),
        (ConflictKind.CIRCLE, ("d@1.0.0",)),
    ]


def test_names_that_look_alike() -> None:
    assert _found(text("llama-2"), text("1lama2"), text("child", "finetuned-from llama_2")) == [
        (ConflictKind.LOOKALIKE, ("1lama2", "llama-2", "llama_2"))
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bert-base", "bert_base"),
        ("Meta-Llama/Llama-2", "meta-1lama/llama-2"),
        ("mistral", "rnistral"),
        ("gpt2", "gрt2"),  # a Cyrillic er
        ("clip", "cl\u200bip"),
        ("ｂｌｏｏｍ", "bloom"),
        ("phi\u0301", "phi"),
    ],
)
def test_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
    assert lookalikes([one, other, "other"]) == [tuple(sorted((one, other)))]


def test_repositories_that_look_alike() -> None:
    ends = ("model:hf:Meta-Llama/Llama-2", "model:hf:meta-1lama/llama-2")
    rulings = tuple(undetermined("base@1.0.0", end) for end in ends)
    assert _found(text("base"), rulings=rulings) == [(ConflictKind.LOOKALIKE, ends)]


def test_versions_in_names_stay_apart() -> None:
    assert (
        lookalikes(
            ["llama-2-7b", "llama-2-13b", "llama-3-7b", "llama-27b", "tiny-1.1b", "tiny-11b", "bert-base", "bert-large"]
        )
        == []
    )


def test_a_ruling_turned_twice_is_itself() -> None:
    edge = ruling("a", "b", kinship=Kinship.ANCESTOR, direction="b->a", fingerprint_a="x", fingerprint_b="y")
    there = turned(edge, "b")
    assert (there.a, there.direction, there.kinship, there.fingerprint_a) == ("b", "a->b", Kinship.DESCENDANT, "y")
    assert turned(there, "a") == edge and turned(edge, "a") is edge


def test_groups_of_circles_are_those_of_mutual_reach() -> None:
    rng = random.Random(5)
    for _ in range(60):
        edges = {str(i): [str(rng.randrange(9)) for _ in range(rng.randrange(3))] for i in range(9)}
        closure = {node: _reachable(node, edges) for node in edges}
        mutual = {node: frozenset(o for o in closure[node] if node in closure[o]) for node in edges}
        assert {frozenset(group) for group in circles(edges)} == {group for group in mutual.values() if group}


def _reachable(start: str, edges: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    frontier = set(edges[start])
    while frontier:
        found |= frontier
        frontier = {target for node in frontier for target in edges[node]} - found
    return found


def test_a_long_chain_exhausts_nothing() -> None:
    edges = {f"{i:05d}": [f"{i + 1:05d}"] for i in range(50_000)} | {"50000": ["00000"]}
    (group,) = circles(edges)
    assert len(group) == 50_001
    assert len(shortest_circle(group, edges)) == 50_002
