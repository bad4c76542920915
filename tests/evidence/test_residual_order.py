"""Residual order: normal scores, and a null that holds where embeddings lean one way."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from stemma.evidence.interface import Evidence
from stemma.evidence.residual_order import normal_scores, residual_order, shared_anchors
from stemma.evidence.trace import permutation_trace
from stemma.identity import is_present
from tests.evidence import models
from tests.evidence.test_trace import permuted_scores

Array = NDArray[np.floating[Any]]


def leaning_table(rng: np.random.Generator, width: int, tokens: int, lean: float) -> Array:
    """Embedding columns (width x tokens) of tokens that share one direction, with a few huge dimensions."""
    table = rng.standard_normal((width, tokens)) + lean * rng.standard_normal((width, 1))
    table[rng.choice(width, 3, replace=False)] *= 20
    return table


@pytest.mark.parametrize("lean", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("width", [64, 96, 192])
def test_null_over_unrelated_tables(width: int, lean: float) -> None:
    """300 pairs: mean within .2, sd within .15 of 1, p-values uniform (Kolmogorov-Smirnov p > .005)."""
    rng = np.random.default_rng([width, int(lean)])
    z = []
    for _ in range(300):
        a, b = (normal_scores(leaning_table(rng, width, 32, lean)) for _ in range(2))
        z.append(permutation_trace(a, b).z)
    assert abs(np.mean(z)) < 0.2
    assert abs(np.std(z) - 1) < 0.15
    assert stats.kstest(stats.norm.sf(z), "uniform").pvalue > 0.005


@pytest.mark.parametrize("width", [64, 96, 512])
@pytest.mark.parametrize("lean", [0.0, 2.0, 20.0])
def test_normal_tail_over_permutations_of_one_pair(width: int, lean: float) -> None:
    """40,000 permutations: within a quarter of 1e-2 (400 hits) and a half of 1e-3 (40 hits); skewness next to none."""
    rng = np.random.default_rng([3, width, int(lean)])
    a, b = (normal_scores(leaning_table(rng, width, 96, lean)) for _ in range(2))
    z = permuted_scores(a, b, 40_000, rng)
    assert abs(permutation_trace(a, b).skewness) < 0.05
    assert 0.75 < np.mean(z > stats.norm.isf(1e-2)) / 1e-2 < 1.25
    assert 0.4 < np.mean(z > stats.norm.isf(1e-3)) / 1e-3 < 1.6


@pytest.mark.slow
@pytest.mark.parametrize("lean", [0.0, 2.0, 20.0])
def test_normal_tail_far_out(lean: float) -> None:
    """Two million permutations of 96 dimensions: no heavier than twice the normal tail at 1e-4 and 1e-5."""
    rng = np.random.default_rng([4, int(lean)])
    a, b = (normal_scores(leaning_table(rng, 96, 96, lean)) for _ in range(2))
    z = np.concatenate([permuted_scores(a, b, 50_000, rng) for _ in range(40)])
    assert np.mean(z > stats.norm.isf(1e-4)) < 2e-4
    assert np.mean(z > stats.norm.isf(1e-5)) < 2e-5


def _z(a: models.Weights, b: models.Weights, **options: Any) -> float:
    return _evidence(a, b, **options).statistic


def _evidence(a: models.Weights, b: models.Weights, **options: Any) -> Evidence:
    found = residual_order(models.fingerprint(a, **options), models.fingerprint(b, **options))
    assert isinstance(found, Evidence)
    return found


def test_power_and_kinds_of_pairs() -> None:
    base = models.draw(1)
    assert _z(base, models.tuned(base, 1)) > 20
    assert _z(base, models.draw(2, bulk=1)) > 5  # twins share their residual basis
    assert abs(_z(base, models.draw(2))) < 4
    assert abs(_z(base, models.disguised(base, 1))) < 4


def test_turning_the_residual_stream_alike_changes_nothing() -> None:
    a, b = models.draw(1), models.draw(2, bulk=1)
    order = models.permutation(5, 64)
    moved = [
        {k: (w @ order if w.shape[-1] == 64 and k[0] is not models.Role.O else w) for k, w in side.items()}
        for side in (a, b)
    ]
    assert _z(*moved) == pytest.approx(_z(a, b), abs=0.05)


def test_symmetric() -> None:
    a, b = models.draw(1), models.draw(2)
    assert _z(a, b) == pytest.approx(_z(b, a), abs=1e-6)
    assert _evidence(a, b).log10_p == pytest.approx(_evidence(b, a).log10_p, abs=1e-6)


def test_not_run_where_it_would_not_be_exact() -> None:
    base = models.draw(1)
    assert not is_present(residual_order(*(models.fingerprint(base, position=p) for p in ("rotary", "sinusoidal"))))
    narrow = models.draw(1, size=models.Size(hidden=24, neurons=64))
    assert not is_present(residual_order(models.fingerprint(narrow), models.fingerprint(narrow)))
    other_width = models.draw(1, size=models.Size(hidden=96))
    assert not is_present(residual_order(models.fingerprint(base), models.fingerprint(other_width)))


def test_leading_values_of_gains_are_enough() -> None:
    """Of wide models more than the tested dimensions are never looked at, so that it is all one what else was kept."""
    wide = models.Size(layers=1, hidden=800, neurons=32, head_dim=400)
    base = models.draw(1, size=wide)
    whole, other = models.fingerprint(base), models.fingerprint(models.tuned(base, 1))
    parts = {k: replace(p, vector=p.vector[:770]) if is_present(p.vector) else p for k, p in other.parts.items()}
    cut = residual_order(whole, replace(other, parts=parts))
    assert is_present(cut) and "norm gains" in [site.a for site in cut.per_site]
    assert cut == residual_order(whole, other)
    short = {k: replace(p, vector=p.vector[:700]) if is_present(p.vector) else p for k, p in other.parts.items()}
    without = residual_order(whole, replace(other, parts=short))
    assert is_present(without) and [site.a for site in without.per_site] == ["embedding columns"]


def test_tokens_meet_by_string_or_not_at_all() -> None:
    base = models.draw(1)
    by_string, by_id = models.fingerprint(base), models.fingerprint(base, tokens=False)
    other = models.fingerprint(base, prefix="piece")
    assert is_present(by_string.anchors) and is_present(by_id.anchors) and is_present(other.anchors)
    assert len(shared_anchors(by_string.anchors, by_string.anchors)[0]) == 96
    assert len(shared_anchors(by_string.anchors, by_id.anchors)[0]) == 0
    assert len(shared_anchors(by_string.anchors, other.anchors)[0]) == 0


@given(st.integers(2, 60), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_normal_scores_are_the_quantiles_in_rank_order(rows: int, columns: int, seed: int) -> None:
    features = np.random.default_rng(seed).standard_normal((rows, columns))
    scores = normal_scores(features)
    quantiles = [NormalDist().inv_cdf((i + 0.5) / rows) for i in range(rows)]
    for column in range(columns):
        assert np.sort(scores[:, column]) == pytest.approx(quantiles)
        assert (np.argsort(scores[:, column]) == np.argsort(features[:, column])).all()


def test_monotone_changes_and_constants() -> None:
    features = np.random.default_rng(0).standard_normal((40, 3))
    assert (normal_scores(np.exp(features)) == normal_scores(features)).all()
    features[:, 1] = 4.0
    assert (normal_scores(features)[:, 1] == 0).all()


@pytest.mark.parametrize("values", [(1.0, 1.0, 1.0, 1.0, 1.0, 2.0), (1.0, 1.0, 1.0, 2.0, 2.0, 2.0)])
def test_ties_carry_no_order(values: tuple[float, ...]) -> None:
    """Equal values get equal scores: gains that were never trained must not tie two models to their index."""
    scores = normal_scores(np.array(values)[:, None])[:, 0]
    assert len(set(scores[: values.count(1.0)].tolist())) == 1


def test_null_over_gains_in_sixteen_bits() -> None:
    """Gains of 1 with a spread of .02 take about a dozen values in bfloat16: 300 unrelated pairs of eight such."""
    rng = np.random.default_rng(5)
    z = []
    for _ in range(300):
        sides = 1 + 0.02 * rng.standard_normal((2, 96, 8))
        a, b = (normal_scores(side.astype(ml_dtypes.bfloat16).astype(np.float32)) for side in sides)
        z.append(permutation_trace(a, b).z)
    assert abs(np.mean(z)) < 0.2
    assert stats.kstest(stats.norm.sf(z), "uniform").pvalue > 0.005


def test_gains_that_stayed_at_one_do_not_link() -> None:
    """Nearly constant gains (a handful of dimensions moved) in two unrelated models."""
    sides = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        weights = dict(models.draw(seed))
        for key, w in weights.items():
            if w.ndim == 1:
                moved = np.ones_like(w)
                moved[rng.choice(64, 6, replace=False)] = 1.5
                weights[key] = moved
        sides.append(models.fingerprint(weights, tokens=True))
    a, b = (replace(side, anchors=models.Missing("left out")) for side in sides)
    found = residual_order(a, b)
    assert isinstance(found, Evidence)
    assert abs(found.statistic) < 4


@pytest.mark.parametrize("length", [48, 96])
def test_gains_of_another_width_than_the_model_are_passed_over(length: int) -> None:
    base, child = models.draw(1), models.tuned(models.draw(1), 1)
    key = next(k for k in sorted(child, key=str) if child[k].ndim == 1)
    odd = {**child, key: np.resize(child[key], length)}
    for pair in ((base, odd), (odd, base)):
        found = residual_order(*(models.fingerprint(w) for w in pair))
        assert is_present(found) and found.log10_p < -6
