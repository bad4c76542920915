"""Rounding, even grids and zeros, from entries kept to the last bit."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.evidence.grid import grid_step, on_even_grid, rounded_to_grid
from stemma.evidence.rounding import EntryFacts, entry_facts
from stemma.identity import is_present
from tests.evidence import models

BASE = models.draw(1)
BASE_PRINT = models.fingerprint(BASE)


def entries(weights: models.Weights) -> EntryFacts:
    found = entry_facts(BASE_PRINT, models.fingerprint(weights))
    assert is_present(found)
    return found


@pytest.mark.parametrize(("kind", "name"), [(ml_dtypes.bfloat16, "bfloat16"), (np.float16, "float16")])
def test_the_rounded_side_and_its_type(kind: Any, name: str) -> None:
    rounded = {k: w.astype(kind) for k, w in BASE.items()}
    found = entries(rounded)
    assert (found.rounded_b_of_a, found.rounded_a_of_b) == (name, "")
    backward = entry_facts(models.fingerprint(rounded), BASE_PRINT)
    assert is_present(backward)
    assert (backward.rounded_b_of_a, backward.rounded_a_of_b) == ("", name)
    assert found.relative_change < 2**-8
    assert found.kept_in_a > 0.99


@pytest.mark.parametrize("share", [1e-4, 0.01, 0.2])
def test_tuned_is_not_rounded(share: float) -> None:
    tuned = models.tuned(BASE, 1, share=share)
    for made in (tuned, {k: w.astype(ml_dtypes.bfloat16) for k, w in tuned.items()}):
        found = entries(made)
        assert (found.rounded_b_of_a, found.rounded_a_of_b) == ("", "")
        assert max(found.gridded_a, found.gridded_b, found.zeroed_in_a, found.zeroed_in_b) < 0.05


def test_equal_models_are_not_rounded() -> None:
    found = entries(BASE)
    assert (found.rounded_b_of_a, found.rounded_a_of_b, found.relative_change, found.equal) == ("", "", 0.0, 1.0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_zeros(share: float) -> None:
    found = entries(models.pruned(BASE, share))
    assert found.zeroed_in_b == pytest.approx(share, abs=0.03)
    assert found.zeroed_in_a == 0
    assert found.kept_in_b == 1.0
    assert found.kept_in_a == pytest.approx(1 - share, abs=0.03)


@pytest.mark.parametrize("bits", [4, 5, 8])
def test_a_round_trip_through_integers(bits: int) -> None:
    found = entries(models.quantised(BASE, bits))
    assert found.gridded_b > 0.98
    assert found.gridded_a == 0


@pytest.mark.parametrize("bits", [4, 8])
def test_no_grid_explains_a_twin_or_a_stranger(bits: int) -> None:
    """Quantised twins and strangers lie on a grid, but not on the one that rounding the base would give."""
    for other in (models.draw(2, bulk=1), models.draw(3), models.tuned(BASE, 1, share=0.5)):
        assert entries(models.quantised(other, bits)).gridded_b < 0.05


@given(st.integers(0, 2**32 - 1), st.integers(4, 8), st.floats(1e-6, 1e3))
def test_the_step_of_a_grid(seed: int, bits: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    codes = np.concatenate([rng.integers(-(2 ** (bits - 1)) + 1, 2 ** (bits - 1), 200), np.arange(9)])
    row = (codes * np.float64(step)).astype(np.float32)
    assert grid_step(row) == pytest.approx(step, rel=1e-3)


@given(st.integers(0, 2**32 - 1))
def test_gaussian_rows_lie_on_no_grid(seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((4, 64)).astype(np.float32)
    assert not on_even_grid(rows)
    assert all(grid_step(row) is None for row in rows.astype(ml_dtypes.bfloat16).astype(np.float32))


def test_by_hand() -> None:
    row = np.array([[0.0, 1, 2, 3, 4, 5, 6, 7, 8]])
    assert rounded_to_grid(row + 0.4, row) == 1.0
    assert rounded_to_grid(row + 0.6, row) == 0.0
    assert grid_step(np.arange(7.0)) is None  # too few values to speak of a grid
    assert not on_even_grid(np.zeros((0, 4)))


def test_missing_without_matrices_at_one_place() -> None:
    table = {k: w for k, w in BASE.items() if k[1].layer < 0}
    assert not is_present(entry_facts(BASE_PRINT, models.fingerprint(table)))
