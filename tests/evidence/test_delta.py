"""Low-rank changes are found with their rank; what moved everywhere is not called low-rank."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.anatomy.interface import Role
from stemma.evidence.delta import LowRank, low_rank_change
from stemma.identity import is_present
from tests.evidence import models

BASE = models.draw(1)
BASE_PRINT = models.fingerprint(BASE)


def change(weights: models.Weights) -> LowRank:
    found = low_rank_change(BASE_PRINT, models.fingerprint(weights))
    assert is_present(found)
    return found


@pytest.mark.parametrize("rank", [1, 2, 4, 8, 16])
def test_the_rank_of_an_adapter(rank: int) -> None:
    """Within one of the planted rank (the noise of storage may add one), which carries nearly all of the change."""
    found = change(models.low_rank_changed(BASE, rank, rank, [Role.Q, Role.V]))
    assert (found.changed, found.compared) == (8, 28)
    assert all(rank <= r <= rank + 1 for r in found.ranks)
    assert found.explained > 0.95


@given(st.integers(0, 10**6), st.sampled_from([1, 2, 3, 4, 6, 8]), st.floats(0.1, 1.0))
@settings(max_examples=15)
def test_any_small_adapter_on_the_mlp(seed: int, rank: int, size: float) -> None:
    found = change(models.low_rank_changed(BASE, seed, rank, [Role.UP, Role.DOWN], size))
    assert found.changed == 8
    assert rank <= max(found.ranks) <= rank + 2
    assert found.explained > 0.9


@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
def test_full_tuning_is_not_low_rank(share: float) -> None:
    found = change(models.tuned(BASE, 1, share=share))
    assert found.changed == found.compared == 28
    assert max(found.ranks) > 32 or found.explained < 0.9


def test_rounding_has_no_rank() -> None:
    found = change(models.quantised(BASE, 8))
    assert max(found.ranks) == 0


def test_at_most_sixteen_matrices_are_looked_at() -> None:
    found = change(models.tuned(BASE, 1))
    assert len(found.ranks) <= 16
    assert found.evidence.facts["changed"] == 28


def test_symmetric() -> None:
    other = models.fingerprint(models.low_rank_changed(BASE, 2, 4, [Role.K]))
    forward, backward = low_rank_change(BASE_PRINT, other), low_rank_change(other, BASE_PRINT)
    assert is_present(forward) and is_present(backward)
    assert forward.ranks == backward.ranks
    assert forward.explained == pytest.approx(backward.explained, abs=1e-5)


def test_nothing_to_rank() -> None:
    assert not is_present(low_rank_change(BASE_PRINT, BASE_PRINT))
    assert not is_present(low_rank_change(BASE_PRINT, models.fingerprint(BASE, full=False)))
    gains = {k: w + np.float32(0.5) if w.ndim == 1 else w for k, w in BASE.items()}
    assert not is_present(low_rank_change(BASE_PRINT, models.fingerprint(gains)))
