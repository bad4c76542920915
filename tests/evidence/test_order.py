"""Order tests over models: groups, layers, and what they are joined to."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from stemma.anatomy.interface import Role
from stemma.evidence.interface import Evidence
from stemma.evidence.order import some_layer_shared
from stemma.evidence.pair import PLANNED, PairEvidence
from stemma.evidence.units import Group
from stemma.identity import is_present
from tests.evidence import models

BASE = models.draw(1)
BASE_PRINT = models.fingerprint(BASE)
GROUPS = [Group.MLP, Group.ATTENTION]


def order(weights: models.Weights, group: Group) -> Evidence:
    found = PairEvidence(BASE_PRINT, models.fingerprint(weights)).order(group)
    assert is_present(found)
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_null_over_unrelated_models(group: Group) -> None:
    """190 pairs of 20 models: sd within .15 of 1, p-values uniform (Kolmogorov-Smirnov p > .005)."""
    prints = [models.fingerprint(models.draw(400 + i, size=models.Size(3, 32, 64))) for i in range(20)]
    found = [PairEvidence(a, b).order(group) for a, b in itertools.combinations(prints, 2)]
    z = np.array([f.statistic for f in found if is_present(f)])
    assert len(z) == 190
    assert abs(z.mean()) < 0.25
    assert abs(z.std() - 1) < 0.15
    p = [10**f.log10_p for f in found if is_present(f) and f.log10_p is not None]
    assert stats.kstest(p, "uniform").pvalue > 0.005


@pytest.mark.parametrize("group", GROUPS)
def test_power(group: Group) -> None:
    assert order(models.tuned(BASE, 1, share=1.0), group).statistic > 20
    assert order(models.draw(2, bulk=1), group).statistic > 5
    assert abs(order(models.draw(2), group).statistic) < 4.5


@pytest.mark.parametrize("group", GROUPS)
def test_symmetric(group: Group) -> None:
    other = models.fingerprint(models.draw(3))
    forward, backward = PairEvidence(BASE_PRINT, other).order(group), PairEvidence(other, BASE_PRINT).order(group)
    assert is_present(forward) and is_present(backward)
    assert forward.statistic == pytest.approx(backward.statistic, abs=1e-4)
    assert forward.log10_p == pytest.approx(backward.log10_p, abs=1e-4)


def test_permuting_the_neurons_of_both_alike_changes_nothing() -> None:
    """While all neurons are kept, their order does not matter as long as both sides have it."""
    other = models.draw(2, bulk=1)
    plain = order(other, Group.MLP)
    both = PairEvidence(*(models.fingerprint(models.neurons_permuted(side, 4)) for side in (BASE, other))).order(
        Group.MLP
    )
    assert is_present(both)
    assert both.statistic == pytest.approx(plain.statistic, rel=0.01)


def test_one_shared_layer_is_found_by_simes() -> None:
    foreign = models.draw(5)
    mixed = {k: (BASE if k[1].layer == 2 else foreign)[k] for k in BASE}
    found = order(mixed, Group.MLP)
    assert some_layer_shared(found) < -20
    assert found.facts["strongest_layer_z"] == max(s.statistic for s in found.per_site)
    assert [s.a for s in found.per_site if s.log10_p is not None and s.log10_p < -6] == ["decoder.2"]


def test_scaling_and_turning_heads() -> None:
    """Rescaled rows change nothing; the dimensions of a head turned leave the attention without order."""
    scaled = {k: w * np.float32(3) if k[0] is Role.GATE else w for k, w in BASE.items()}
    assert order(scaled, Group.MLP).statistic == pytest.approx(order(BASE, Group.MLP).statistic, rel=1e-3)
    turn = np.kron(np.eye(4), models.permutation(6, 16))
    turned = {
        k: (turn @ w if k[0] is Role.V else w @ turn.T if k[0] is Role.O else w).astype(np.float32)
        for k, w in BASE.items()
    }
    assert order(turned, Group.ATTENTION).statistic < order(BASE, Group.ATTENTION).statistic / 4


def test_p_values_of_a_copy_are_possible_ones() -> None:
    """Four layers of 128 neurons: no p below 1 / 128!^4."""
    found = order(BASE, Group.MLP)
    assert found.log10_p is not None
    assert found.log10_p >= -4 * 216
    assert found.log10_p < -200


def test_the_planned_list_names_every_p_value() -> None:
    pair = PairEvidence(BASE_PRINT, models.fingerprint(models.draw(6)))
    tests = [*(pair.order(g) for g in Group), pair.residual, pair.alignment, pair.matching]
    names = {getattr(t, "evidence", t).test for t in tests if is_present(t)}
    assert names <= set(PLANNED)
