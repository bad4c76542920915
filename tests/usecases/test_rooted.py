"""Families as points: where the shortest tree errs, and what a parent is taken for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.usecases.rooted import centre, hang, is_clear_step

UNKNOWN: Mapping[str, frozenset[str]] = dict.fromkeys("abcdefgh", frozenset())
_WIDTH = 4096


def _points(seed: int = 3) -> dict[str, np.ndarray]:
    """``a`` and what was made of it: ``b`` lightly tuned, ``c`` and ``d`` trained on like text, ``e`` rounded; ``f`` is
    ``c`` rounded and ``g`` is ``f`` trained on."""
    draw = np.random.default_rng(seed)
    step = {name: draw.standard_normal(_WIDTH) / math.sqrt(_WIDTH) for name in (*"bcdefg", "common")}
    points = {"a": np.zeros(_WIDTH), "b": 0.05 * step["common"] + 0.02 * step["b"], "e": 0.01 * step["e"]}
    points |= {name: 0.4 * step["common"] + 0.34 * step[name] for name in "cd"}
    points["f"] = points["c"] + 0.05 * step["f"]
    points["g"] = points["f"] + 0.03 * step["g"]
    return points


def _distance(points: Mapping[str, np.ndarray]):
    return lambda x, y: float(np.linalg.norm(points[x] - points[y]))


def test_children_that_learned_alike_are_not_joined_though_they_are_nearer_to_one_another() -> None:
    points = _points()
    distance = _distance(points)
    assert distance("c", "d") < distance("a", "c"), "else the example shows nothing"
    assert hang("abcdefg", distance, UNKNOWN) == {"b": "a", "c": "a", "d": "a", "e": "a", "f": "c", "g": "f"}


def test_near_kin_decide_which_member_is_the_central_one() -> None:
    points = _points()
    distance = _distance(points)
    far = [name for name in "cdfg" if distance("b", name) < distance("a", name)]
    assert len(far) >= 3, "else the mean distance would do"
    assert centre("gfedcba", distance, UNKNOWN) == "a"


def test_what_is_known_to_be_made_of_another_is_no_root_and_no_parent_of_it() -> None:
    near = {frozenset("ab"): 0.1, frozenset("ac"): 0.1, frozenset("bc"): 0.19}
    known = {**UNKNOWN, "a": frozenset("b")}
    assert hang("abc", lambda x, y: near[frozenset((x, y))], known) == {"a": "b", "c": "a"}


def test_a_member_that_only_a_far_one_is_linked_to_hangs_on_that_one() -> None:
    near = {frozenset("ab"): 0.1, frozenset("bc"): 0.9}
    found = hang("abc", lambda x, y: near.get(frozenset((x, y)), math.inf), UNKNOWN)
    assert {frozenset(edge) for edge in found.items()} == set(near)


@pytest.mark.parametrize(("way", "clear"), [(0.7, True), (0.72, False), (0.0, True)])
def test_a_step_on_the_way_saves_half_of_the_square(way: float, clear: bool) -> None:
    assert is_clear_step(way, 1.0) is clear


@given(st.lists(st.floats(0.0, 2.0), min_size=28, max_size=28), st.integers(2, 8))
def test_a_family_is_a_tree_whatever_the_distances(values: list[float], size: int) -> None:
    members = "abcdefgh"[:size]
    away = dict(zip(map(frozenset, combinations("abcdefgh", 2)), values, strict=True))
    found = hang(members, lambda x, y: away[frozenset((x, y))], UNKNOWN)
    (root,) = set(members) - set(found)
    for name in members:
        way = [name]
        while way[-1] in found:
            way.append(found[way[-1]])
            assert len(way) <= size
        assert way[-1] == root
