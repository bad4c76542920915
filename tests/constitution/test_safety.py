"""What must never happen: a link where there is none. Random unrelated models and random twins, in every size."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemma.anatomy.interface import Role
from stemma.constitution.interface import Label, Ruling
from stemma.constitution.ruling import rule
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import Fingerprint
from tests.constitution.test_rulings import assert_mirrored
from tests.evidence import models

SIZES = [
    models.SMALL,
    models.Size(layers=2, hidden=32, neurons=64, vocabulary=48),
    models.Size(layers=3, hidden=48, neurons=96, vocabulary=160),
    models.Size(layers=6, hidden=32, neurons=96),
    models.Size(layers=1, hidden=96, neurons=192),
]
strengths = st.sampled_from([0.0, 0.5, 1.0, 3.0])


def _pairs(prints: list[Fingerprint]) -> Iterator[tuple[Fingerprint, Fingerprint]]:
    return itertools.combinations(prints, 2)


def _rule(a: Fingerprint, b: Fingerprint) -> Ruling:
    return rule(PairEvidence(a, b))


def _outlier_dimensions(weights: models.Weights) -> models.Weights:
    """The same few residual dimensions stick out, as they do in many trained models."""
    table = (Role.TOKEN_EMBEDDING, models.MODEL)
    width = weights[table].shape[1]
    boost = np.where(np.arange(width) < 3, 20.0, 1.0).astype(np.float32)
    return {k: w * boost if w.shape[-1] == width and k[0] is not Role.O else w for k, w in weights.items()}


def _one_direction(weights: models.Weights, seed: int) -> models.Weights:
    """Every embedding row leans the same way: strongly anisotropic tokens."""
    table = (Role.TOKEN_EMBEDDING, models.MODEL)
    lean = 0.3 * np.random.default_rng([9, seed]).standard_normal(weights[table].shape[1])
    return {**weights, table: (weights[table] + lean).astype(np.float32)}


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_pair_of_unrelated_models_is_linked(size: models.Size) -> None:
    """66 pairs a size, 330 in all."""
    prints = [models.fingerprint(models.draw(100 + i, size=size), str(i)) for i in range(12)]
    for a, b in _pairs(prints):
        result = _rule(a, b)
        assert result.label is Label.INDEPENDENT, result.reasons
        assert result.exclusion is None or str(result.exclusion) != "X4"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_pair_of_odd_unrelated_models_is_linked(size: models.Size) -> None:
    """Outlier dimensions at the same index, anisotropic tokens, weak and strong training: 45 pairs a size."""
    prints = [
        models.fingerprint(
            (_outlier_dimensions, lambda w, s=i: _one_direction(w, s))[i % 2](
                models.draw(200 + i, size=size, strength=(0.3, 1.0, 4.0)[i % 3], rank=1 + i % 6)
            ),
            str(i),
        )
        for i in range(10)
    ]
    for a, b in _pairs(prints):
        assert _rule(a, b).label is Label.INDEPENDENT


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_pair_of_twins_is_linked(size: models.Size) -> None:
    """28 pairs of eight runs from one seed a size, 140 in all; one of the two is disguised in every third pair."""
    runs = [models.draw(300 + i, bulk=7, size=size, strength=(0.7, 1.0, 2.0)[i % 3]) for i in range(8)]
    plain = [models.fingerprint(w) for w in runs]
    hidden = [models.fingerprint(models.disguised(w, i)) for i, w in enumerate(runs)]
    for i, j in itertools.combinations(range(8), 2):
        result = _rule(plain[i], (hidden if (i + j) % 3 == 0 else plain)[j])
        assert result.label is Label.INDEPENDENT, result.reasons


@given(st.sampled_from(SIZES), st.integers(1000, 10**9), st.integers(1000, 10**9), strengths, strengths, st.booleans())
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_unrelated_or_twins_whatever_the_draw(
    size: models.Size, one: int, other: int, strong: float, stronger: float, twins: bool
) -> None:
    if one == other:
        return
    a = models.fingerprint(models.draw(one, size=size, strength=strong))
    b = models.fingerprint(
        models.draw(other, bulk=one if twins else None, size=size, strength=stronger if strong else stronger or 1.0)
    )
    result = _rule(a, b)
    assert result.label is Label.INDEPENDENT, result.reasons
    assert_mirrored(result, _rule(b, a))


@given(st.integers(0, 10**9), st.floats(0.01, 0.5), st.booleans())
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_children_are_linked_whatever_the_draw(seed: int, share: float, hidden: bool) -> None:
    """In disguise one ratio is left, and it links only what changed little: see constitution/training.py."""
    base = models.draw(seed)
    child = models.tuned(base, seed, share=min(share, 0.1) if hidden else share)
    a, b = models.fingerprint(base), models.fingerprint(models.disguised(child, seed) if hidden else child)
    result = _rule(a, b)
    assert result.label is Label.LINKED, result.reasons
    assert_mirrored(result, _rule(b, a))


@given(st.integers(0, 10**9), st.lists(st.integers(0, 3), min_size=2, max_size=7))
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_any_stack_of_a_parents_layers_is_linked_alike_both_ways(seed: int, layers: list[int]) -> None:
    base = models.draw(seed)
    a, b = models.fingerprint(base), models.fingerprint(models.tuned(models.restacked(base, layers), seed, share=0.05))
    result = _rule(a, b)
    assert result.label is Label.LINKED, result.reasons
    assert_mirrored(result, _rule(b, a))


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_many_more_unrelated_pairs(size: models.Size) -> None:
    """630 pairs a size, 3,150 in all."""
    prints = [models.fingerprint(models.draw(5000 + i, size=size), str(i)) for i in range(36)]
    assert all(_rule(a, b).label is Label.INDEPENDENT for a, b in _pairs(prints))


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_many_more_twins(size: models.Size) -> None:
    """190 pairs a size, 950 in all."""
    prints = [models.fingerprint(models.draw(7000 + i, bulk=11, size=size), str(i)) for i in range(20)]
    assert all(_rule(a, b).label is Label.INDEPENDENT for a, b in _pairs(prints))
