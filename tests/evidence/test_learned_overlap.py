"""The learned-part ratio on planted pairs: what is derived stands at 1, twins far below."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.evidence.calibration import calibration
from stemma.evidence.learned_overlap import ONE_MATRIX, Ratio, Votes, learned_ratio, of_both, ratio_of, whole_block
from stemma.evidence.learned_parts import Overlap, learned_overlaps
from stemma.evidence.pair import PairEvidence
from stemma.evidence.units import Group
from stemma.fingerprint.spectrum import learned_spectrum
from stemma.identity import Missing, is_present
from tests.evidence import models

BASE = models.draw(1)
DERIVED = {
    "noise": lambda: models.each(BASE, lambda w: w + 0.01 * np.random.default_rng(1).standard_normal(w.shape)),
    "scaled and noise": lambda: models.tuned(BASE, 2, share=0.3, keep=0.4),
    "fine-tuned": lambda: models.tuned(BASE, 3, share=0.3),
    "merged with a child": lambda: models.merged(BASE, models.tuned(BASE, 4, share=0.5)),
    "merged with a stranger": lambda: models.merged(BASE, models.draw(9)),
    "pruned": lambda: models.pruned(BASE, 0.5),
    "int8": lambda: models.quantised(BASE, 8),
    "int4": lambda: models.quantised(BASE, 4),
}


ROLES = {"q", "k", "v", "o", "gate", "up", "down"}


def overlaps(a: models.Weights, b: models.Weights, **options: Any) -> dict[str, Overlap]:
    pair = PairEvidence(models.fingerprint(a), models.fingerprint(b, **options))
    groups = [pair.overlaps(group, pair.same_places) for group in (Group.MLP, Group.ATTENTION)]
    return {role: o for found in groups for role, o in found.items() if is_present(o)}


@pytest.mark.parametrize("name", DERIVED)
def test_derived_models_stand_with_measured_ones(name: str) -> None:
    found = overlaps(BASE, DERIVED[name]())
    assert set(found) == ROLES
    for role, overlap in found.items():
        known = calibration()[role]
        assert known.below_derived(overlap.rho, overlap.error) < 2.5, (name, role, overlap)
        assert overlap.rho > (0.65 if "stranger" in name else 0.85)
        assert known.above_twins(overlap.rho) > 2


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("drift", [0.0, 0.3])
def test_twins_stand_below(seed: int, drift: float) -> None:
    """One seed, other learned directions, and a bulk that drifted apart as long training makes it."""
    twin = models.draw(30 + seed, bulk=1)
    if drift:
        twin = {k: w + drift * 0.02 * np.random.default_rng(seed).standard_normal(w.shape) for k, w in twin.items()}
        twin = models.each(twin, lambda w: w.astype(np.float32))
    for role, overlap in overlaps(BASE, twin).items():
        assert calibration()[role].below_derived(overlap.rho, overlap.error) > 3
        assert overlap.rho < 0.3
        assert overlap.found.bulk > 0.3


def test_untrained_sides_decide_nothing() -> None:
    start = models.untrained(1)
    assert not overlaps(start, BASE)
    assert not overlaps(BASE, start)
    assert not overlaps(start, start)


def test_symmetric() -> None:
    child = models.tuned(BASE, 5)
    forward, backward = overlaps(BASE, child), overlaps(child, BASE)
    assert {g: o.rho for g, o in forward.items()} == pytest.approx({g: o.rho for g, o in backward.items()})


@given(st.floats(0.05, 20), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_scaling_the_other_side_changes_nothing(scale: float, seed: int) -> None:
    """B = c A gives 1 for every c."""
    rng = np.random.default_rng(seed)
    exact = learned_ratio(whole_block(str(i), w, scale * w) for i, w in enumerate(_trained(rng, 4)))
    assert exact is not None
    assert exact.rho == pytest.approx(1, abs=1e-5)
    assert exact.bulk_beta == pytest.approx(scale, rel=1e-5)
    assert exact.error == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("kept", [0.2, 1.0])
@pytest.mark.parametrize("signal", [0.0, 0.5, 1.0])
def test_the_ratio_is_the_signals_coefficient_over_the_noises(signal: float, kept: float) -> None:
    """B = c (noise of A) + c r (signal of A) + a signal of its own gives r, whatever c, weak components included."""
    rng = np.random.default_rng([3, int(10 * signal)])
    found = []
    for _ in range(60):
        blocks = []
        for layer in "abc":
            noise, own = 0.02 * rng.standard_normal((120, 80)), _planted(rng, 120, 80)
            strong = _planted(rng, 120, 80)
            blocks.append(whole_block(layer, noise + strong, kept * (noise + signal * strong) + own))
        ratio = learned_ratio(blocks)
        assert ratio is not None
        found.append(ratio.rho)
    assert np.mean(found) == pytest.approx(signal, abs=0.03 + 0.03 / kept)


def test_what_moves_all_units_alike_has_no_vote() -> None:
    """A shift of every row, the same in both models, is what data write into runs of one seed alike."""
    rng = np.random.default_rng(5)
    shift = rng.standard_normal(80)
    bare, shifted = [], []
    for layer in "abc":
        noise = 0.02 * rng.standard_normal((120, 80))
        a, b = noise + _planted(rng, 120, 80), noise + _planted(rng, 120, 80)
        bare.append(whole_block(layer, a, b))
        shifted.append(whole_block(layer, a + shift, b + shift))
    one, other = learned_ratio(bare), learned_ratio(shifted)
    assert one is not None and other is not None
    assert other.rho == pytest.approx(one.rho, abs=1e-4)


def _planted(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Components from 1.2 to 4 times the edge of noise of 0.02."""
    left, right = (np.linalg.qr(rng.standard_normal((side, 4)))[0] for side in (rows, columns))
    return (left * (0.02 * (rows**0.5 + columns**0.5) * np.array([4.0, 2.0, 1.5, 1.2]))) @ right.T


def _trained(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    return [0.02 * rng.standard_normal((50, 40)) + _planted(rng, 50, 40) for _ in range(count)]


def test_by_hand() -> None:
    """Shares of 1: rho is the mean of beta_k over the mean bulk, 1.5 / 2; leaving one out gives 1 and .5."""
    found = ratio_of([_vote("0", 2.0, 1.0), _vote("0", 2.0, 2.0)])
    assert found is not None
    assert (found.learned_beta, found.bulk_beta, found.rho, found.matrices) == (1.5, 2.0, 0.75, 2)
    assert found.error == pytest.approx(0.25)


def test_every_layer_has_one_vote() -> None:
    """Three matrices that say 1 in one layer and one that says 0 in another make a half."""
    found = ratio_of([*[_vote("0", 1.0, 1.0)] * 3, _vote("1", 1.0, 0.0)])
    assert found is not None
    assert found.rho == pytest.approx(0.5)


def test_half_noise() -> None:
    """A component that is half noise has beta c / 2 by its noise alone: then the signal is not shared."""
    votes = [Votes(str(i), 0.8, np.array([0.4]), np.array([0.5]), 0.2) for i in range(3)]
    found = ratio_of(votes)
    assert found is not None
    assert found.rho == pytest.approx(0)


def _vote(layer: str, bulk: float, learned: float) -> Votes:
    return Votes(layer, bulk, np.array([learned]), np.array([1.0]), 0.2)


def test_both_sides_by_hand() -> None:
    """Means of .9 and .4 (.6), and of the bulks; errors .1 and .2 of the coefficients, slopes 2/3 and 3/2, halved."""
    one, other = Ratio(0.9, 0.8, 1.125, 0.125, 12, 0.3), Ratio(0.4, 0.5, 0.8, 0.4, 10, 0.1)
    both = of_both(one, other)
    assert both is not None and both == of_both(other, one)
    assert (both.rho, both.bulk) == (pytest.approx(0.6), pytest.approx(0.4**0.5))
    assert both.error == pytest.approx((0.1 * 2 / 3 + 0.2 * 3 / 2) / 2)
    assert (both.matrices, both.energy) == (10, 0.1)
    against = of_both(one, replace(other, learned_beta=-0.4))
    assert against is not None and against.rho == 0


def test_the_energy_is_that_of_the_signal_and_counts_matrices_without_any() -> None:
    rng = np.random.default_rng(3)
    trained = _trained(rng, 4)
    signal = [float((w**2).sum() - 0.02**2 * w.size) / float((w**2).sum()) for w in trained]
    found = learned_ratio(whole_block(str(i), w, w) for i, w in enumerate(trained))
    assert found is not None and found.energy == pytest.approx(np.mean(signal), abs=0.05)
    noise = [0.02 * rng.standard_normal((50, 40)) for _ in range(4)]
    half = learned_ratio(whole_block(str(i), w, w) for i, w in enumerate([*trained, *noise]))
    assert half is not None and half.energy == pytest.approx(found.energy / 2, abs=0.03)


def test_too_little_to_say() -> None:
    assert ratio_of([]) is None
    assert ratio_of([_vote("0", -1.0, 1.0), _vote("0", 0.5, 1.0)]) is None
    assert learned_ratio([]) is None
    assert learned_ratio([whole_block("0", np.zeros((9, 9)), np.zeros((9, 9)))] * 3) is None
    assert of_both(None, ratio_of([_vote("0", 1.0, 1.0)] * 2)) is None


def test_one_matrix_alone_speaks_with_a_wide_error() -> None:
    alone = ratio_of([_vote("0", 1.0, 1.0)])
    assert alone is not None and alone.rho == pytest.approx(1.0) and alone.error == ONE_MATRIX and alone.matrices == 1


def test_missing_where_nothing_stands_at_matched_places() -> None:
    found = learned_overlaps({}, {}, (), Group.MLP)
    assert found == {"mlp": Missing("no mlp matrices stand at matched places")}


@pytest.mark.parametrize(("m", "n"), [(64, 64), (64, 192), (192, 192)])
def test_noise_has_no_learned_part(m: int, n: int) -> None:
    """The edge lies a little above Marchenko and Pastur's s (sqrt m + sqrt n): 100 draws, at most 5 above it."""
    rng = np.random.default_rng([m, n])
    spectra = [learned_spectrum((0.02 * rng.standard_normal((m, n))).astype(np.float32), 16) for _ in range(100)]
    assert sum(len(s.values) > 0 for s in spectra) <= 5
    limit = 0.02 * (m**0.5 + n**0.5)
    assert all(limit * 0.97 < s.edge < limit * 1.12 for s in spectra)
