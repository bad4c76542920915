"""Tails: accurate in log10, never an underflow, and joined as the literature joins them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from stemma.evidence.matching import log10_coincidences
from stemma.evidence.tails import (
    log10_bonferroni,
    log10_least_p,
    log10_normal_tail,
    log10_simes,
    log10_skewed_tail,
    stouffer,
)

_LN10 = math.log(10)


@given(st.floats(-8, 1e4))
def test_normal_tail_agrees_with_scipy(z: float) -> None:
    assert log10_normal_tail(z) == pytest.approx(stats.norm.logsf(z) / _LN10, rel=1e-9, abs=1e-12)


@given(st.floats(-1e4, 1e6), st.floats(0, 10))
def test_normal_tail_falls_and_never_underflows(z: float, more: float) -> None:
    assert -math.inf < log10_normal_tail(z + more) <= log10_normal_tail(z) <= 0


def test_normal_tail_where_its_two_forms_meet() -> None:
    assert log10_normal_tail(25.0) == pytest.approx(log10_normal_tail(math.nextafter(25.0, 0.0)), abs=1e-9)


def test_published_normal_quantiles() -> None:
    """The .05, .001 and five-sigma points that every table prints."""
    assert 10 ** log10_normal_tail(1.6448536269514722) == pytest.approx(0.05)
    assert 10 ** log10_normal_tail(3.090232306167813) == pytest.approx(0.001)
    assert 10 ** log10_normal_tail(5.0) == pytest.approx(2.866515719e-7)


@given(st.floats(2, 60), st.floats(1e-3, 2))
def test_skewed_tail_is_the_gamma_tail_or_a_little_above(z: float, skewness: float) -> None:
    shape = 4 / skewness**2
    exact = stats.gamma.logsf(shape + z * math.sqrt(shape), shape) / _LN10
    assume(exact > -300)  # below, scipy's is rounded to what a double can still hold
    wanted = max(exact, log10_normal_tail(z))
    assert wanted - 1e-6 <= log10_skewed_tail(z, skewness) <= wanted + 0.03


@given(st.floats(-50, 1e4), st.floats(-5, 5))
def test_skewed_tail_is_never_below_the_normal(z: float, skewness: float) -> None:
    tail = log10_skewed_tail(z, skewness)
    assert log10_normal_tail(z) <= tail <= 0
    assert math.isfinite(tail)


@given(st.floats(1, 1e3), st.floats(1e-12, 1e-4))
def test_skewed_tail_passes_into_the_normal(z: float, skewness: float) -> None:
    assert log10_skewed_tail(z, skewness) == pytest.approx(
        log10_normal_tail(z), abs=1e-6 + skewness * z**3 / 6 / _LN10 * 1.2
    )


@given(st.lists(st.floats(-300, 0), min_size=1, max_size=40))
def test_simes_lies_between_the_least_p_and_bonferroni(p: list[float]) -> None:
    joined = log10_simes(p)
    assert min(p) - 1e-9 <= joined <= log10_bonferroni(min(p), len(p)) + 1e-9
    assert joined == pytest.approx(log10_simes(p[::-1]), abs=1e-12)


def test_simes_by_hand() -> None:
    """Simes (1986): min of 4 x .01 / 1, 4 x .02 / 2, 4 x .03 / 3, 4 x .9 / 4 is .04; five equal ones give theirs."""
    assert 10 ** log10_simes([math.log10(p) for p in (0.9, 0.03, 0.01, 0.02)]) == pytest.approx(0.04)
    assert 10 ** log10_simes([-2.0] * 5) == pytest.approx(0.01)
    assert log10_simes([0.0, 0.0]) == 0.0


def test_simes_is_uniform_under_independence() -> None:
    p = np.log10(np.random.default_rng(1).random((4000, 12)))
    joined = [10 ** log10_simes(row) for row in p.tolist()]
    assert stats.kstest(joined, "uniform").pvalue > 0.01


def test_stouffer_by_hand() -> None:
    assert stouffer([1.0, 2.0, 3.0, 4.0]) == 5.0


def test_bonferroni_by_hand() -> None:
    assert log10_bonferroni(-6.0, 100) == pytest.approx(-4.0)
    assert log10_bonferroni(-1.0, 100) == 0.0


@pytest.mark.parametrize("count", [0, 1, 2, 10, 170])
def test_coincidences_and_least_p_are_one_over_a_factorial(count: int) -> None:
    wanted = -math.log10(math.factorial(count))
    assert log10_coincidences(count) == pytest.approx(wanted, abs=1e-9)
    assert log10_least_p(count) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("units", [6, 60, 600])
def test_fixed_points_keep_below_their_bound(units: int) -> None:
    """P(N >= k) <= 1 / k! for the fixed points of a uniform permutation, whatever their number."""
    rng = np.random.default_rng(units)
    fixed = [(rng.permutation(units) == np.arange(units)).sum() for _ in range(20_000)]
    for k in range(1, 6):
        bound = 10 ** log10_coincidences(k)
        assert np.mean(np.array(fixed) >= k) <= bound + 4 * math.sqrt(bound / 20_000)
