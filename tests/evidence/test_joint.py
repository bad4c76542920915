"""All measures together: the sum in its own deviations."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stemma.evidence.calibration import FILE, calibration, together
from stemma.evidence.joint import joint


def at(name: str, deviations: float) -> tuple[float, float]:
    twins = calibration()[name].twins
    return twins.mean + deviations * twins.deviation, 0.0


@pytest.mark.parametrize("name", ["q", "up", "gains"])
def test_one_measure_alone_is_its_own_score(name: str) -> None:
    assert joint({name: at(name, 3.0)}).above == pytest.approx(3.0)
    assert joint({name: (calibration()[name].derived.mean, 0.0)}).below == pytest.approx(0.0, abs=1e-9)


def test_by_hand_for_two() -> None:
    names = ("q", "up")
    weights = [(m.derived.mean - m.twins.mean) / m.twins.deviation for m in (calibration()[n] for n in names)]
    w, v, c = *weights, together(*names)
    expected = (w * 2 + v * 4) / (w * w + v * v + 2 * c * w * v) ** 0.5
    assert joint({"q": at("q", 2.0), "up": at("up", 4.0)}).above == pytest.approx(expected)


def test_twins_drawn_as_measured_score_as_standard_normal() -> None:
    names = ["q", "k", "v", "o", "up", "down", "gains"]
    alike = np.array([[1.0 if x == y else together(x, y) for y in names] for x in names])
    values, vectors = np.linalg.eigh(alike)
    root = vectors * np.sqrt(np.maximum(values, 0))
    draws = np.random.default_rng(0).standard_normal((2000, len(names))) @ root.T
    scores = [joint({n: at(n, z) for n, z in zip(names, draw, strict=True)}).above for draw in draws]
    assert np.mean(scores) == pytest.approx(0, abs=0.1) and np.std(scores) == pytest.approx(1, abs=0.1)


def test_an_error_of_its_own_takes_weight_from_a_measure() -> None:
    rho, _ = at("q", 6.0)
    assert joint({"q": (rho, 0.2)}).above < joint({"q": (rho, 0.02)}).above < joint({"q": (rho, 0.0)}).above


def test_errors_of_several_measures_go_apart() -> None:
    """Two equal measures that err alike: w z / sqrt(w^2 (1 + c) / 2 + w^2 e^2 / 2), for each w = d / (1 + e^2)."""
    names, deviation = ("q", "k"), [calibration()[n].twins.deviation for n in ("q", "k")]
    erring = {n: (at(n, 5.0)[0], 2 * d) for n, d in zip(names, deviation, strict=True)}
    weights = [(m.derived.mean - m.twins.mean) / m.twins.deviation / 5 for m in (calibration()[n] for n in names)]
    own = sum(w * w * (1 + 4) for w in weights) + 2 * together(*names) * weights[0] * weights[1]
    assert joint(erring).above == pytest.approx(5 * sum(weights) / own**0.5)


def test_what_was_not_measured_together_counts_as_alike_as_others_are() -> None:
    measured = json.loads(FILE.read_text("utf-8"))["together"]
    assert together("q", "state_in") == pytest.approx(np.mean(list(measured.values())))
    assert not any("nearness" in names for names in measured)
