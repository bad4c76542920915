"""Delta forensics: lattices, zeros, frozen parts, sparse changes, removed units, vocabulary, from planted children."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.anatomy.interface import Role
from stemma.evidence.forensics_frozen import frozen_parts
from stemma.evidence.forensics_lattice import quantised
from stemma.evidence.forensics_sparse import sparse_change
from stemma.evidence.forensics_units import removed_units
from stemma.evidence.forensics_vocabulary import row_likeness
from stemma.evidence.forensics_zeros import zero_pattern, zeros_of
from stemma.evidence.lattice import find_lattice, nearest_share
from stemma.identity import is_present
from tests.evidence import models

BASE = models.draw(1)
BASE_PRINT = models.fingerprint(BASE)
NF4 = np.array([-1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.09105, 0.0])


def test_the_likeness_of_rows_is_nothing_by_chance_and_whole_through_a_rotation() -> None:
    """Null: rows of other tokens. Of 24 rows, the fewest that are looked at, one draw in a hundred reaches .25."""
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((24, 32)) * rng.lognormal(size=32)
        found.append(row_likeness(x, x[rng.permutation(24)]))
        turn, _ = np.linalg.qr(rng.standard_normal((32, 32)))
        assert row_likeness(x, x @ turn) == pytest.approx(1.0)
    assert np.mean(found) < 0.05
    assert np.quantile(found, 0.99) < 0.25


def rows(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((4, 64)).astype(np.float32)


def grouped(values: np.ndarray, bits: int, group: int) -> np.ndarray:
    blocks = values.reshape(-1, group)
    low, high = blocks.min(axis=1, keepdims=True), blocks.max(axis=1, keepdims=True)
    step = (high - low) / (2**bits - 1)
    zero = np.rint(-low / step)
    codes = np.clip(np.rint(blocks / step) + zero, 0, 2**bits - 1)
    return ((codes - zero) * step).reshape(values.shape).astype(np.float32)


@given(st.integers(0, 10**6), st.sampled_from([2, 3, 4]), st.sampled_from([32, 64]))
@settings(max_examples=30)
def test_groups_of_few_bits_are_named(seed: int, bits: int, group: int) -> None:
    fine = rows(seed)
    coarse = grouped(fine, bits, group)
    found = find_lattice(coarse)
    assert found is not None
    assert (found.name, found.block, found.bits) == ("even", group, bits)
    assert nearest_share(fine, coarse, found) == 1.0


@given(st.integers(0, 10**6))
@settings(max_examples=30)
def test_continuous_entries_lie_on_no_lattice(seed: int) -> None:
    """The null: no lattice in normal entries, whole or as bfloat16."""
    assert find_lattice(rows(seed)) is None
    narrow = rows(seed).view(np.uint32) & np.uint32(0xFFFF0000)
    assert find_lattice(narrow.view(np.float32)) is None


def test_normal_float_levels() -> None:
    levels = np.concatenate([NF4, -NF4[:-1] * 0.9])
    fine = rows(3)
    scale = np.abs(fine).max(axis=1, keepdims=True)
    negative = np.where(fine > 0, 0, fine) / scale
    coarse = (NF4[np.abs(negative[..., None] - NF4).argmin(axis=2)] * scale).astype(np.float32)
    found = find_lattice(coarse)
    assert len(levels) == 15 and found is not None
    assert (found.name, found.bits) == ("nf4", 4)


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_what_was_tuned_before_is_not_nearest(share: float) -> None:
    child = quantised(models.fingerprint(models.quantised(BASE, 8)), BASE_PRINT)
    grandchild = quantised(models.fingerprint(models.quantised(models.tuned(BASE, 1, share=share), 8)), BASE_PRINT)
    assert child is not None and grandchild is not None
    assert child.bits == grandchild.bits == 8
    assert child.nearest > 0.9999
    assert grandchild.nearest < 0.9
    assert quantised(BASE_PRINT, models.fingerprint(models.quantised(BASE, 8))) is None


def test_the_pattern_of_zeros() -> None:
    values = rows(4)
    two_of_four = values.reshape(-1, 4).copy()
    np.put_along_axis(two_of_four, np.abs(two_of_four).argsort(axis=1)[:, :2], 0, axis=1)
    assert zero_pattern([two_of_four.reshape(4, 64)]) == "2:4"
    assert zero_pattern([np.where(np.abs(values) > 0.5, values, 0)]) == "unstructured"
    assert zero_pattern([values * np.array([[1], [0], [1], [0]])]) == "whole rows"
    assert zero_pattern([values]) == "none"
    pruned = zeros_of(models.fingerprint(models.pruned(BASE, 0.5)))
    assert is_present(pruned) and pruned.share == pytest.approx(0.5, abs=0.03)


def test_frozen_layers_are_told_from_trained_ones() -> None:
    tuned = models.tuned(BASE, 5)
    child = {k: tuned[k] if k[1].layer == 3 else w for k, w in BASE.items()}
    found = frozen_parts(BASE_PRINT, models.fingerprint(child))
    assert is_present(found)
    assert found.moved_layers == ("decoder.3",)
    assert set(found.whole_layers) == {"decoder.0", "decoder.1", "decoder.2"}
    assert found.moved["q"] == 1


def test_a_thinned_change_is_scattered_and_a_dense_one_is_not() -> None:
    rng, tuned = np.random.default_rng(6), models.tuned(BASE, 6)
    thinned = {k: np.where(rng.random(w.shape) < 0.5, w, tuned[k]).astype(w.dtype) for k, w in BASE.items()}
    found = sparse_change(BASE_PRINT, models.fingerprint(thinned))
    dense = sparse_change(BASE_PRINT, models.fingerprint(tuned))
    assert is_present(found) and is_present(dense)
    assert found.scattered and found.unmoved == pytest.approx(0.5, abs=0.05)
    assert not dense.scattered and dense.unmoved < 0.01


@pytest.mark.parametrize("tail", [False, True])
def test_removed_neurons_leave_gaps_unless_they_were_the_last(tail: bool) -> None:
    keep = np.arange(96) if tail else np.sort(np.random.default_rng(7).permutation(128)[:96])
    cut = {
        k: w[keep] if k[0] in (Role.GATE, Role.UP) else w[:, keep] if k[0] is Role.DOWN else w for k, w in BASE.items()
    }
    found = removed_units(BASE_PRINT, models.fingerprint(cut))
    assert is_present(found)
    assert (found.smaller, found.kept, found.units) == ("B", 96, 128)
    assert found.equal and found.ascending is not tail


def test_models_of_other_widths_share_no_units() -> None:
    other = models.fingerprint(models.draw(9, size=models.Size(neurons=96)))
    found = removed_units(BASE_PRINT, other)
    assert is_present(found) and found.found == 0
