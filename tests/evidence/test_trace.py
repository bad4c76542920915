"""The permutation trace: its null is exact in three moments, its tail is held to what permutations show."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from stemma.evidence.tails import log10_normal_tail
from stemma.evidence.trace import Trace, add, log10_joined_p, permutation_trace

Array = NDArray[np.floating[Any]]
Draw = Callable[[np.random.Generator, int, int], Array]


def gaussian(rng: np.random.Generator, n: int, f: int) -> Array:
    return rng.standard_normal((n, f))


def heavy_tailed(rng: np.random.Generator, n: int, f: int) -> Array:
    return rng.standard_t(2.5, (n, f))


def low_rank(rng: np.random.Generator, n: int, f: int) -> Array:
    return 0.2 * rng.standard_normal((n, f)) + rng.standard_normal((n, 3)) @ rng.standard_normal((3, f))


def outlier_dimensions(rng: np.random.Generator, n: int, f: int) -> Array:
    array = rng.standard_normal((n, f))
    array[:, :2] *= 30
    return array


def outlier_units(rng: np.random.Generator, n: int, f: int) -> Array:
    array = rng.standard_normal((n, f))
    array[: n // 10] = 50 * rng.standard_normal(f)
    return array


DRAWS: list[Draw] = [gaussian, heavy_tailed, low_rank, outlier_dimensions, outlier_units]
named = pytest.mark.parametrize("draw", DRAWS, ids=lambda d: d.__name__)
sizes = st.tuples(st.integers(3, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))


def permuted_scores(a: Array, b: Array, count: int, rng: np.random.Generator) -> Array:
    """z of ``count`` random orders of b's units, from the Gram matrix of both sides."""
    x, y = (_centred(side) for side in (a, b))
    gram, rows = x @ y.T, np.arange(len(a))
    orders = np.argsort(rng.random((count, len(a))), axis=1)
    totals: Array = gram[rows, orders].sum(axis=1)
    return totals / math.sqrt((gram**2).sum() / (len(a) - 1))


def _centred(units: Array) -> Array:
    norms = np.linalg.norm(units, axis=1, keepdims=True)
    scaled = units / np.where(norms > 0, norms, 1)
    centred: Array = scaled - scaled.mean(axis=0)
    return centred


@named
@pytest.mark.parametrize("n", [24, 64, 192])
def test_null_over_independent_models(draw: Draw, n: int) -> None:
    """400 independent pairs: mean within .15, sd within .12 of 1, p-values uniform (Kolmogorov-Smirnov p > .005)."""
    rng = np.random.default_rng([n, DRAWS.index(draw)])
    found = [permutation_trace(draw(rng, n, 48), draw(rng, n, 48)[rng.permutation(n)]) for _ in range(400)]
    z = np.array([t.z for t in found])
    assert abs(z.mean()) < 0.15
    assert abs(z.std() - 1) < 0.12
    assert stats.kstest(stats.norm.sf(z), "uniform").pvalue > 0.005


@pytest.mark.parametrize("n", [256, 512])
def test_null_at_the_largest_sizes(n: int) -> None:
    rng = np.random.default_rng(n)
    z = np.array([permutation_trace(low_rank(rng, n, 32), heavy_tailed(rng, n, 32)).z for _ in range(120)])
    assert abs(z.mean()) < 0.25
    assert abs(z.std() - 1) < 0.2


@named
@pytest.mark.parametrize("n", [24, 48, 192])
def test_tail_is_no_lighter_than_permutations_show(draw: Draw, n: int) -> None:
    """100,000 permutations of one pair: what is reported at the empirical 1e-2 and 1e-3 points is not too small."""
    rng = np.random.default_rng([7, n, DRAWS.index(draw)])
    a, b = draw(rng, n, 64), draw(rng, n, 64)
    z = np.sort(permuted_scores(a, b, 100_000, rng))
    trace = permutation_trace(a, b)
    skewness = trace.skewness
    assert skewness == pytest.approx(float(np.mean(z**3)), abs=0.06)
    for tail in (1e-2, 1e-3):
        threshold = float(z[-int(tail * len(z))])
        reported = log10_joined_p([_with_score(trace, threshold)])
        assert reported > math.log10(tail) - 0.12, (tail, threshold, reported)


@pytest.mark.slow
@named
@pytest.mark.parametrize("n", [24, 48, 96])
def test_tail_far_out(draw: Draw, n: int) -> None:
    """Two million permutations: within a factor of 2 at 1e-4 and of 3 at 1e-5 (20 hits)."""
    rng = np.random.default_rng([8, n, DRAWS.index(draw)])
    a, b = draw(rng, n, 64), draw(rng, n, 64)
    z = np.sort(np.concatenate([permuted_scores(a, b, 50_000, rng) for _ in range(40)]))
    trace = permutation_trace(a, b)
    for tail, factor in ((1e-4, 2.0), (1e-5, 3.0)):
        threshold = float(z[-int(tail * len(z))])
        assert log10_joined_p([_with_score(trace, threshold)]) > math.log10(tail / factor)


def _with_score(trace: Trace, z: float) -> Trace:
    return replace(trace, total=z * math.sqrt(trace.variance))


def test_few_matching_units_need_the_third_moment() -> None:
    """Four like units on each side among 60 others make a Poisson-like count: the normal tail is far too light."""
    rng = np.random.default_rng(3)
    mark = rng.standard_normal(4000)
    a, b = rng.standard_normal((2, 60, 4000))
    a[:4], b[-4:] = mark, mark
    z = np.sort(permuted_scores(a, b, 400_000, rng))
    threshold = float(z[-40])  # the empirical 1e-4 point
    trace = permutation_trace(a, b)
    assert trace.skewness > 1
    assert log10_normal_tail(threshold) < -6
    assert -4.2 < log10_joined_p([_with_score(trace, threshold)]) < -3


@given(st.integers(3, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_moments_are_those_of_all_permutations(n: int, f: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, n, f))
    trace = permutation_trace(a, b)
    x, y = _centred(a), _centred(b)
    totals = np.array([(x * y[list(order)]).sum() for order in itertools.permutations(range(n))])
    assert totals.mean() == pytest.approx(0, abs=1e-9)
    assert (totals**2).mean() == pytest.approx(trace.variance, rel=1e-6, abs=1e-12)
    assert (totals**3).mean() == pytest.approx(trace.third, rel=1e-6, abs=1e-9)
    assert trace.total == pytest.approx(totals[0], abs=1e-9)


@given(st.integers(5, 7), st.integers(0, 2**32 - 1))
def test_p_is_never_below_one_over_n_factorial(n: int, seed: int) -> None:
    a = np.random.default_rng(seed).standard_normal((n, 50))
    assert 10 ** permutation_trace(a, a).log10_p >= 1 / math.factorial(n) * (1 - 1e-9)


@given(sizes)
def test_moving_both_sides_alike_changes_nothing(size: tuple[int, int, int]) -> None:
    n, f, seed = size
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, n, f))
    rows, columns = rng.permutation(n), rng.permutation(f)
    scale = rng.uniform(0.1, 10, (n, 1))
    plain = permutation_trace(a, b)
    assert permutation_trace(a[rows], b[rows]).z == pytest.approx(plain.z, abs=1e-6)
    assert permutation_trace(a[:, columns], b[:, columns]).z == pytest.approx(plain.z, abs=1e-6)
    assert permutation_trace(a * scale, b).z == pytest.approx(plain.z, abs=1e-6)
    rotation, _ = np.linalg.qr(rng.standard_normal((f, f)))
    assert permutation_trace(a @ rotation, b @ rotation).z == pytest.approx(plain.z, abs=1e-6)


@given(sizes)
def test_symmetric_and_odd(size: tuple[int, int, int]) -> None:
    n, f, seed = size
    a, b = np.random.default_rng(seed).standard_normal((2, n, f))
    forward, backward, against = permutation_trace(a, b), permutation_trace(b, a), permutation_trace(a, -b)
    assert forward.z == pytest.approx(backward.z, abs=1e-9)
    assert forward.log10_p == pytest.approx(backward.log10_p, abs=1e-9)
    assert against.z == pytest.approx(-forward.z, abs=1e-9)


def test_worked_example() -> None:
    """A per-neuron correlation of .05 over 2048 neurons x 512 features: z = .05 x sqrt(2048 x 512) = 51.2 expected."""
    rng = np.random.default_rng(0)
    a, noise = rng.standard_normal((2, 2048, 512), dtype=np.float32)
    trace = permutation_trace(a, 0.05 * a + math.sqrt(1 - 0.05**2) * noise)
    assert trace.z == pytest.approx(51.8, abs=2.5)
    assert trace.correlation == pytest.approx(0.05, abs=0.002)
    assert -700 < trace.log10_p < -450


def test_by_hand() -> None:
    """Three unit vectors at 120 degrees against themselves: six orders give T = 3 once, 0 thrice, -1.5 twice."""
    units = np.array([[1.0, 0.0], [-0.5, math.sqrt(0.75)], [-0.5, -math.sqrt(0.75)]])
    trace = permutation_trace(units, units)
    assert trace.total == pytest.approx(3)
    assert trace.variance == pytest.approx((9 + 2 * 2.25) / 6)
    assert trace.third == pytest.approx((27 - 2 * 3.375) / 6)
    assert trace.least == pytest.approx(math.log10(1 / 6))
    assert trace.log10_p >= trace.least


def test_power_grows_with_what_is_shared() -> None:
    rng = np.random.default_rng(5)
    a, noise = rng.standard_normal((2, 192, 192))
    scores = [permutation_trace(a, share * a + noise).z for share in (0.02, 0.05, 0.1, 0.3)]
    assert scores == sorted(scores)
    assert scores[2] > 10


def test_stouffer_over_layers_is_standard_normal() -> None:
    rng = np.random.default_rng(6)
    joined = []
    for _ in range(300):
        layers = [permutation_trace(low_rank(rng, 32, 24), low_rank(rng, 32, 24)) for _ in range(8)]
        joined.append(10 ** log10_joined_p(layers))
    assert stats.kstest(joined, "uniform").pvalue > 0.01


def test_traces_add_up() -> None:
    rng = np.random.default_rng(9)
    parts = [permutation_trace(*rng.standard_normal((2, n, 10))) for n in (8, 12)]
    whole = add(parts)
    assert whole.units == 20
    assert whole.variance == pytest.approx(parts[0].variance + parts[1].variance)
    assert whole.least == pytest.approx(-math.log10(math.factorial(8) * math.factorial(12)))


def test_units_without_variance_say_nothing() -> None:
    same = np.ones((30, 4))
    trace = permutation_trace(same, np.random.default_rng(0).standard_normal((30, 4)))
    assert trace.log10_p == pytest.approx(log10_normal_tail(trace.z))
    assert permutation_trace(np.zeros((30, 4)), np.zeros((30, 4))).z == 0.0


@pytest.mark.parametrize("shapes", [((3, 4), (3, 5)), ((1, 4), (1, 4)), ((4,), (4,))])
def test_shapes_are_checked(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="expected two equal shapes"):
        permutation_trace(np.zeros(shapes[0]), np.zeros(shapes[1]))
