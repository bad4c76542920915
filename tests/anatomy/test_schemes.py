"""Schemes are data: every one loads, none contradicts itself, and mistakes in one are errors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from stemma.anatomy import load_schemes
from stemma.anatomy.compile import compiled
from stemma.anatomy.compiled import FILE
from stemma.anatomy.naming import tables
from stemma.anatomy.rules import Node, SchemeError
from stemma.anatomy.scheme import Library, Scheme

SCHEMES = {scheme.name: scheme for scheme in load_schemes()}


def paths_of(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every path with a meaning below a node."""
    if node.value is not None:
        yield path, node.value
    for segment, child in node.children.items():
        yield from paths_of(child, (*path, segment))


def overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether some name follows both paths; ``#`` stands for a number."""
    return len(one) == len(other) and all(
        a == b or (a == "#" and b.isdecimal()) or (b == "#" and a.isdecimal()) for a, b in zip(one, other, strict=True)
    )


def clashes(one: Node, other: Node) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Paths of two trees that some name follows both, with different meanings."""
    by_form: dict[tuple[str, ...], list[tuple[tuple[str, ...], Any]]] = {}
    for path, value in paths_of(other):
        by_form.setdefault(form(path), []).append((path, value))
    return [
        (path, second)
        for path, value in paths_of(one)
        for second, meaning in by_form.get(form(path), ())
        if overlap(path, second) and value != meaning
    ]


def form(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("#" if segment.isdecimal() else segment for segment in path)


@pytest.mark.parametrize("name", SCHEMES)
class TestEveryScheme:
    def test_says_what_it_is_for(self, name: str) -> None:
        assert SCHEMES[name].check().about.strip()

    def test_parents_do_not_contradict_each_other(self, name: str) -> None:
        scheme = SCHEMES[name]
        for one, other in combinations(scheme.lineage[1:], 2):
            if one in other.lineage or other in one.lineage:
                continue
            for table in ("layer", "root"):
                own = {path for path, _ in paths_of(getattr(scheme, table))}
                found = clashes(getattr(one, table), getattr(other, table))
                assert [pair for pair in found if pair[0] not in own] == []

    def test_overrides_are_path_by_path(self, name: str) -> None:
        scheme = SCHEMES[name]
        for parent in scheme.lineage[1:]:
            for table in ("layer", "root"):
                found = clashes(getattr(scheme, table), getattr(parent, table))
                assert [pair for pair in found if pair[0] != pair[1]] == []

    def test_no_path_begins_with_a_wrapper_or_a_component(self, name: str) -> None:
        first = {path[0] for path, _ in paths_of(SCHEMES[name].root) if len(path) > 1}
        assert not first & tables().wrappers
        assert not first & set(tables().components)

    def test_a_variant_of_another_scheme_has_a_signature(self, name: str) -> None:
        scheme = SCHEMES[name]
        variant = any(parent.name in SCHEMES for parent in scheme.parents)
        assert scheme.signature or not variant or scheme.root.children


def test_what_is_read_is_what_the_sources_say() -> None:
    assert FILE.read_text(encoding="utf-8") == compiled(), "refresh with: python -m stemma.anatomy.compile"


def build(**documents: dict[str, Any]) -> Scheme:
    return Library(documents).scheme("one").check()


GOOD = {"name": "one", "about": "a test", "trunks": {"layers.<layer>": "decoder"}}


@pytest.mark.parametrize(
    "broken",
    [
        {"layer": {"attn.q": "queery"}},
        {"layer": {"attn.q": {"role": "q", "colour": "red"}}},
        {"layer": {"attn.q": {"role": "q", "fused": ["q", "k"]}}},
        {"layer": {"attn.qkv": {"fused": ["q", "k", "v"], "by": "magic"}}},
        {"layer": {"attn.{q,k}": "q", "attn.k": "k"}},
        {"layer": {"experts.<expert>.w": "up", "experts.0.w": "down"}},
        {"layer": {"experts.<expert>.w": "up", "experts.<n>.v": "up"}},
        {"layer": {"attn .q": "q"}},
        {"layer": {"attn.<what>": "q"}},
        {"root": {"layers.<layer>.attn.q": "q"}},
        {"rooot": {"wte": "token_embedding"}},
        {"name": "other"},
        {"extends": ["nobody"]},
        {"extends": ["one"]},
    ],
)
def test_a_mistake_is_an_error(broken: dict[str, Any]) -> None:
    with pytest.raises(SchemeError):
        build(one={**GOOD, **broken})


def test_a_path_is_followed_to_its_end() -> None:
    scheme = build(one={**GOOD, "layer": {"attn.q": "q", "mlp.gate": "router", "mlp.gate_proj": "gate"}})
    assert scheme.match(("layers", "3", "attn", "q", "weight")) is not None
    assert scheme.match(("layers", "3", "attn", "q")) is not None
    for name in ("layers.x.attn.q.weight", "layers.3.attn.qq.weight", "layers.3.attn", "layers.3", "attn.q.weight"):
        assert scheme.match(tuple(name.split("."))) is None
    router = scheme.match(("layers", "0", "mlp", "gate", "weight"))
    assert router is not None and router.rule.slots[0].role == "router"


def test_a_scheme_overrides_what_it_extends() -> None:
    base = {**GOOD, "name": "base", "layer": {"norm1": "attention_norm", "norm2": "mlp_norm"}}
    one = {**GOOD, "extends": ["base"], "layer": {"norm2": "mlp_norm/post"}}
    scheme = build(one=one, base=base)
    slots = [scheme.match(("layers", "0", name, "bias")) for name in ("norm1", "norm2")]
    assert [(m.rule.slots[0].block, m.bias) for m in slots if m] == [("", True), ("post", True)]
