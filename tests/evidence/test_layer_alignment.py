"""Layer alignment: the path against brute force, and maps of restacked models."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stemma.evidence.layer_alignment import Alignment, align_layers, best_path, identity_pairing
from stemma.evidence.units import Place, by_layer
from stemma.identity import is_present
from tests.evidence import models

cells = st.one_of(st.just(-math.inf), st.floats(0.5, 20))
BASE = models.draw(1)


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    return np.array([[draw(cells) for _ in range(columns)] for _ in range(rows)])


def worth(scores: np.ndarray, path: Sequence[int]) -> float:
    """Scores along a path less 1 for every repeat and 4 for every step back, seen from the last mapped row."""
    total, last = 0.0, -1
    for row, column in enumerate(path):
        if column < 0:
            continue
        cost = 0.0 if column > last else 1.0 if column == last else 4.0
        total, last = total + scores[row, column] - cost, column
    return total


@given(matrices())
def test_best_path_is_the_best_of_all(scores: np.ndarray) -> None:
    every = itertools.product(range(-1, scores.shape[1]), repeat=scores.shape[0])
    path = best_path(scores)
    assert len(path) == len(scores)
    assert worth(scores, path) == pytest.approx(max(worth(scores, p) for p in every))


@given(matrices())
def test_cells_of_minus_infinity_are_never_chosen(scores: np.ndarray) -> None:
    assert all(j < 0 or np.isfinite(scores[i, j]) for i, j in enumerate(best_path(scores)))


def test_by_hand() -> None:
    forward = np.array([[5.0, 0.5], [0.5, 5.0]])
    assert best_path(forward) == [0, 1]
    assert best_path(forward[::-1]) == [1, 0]  # 10 less 4 for the step back beats 5
    assert best_path(np.array([[3.0], [3.0]])) == [0, 0]  # a repeat costs 1
    assert best_path(np.array([[3.0], [0.5]])) == [0, -1]
    assert best_path(np.full((2, 2), -np.inf)) == [-1, -1]


def aligned(a: models.Weights, b: models.Weights) -> Alignment:
    found = align_layers(by_layer(models.fingerprint(a)), by_layer(models.fingerprint(b)))
    assert is_present(found)
    return found


def numbers(alignment: Alignment) -> list[tuple[int, int]]:
    return [(p.layer, q.layer) for p, q in alignment.pairing]


STACKS = {
    "equal": [0, 1, 2, 3],
    "first dropped": [1, 2, 3],
    "middle dropped": [0, 3],
    "every other": [0, 2],
    "last dropped": [0, 1, 2],
    "one used twice": [0, 1, 1, 2, 3],
    "scaled up in depth": [0, 1, 2, 1, 2, 3],
    "foreign between": [0, -1, 1, -2, 2, -3, 3],
    "foreign only": [-1, -2, -3],
    "reversed": [3, 2, 1, 0],
}


@pytest.mark.parametrize("name", STACKS)
def test_the_map_of_a_restacked_child(name: str) -> None:
    layers = STACKS[name]
    child = models.tuned(models.restacked(BASE, layers, models.draw(2)), 3, share=0.1)
    wanted = [(old, new) for new, old in enumerate(layers) if old >= 0]
    assert numbers(aligned(BASE, child)) == wanted
    assert sorted((q, p) for p, q in numbers(aligned(child, BASE))) == sorted(wanted)


def test_every_other_of_twelve() -> None:
    parent = models.draw(4, size=models.Size(layers=12, hidden=32, neurons=64))
    child = models.tuned(models.restacked(parent, range(1, 12, 2)), 5)
    assert numbers(aligned(parent, child)) == [(2 * i + 1, i) for i in range(6)]


def test_effect_and_p_are_symmetric() -> None:
    a, b = BASE, models.tuned(models.restacked(BASE, [0, 1, 2, 1, 2, 3]), 1)
    forward, backward = aligned(a, b).evidence, aligned(b, a).evidence
    assert forward.log10_p == pytest.approx(backward.log10_p)
    assert forward.effect == pytest.approx(backward.effect, abs=1e-6)
    assert forward.facts == backward.facts


def test_null_over_unrelated_models() -> None:
    """The Bonferroni p over all cells is no smaller than uniform: 105 pairs, and no cell enters the map at 1e-3."""
    sides = [by_layer(models.fingerprint(models.draw(100 + i, size=models.Size(3, 32, 64)))) for i in range(15)]
    found = [align_layers(a, b) for a, b in itertools.combinations(sides, 2)]
    p = [10**f.evidence.log10_p for f in found if is_present(f) and f.evidence.log10_p is not None]
    assert len(p) == 105
    assert stats.kstest(p, "uniform", alternative="greater").pvalue > 0.01
    assert sum(len(f.pairing) for f in found if is_present(f)) <= 1


def test_models_without_neurons() -> None:
    table = {k: w for k, w in BASE.items() if k[1].layer < 0}
    assert not is_present(align_layers(by_layer(models.fingerprint(table)), by_layer(models.fingerprint(BASE))))


def test_equal_places() -> None:
    places = [Place("decoder", 0), Place("decoder", 2), Place("encoder", 0)]
    assert identity_pairing(places, places[1:]) == ((places[1], places[1]), (places[2], places[2]))
