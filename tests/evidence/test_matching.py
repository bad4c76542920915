"""Neuron matching: found under every disguise, never between strangers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemma.anatomy.interface import Role
from stemma.evidence.calibration import calibration
from stemma.evidence.learned_parts import MATCHED
from stemma.evidence.matching import MINIMUM_SHARE, Matching, match_neurons
from stemma.fingerprint import Fingerprint
from stemma.identity import is_present
from tests.evidence import models

BASE = models.draw(1)
BASE_PRINT = models.fingerprint(BASE)


def matched(a: Fingerprint, b: Fingerprint) -> Matching:
    found = match_neurons(a, b)
    assert is_present(found)
    return found


def _scaled(weights: models.Weights, seed: int) -> models.Weights:
    """Each neuron's up row by a factor, its down column by the inverse, some signs flipped."""
    rng = np.random.default_rng(seed)
    made = dict(weights)
    for role, site in weights:
        if role is Role.UP:
            factor = rng.uniform(0.5, 2, len(weights[role, site])) * rng.choice([-1, 1], len(weights[role, site]))
            made[role, site] = (weights[role, site] * factor[:, None]).astype(np.float32)
            made[Role.DOWN, site] = (weights[Role.DOWN, site] / factor).astype(np.float32)
    return made


ROLES = {Role.GATE, Role.UP, Role.DOWN}
FREE: dict[str, Callable[[models.Weights], models.Weights]] = {
    "neurons": lambda w: models.neurons_permuted(w, 2),
    "residual order": lambda w: models.residual_turned(w, models.permutation(3, 64)),
    "residual basis": lambda w: models.residual_turned(w, models.rotation(4, 64)),
    "scales": lambda w: _scaled(w, 5),
    "all at once": lambda w: _scaled(models.disguised(w, 6), 7),
}


@pytest.mark.parametrize("name", FREE)
def test_free_evasions_leave_responses_as_they_are(name: str) -> None:
    found = matched(BASE_PRINT, models.fingerprint(FREE[name](BASE)))
    assert found.evidence.effect > 0.95
    assert found.change < 0.02
    assert found.evidence.log10_p is not None and found.evidence.log10_p < -100
    assert [p[0] for p in found.pairing] == [p[1] for p in found.pairing]


@pytest.mark.parametrize("name", FREE)
def test_fine_tuned_under_a_free_evasion(name: str) -> None:
    found = matched(BASE_PRINT, models.fingerprint(FREE[name](models.tuned(BASE, 8))))
    assert found.evidence.effect > 0.5
    assert set(found.overlaps) == ROLES and min(o.rho for o in found.overlaps.values()) > 0.85
    assert found.change > 0.05


@pytest.mark.parametrize("name", FREE)
def test_twins_under_a_free_evasion(name: str) -> None:
    found = matched(BASE_PRINT, models.fingerprint(FREE[name](models.draw(9, bulk=1))))
    assert all(calibration()[MATCHED + role].below_derived(o.rho, o.error) > 3 for role, o in found.overlaps.items())


@pytest.mark.parametrize(
    "make", [lambda w: models.quantised(w, 8), lambda w: models.quantised(w, 4), models.pruned], ids=["8", "4", "half"]
)
def test_coarser_copies_under_disguise(make: Callable[[models.Weights], models.Weights]) -> None:
    found = matched(BASE_PRINT, models.fingerprint(models.disguised(make(BASE), 10)))
    assert found.evidence.effect > 0.5
    assert set(found.overlaps) == ROLES and min(o.rho for o in found.overlaps.values()) > 0.85


def test_strangers_match_nowhere() -> None:
    """66 pairs: no layer reaches the minimum share, no p-value below 1."""
    prints = [models.fingerprint(models.draw(100 + i)) for i in range(12)]
    for a, b in itertools.combinations(prints, 2):
        found = matched(a, b)
        assert found.evidence.effect < MINIMUM_SHARE / 2
        assert found.evidence.log10_p == 0.0
        assert not found.layers and not found.overlaps and found.change == 1.0


@given(st.integers(0, 10**9), st.sampled_from(sorted(FREE)), st.booleans())
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_symmetric(seed: int, name: str, twins: bool) -> None:
    other = models.draw(seed, bulk=1) if twins else models.tuned(BASE, seed)
    made = models.fingerprint(models.restacked(FREE[name](other), [0, 1, 1, 2, 3]))
    forward, backward = matched(BASE_PRINT, made), matched(made, BASE_PRINT)
    assert forward.evidence.log10_p == pytest.approx(backward.evidence.log10_p)
    assert forward.evidence.effect == pytest.approx(backward.evidence.effect)
    assert forward.change == pytest.approx(backward.change, abs=1e-6)
    assert sorted(forward.pairing) == sorted((q, p) for p, q in backward.pairing)


def test_untrained_neurons_have_no_ratio() -> None:
    start = models.untrained(1)
    found = matched(models.fingerprint(start), models.fingerprint(models.disguised(start, 1)))
    assert not found.overlaps


def test_what_it_cannot_do_without() -> None:
    for other in (
        models.fingerprint(BASE, prefix="piece"),
        models.fingerprint(BASE, full=False),
        models.fingerprint({k: w for k, w in BASE.items() if k[1].layer < 0}),
        models.fingerprint({k: w for k, w in BASE.items() if k[1].layer >= 0}),
    ):
        assert not is_present(match_neurons(BASE_PRINT, other))
        assert not is_present(match_neurons(other, BASE_PRINT))
