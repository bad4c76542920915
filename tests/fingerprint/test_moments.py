"""Moments against plain float64 sums."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.fingerprint.moments import MomentAccumulator, Moments, to_float32


def moments(*blocks: np.ndarray) -> Moments:
    gathered = MomentAccumulator()
    for block in blocks:
        gathered.add(block)
    return gathered.result()


@given(st.integers(0, 2**32 - 1), st.integers(1, 20_000), st.integers(50, 5000))
def test_against_float64(seed: int, count: int, step: int) -> None:
    values = np.random.default_rng(seed).standard_normal(count).astype(np.float32)
    found = moments(*(values[i : i + step] for i in range(0, count, step)))
    exact = values.astype(np.float64)
    assert found.count == count
    assert found.total == pytest.approx(exact.sum(), abs=1e-5 * count**0.5 + 1e-6)
    assert found.energy == pytest.approx((exact**2).sum(), rel=1e-5)
    assert (found.smallest, found.largest) == (values.min(), values.max())
    assert found.mean == pytest.approx(exact.mean(), abs=1e-6)
    assert found.variance == pytest.approx(exact.var(), rel=1e-4, abs=1e-6)


SPECIAL = st.sampled_from([0.0, -0.0, 1e-6, -1e-6, 65000.0, -65000.0])


@given(
    st.lists(st.floats(-100, 100, width=16) | SPECIAL, min_size=1), st.sampled_from([ml_dtypes.bfloat16, np.float16])
)
def test_extremes_of_sixteen_bits_are_those_of_their_values(numbers: list[float], dtype: type) -> None:
    """Of one sign, of both, with zeros of either: found by the bits, they are what float32 says."""
    stored = np.array(numbers, np.float32).astype(dtype)
    gathered = MomentAccumulator()
    gathered.add(stored.astype(np.float32), stored)
    found, values = gathered.result(), stored.astype(np.float32)
    assert (found.smallest, found.largest) == (values.min(), values.max())
    assert not (np.signbit(found.smallest) and found.smallest == 0)


def test_blocks_have_any_shape() -> None:
    values = np.random.default_rng(0).standard_normal((64, 128)).astype(np.float32)
    assert moments(values) == moments(values.reshape(-1))


def test_small_values_on_a_large_mean_keep_their_sum() -> None:
    values = np.full(1 << 20, 0.1, np.float32)
    assert moments(values).total == pytest.approx(float(np.float32(0.1)) * (1 << 20), rel=1e-5)


def test_nothing() -> None:
    empty = moments(np.zeros((0, 4), np.float32))
    assert empty == moments() == Moments(0, 0.0, 0.0, 0.0, 0.0)
    assert (empty.mean, empty.variance) == (0.0, 0.0)


@pytest.mark.parametrize("stored", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("block", [0, 1, 2])
def test_values_that_are_not_finite_are_among_the_extremes(stored: Any, value: float, block: int) -> None:
    gathered = MomentAccumulator()
    for number in range(3):
        values = np.linspace(-1, 1, 5000).astype(stored)
        if number == block:
            values[4999] = value
        with np.errstate(invalid="ignore"):
            gathered.add(values.astype(np.float32), values)
    found = gathered.result()
    assert not np.isfinite([found.smallest, found.largest]).all()


def test_float32_is_not_copied() -> None:
    values = np.zeros(3, np.float32)
    assert to_float32(values) is values
    assert to_float32(values.astype(np.float16)).dtype == np.float32
