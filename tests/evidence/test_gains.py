"""Gains: what training wrote where no seed drew, one vote a layer."""

from __future__ import annotations

import numpy as np
import pytest

from stemma.evidence.gains import gain_correlation, overlap_of_gains
from stemma.identity import Missing, is_present

RNG = np.random.default_rng(3)


def moved(by: float = 0.05) -> np.ndarray:
    return 1 + by * RNG.standard_normal(256)


def test_every_layer_has_one_vote() -> None:
    same, other = moved(), moved()
    pairs = [("0", same, same), *[("1", same, other)] * 9, ("1", same, 2 - same)]
    found = gain_correlation(pairs)
    alone = float(np.corrcoef(same, other)[0, 1])
    assert found is not None and found.rho == pytest.approx((1 + (9 * alone - 1) / 10) / 2)
    assert found.matrices == 11


def test_independent_gains_do_not_correlate() -> None:
    """The null of no shared basis at all: mean 0, and its error tells so."""
    found = [gain_correlation([(str(i), moved(), moved()) for i in range(8)]) for _ in range(50)]
    z = [f.rho / f.error for f in found if f is not None]
    assert len(z) == 50 and abs(np.mean(z)) < 0.6 and max(map(abs, z)) < 6


def test_scale_and_shift_of_a_gain_change_nothing() -> None:
    pairs = [(str(i), x, 0.3 * x - 1) for i, x in enumerate((moved(), moved()))]
    found = gain_correlation(pairs)
    assert found is not None and found.rho == pytest.approx(1) and found.error == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("flat", [np.ones(256), 1 + 1e-4 * RNG.standard_normal(256), np.zeros(256)])
def test_gains_that_training_never_moved_say_nothing(flat: np.ndarray) -> None:
    pairs = [(str(i), flat, moved()) for i in range(4)]
    found = overlap_of_gains(pairs)
    assert isinstance(found, Missing) and "fewer than two layers" in found.reason


def test_gains_of_unequal_length_are_passed_over() -> None:
    x = moved()
    found = overlap_of_gains([("0", x, x), ("1", x, x), ("2", x, x[:128])])
    assert is_present(found) and found.found.matrices == 2 and found.rho == pytest.approx(1)
