"""Planted components are found, noise has none, and both ways of computing agree."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from stemma.fingerprint.spectrum import Spectrum, centred, learned_spectrum, signal_shares


def noise(seed: int, m: int, n: int, deviation: float = 0.02) -> NDArray[np.float32]:
    return np.asarray(deviation * np.random.default_rng(seed).standard_normal((m, n)), np.float32)


def planted(seed: int, m: int, n: int, strengths: list[float], deviation: float = 0.02) -> NDArray[np.float32]:
    """Noise plus one component per strength, whose singular value is that many times the edge."""
    generator = np.random.default_rng(seed)
    left = np.linalg.qr(generator.standard_normal((m, len(strengths))))[0]
    right = np.linalg.qr(generator.standard_normal((n, len(strengths))))[0]
    edge = deviation * (m**0.5 + n**0.5)
    strong = (left * (np.array(strengths) * edge)) @ right.T
    return np.asarray(noise(seed + 1, m, n, deviation) + strong, np.float32)


@pytest.mark.parametrize(("m", "n"), [(64, 96), (200, 120), (300, 400)])
def test_planted_components_are_found(m: int, n: int) -> None:
    found = learned_spectrum(planted(1, m, n, [6.0, 4.0, 3.0]), 48)
    assert len(found.values) == 3
    assert found.noise == pytest.approx(0.02, rel=0.03)
    assert 1 < found.edge / (found.noise * (m**0.5 + n**0.5)) < 1.04
    assert np.all(found.values / found.edge > np.array([5.7, 3.8, 2.8]))
    assert not found.capped


def test_the_learned_part_is_what_was_planted() -> None:
    bare, full = noise(2, 300, 400), planted(1, 300, 400, [8.0, 6.0])
    found = learned_spectrum(full, 48)
    strong = full - bare
    learned = found.learned(300, 400)
    assert np.corrcoef(learned.ravel(), strong.ravel())[0, 1] > 0.97
    assert np.allclose(found.learned(10, 20), learned[:10, :20], atol=1e-6)


@pytest.mark.parametrize(("m", "n", "draws"), [(64, 64, 100), (96, 200, 100), (272, 300, 40)])
def test_pure_noise_has_no_learned_part(m: int, n: int, draws: int) -> None:
    empty = sum(len(learned_spectrum(noise(100 + seed, m, n), 48).values) == 0 for seed in range(draws))
    assert empty >= 0.95 * draws


def test_exact_and_randomised_agree() -> None:
    block = planted(3, 320, 288, [6.0, 4.0, 2.0, 1.6])
    randomised = learned_spectrum(block, 48)
    left, values, right = np.linalg.svd(block, full_matrices=False)
    count = len(randomised.values)
    assert count == 4
    assert randomised.values == pytest.approx(values[:count], rel=1e-4)
    exact_part = (left[:, :count] * values[:count]) @ right[:count]
    assert np.abs(randomised.learned(320, 288) - exact_part).max() < 1e-2 * np.abs(exact_part).max()


@pytest.mark.parametrize(("m", "n"), [(384, 384), (256, 768), (768, 256)])
@pytest.mark.parametrize("power", [0.6, 1.0])
def test_strengths_that_fall_slowly_to_the_edge_are_found(m: int, n: int, power: float) -> None:
    """Where no gap tells signal from noise the weakest are missed; the rest are what an exact decomposition finds."""
    block = planted(9, m, n, (8 * np.arange(1, 200) ** -power).tolist())
    found = learned_spectrum(block, 48)
    values = np.linalg.svd(block, compute_uv=False)[: len(found.values)]
    strong = values > 1.3 * found.edge
    assert np.count_nonzero(strong) >= 6
    assert found.values[strong] == pytest.approx(values[strong], rel=1e-3)
    assert np.abs(found.values - values).max() < 0.1 * found.edge


def test_a_large_matrix_of_low_rank_is_all_learned() -> None:
    generator = np.random.default_rng(6)
    block = (generator.standard_normal((300, 3)) @ generator.standard_normal((3, 260))).astype(np.float32)
    found = learned_spectrum(block, 48)
    assert not found.capped
    assert np.allclose(found.learned(300, 260), block, atol=1e-3)


def test_the_same_bits_every_time() -> None:
    block = planted(3, 320, 288, [6.0, 4.0])
    a, b = learned_spectrum(block, 48), learned_spectrum(block, 48)
    assert np.array_equal(a.learned(64, 64), b.learned(64, 64))


def test_scaling_the_matrix_scales_everything() -> None:
    block = planted(4, 80, 90, [5.0, 3.0])
    one, four = learned_spectrum(block, 20), learned_spectrum(4 * block, 20)
    assert four.values == pytest.approx(4 * one.values, rel=1e-5)
    assert four.noise == pytest.approx(4 * one.noise, rel=1e-5)


def test_more_components_than_are_computed_are_reported() -> None:
    assert learned_spectrum(planted(5, 100, 100, [9.0] * 12), 4).capped


@pytest.mark.parametrize("shape", [(8, 8), (1, 5), (8, 300), (200, 300)])
def test_small_and_empty_matrices(shape: tuple[int, int]) -> None:
    found = learned_spectrum(np.zeros(shape, np.float32), 48)
    assert isinstance(found, Spectrum)
    assert len(found.values) == 0
    assert not found.learned(*shape).any()


def test_a_matrix_of_low_rank_is_all_learned() -> None:
    generator = np.random.default_rng(6)
    block = (generator.standard_normal((60, 2)) @ generator.standard_normal((2, 50))).astype(np.float32)
    found = learned_spectrum(block, 48)
    assert np.allclose(found.learned(60, 50), block, atol=1e-4)


@pytest.mark.parametrize(("m", "n"), [(200, 200), (150, 400), (400, 150)])
@pytest.mark.parametrize("strength", [1.3, 2.0, 5.0])
def test_the_share_of_signal_is_what_the_component_has_of_it(m: int, n: int, strength: float) -> None:
    """<signal, u v'> / s, measured over draws, is what the shrinker says of s alone."""
    measured, said = [], []
    for seed in range(40):
        full = planted(1000 + seed, m, n, [strength])
        found = learned_spectrum(full, 8)
        if len(found.values) == 1:
            signal = full - noise(1001 + seed, m, n)
            measured.append(float(found.left[:, 0] @ signal @ found.right[:, 0]) / found.values[0])
            said.append(found.shares[0])
    assert len(said) >= 35
    assert np.mean(measured) == pytest.approx(np.mean(said), abs=0.02)


def test_shares_rise_from_the_edge_to_one() -> None:
    values = np.linspace(0.1, 50, 200)
    shares = signal_shares(values, 0.1, (60, 100))
    edge = 0.1 * (60**0.5 + 100**0.5)
    assert not shares[values <= edge].any()
    assert (np.diff(shares[values > edge]) > 0).all()
    assert 0.99 < shares[-1] < 1
    assert signal_shares(values, 0.0, (60, 100)).tolist() == [1.0] * 200


@pytest.mark.parametrize("axis", [0, 1])
def test_what_moves_all_units_alike_is_no_component(axis: int) -> None:
    shape = (80, 120)
    alike = np.random.default_rng(7).standard_normal(shape[1 - axis]).astype(np.float32)
    block = noise(8, *shape) + (alike if axis == 0 else alike[:, None])
    assert len(learned_spectrum(block, 8).values) == 1
    assert len(learned_spectrum(centred(block, axis), 8).values) == 0


MEASURE = """
import numpy as np
from stemma.fingerprint.spectrum import learned_spectrum
rng = np.random.Generator(np.random.PCG64(3))
for rows, columns, strength in ((96, 200, 5), (300, 220, 5), (300, 220, 20)):
    block = 0.02 * rng.standard_normal((rows, columns), dtype=np.float32)
    for k in range(4):
        left, right = rng.integers(-8, 9, rows), rng.integers(-8, 9, columns)
        block += np.float32(strength / 4096 / (k + 1)) * np.multiply.outer(left, right).astype(np.float32)
    found = learned_spectrum(block, 24)
    print(len(found.values), found.noise.hex(), found.edge.hex(), *(float(v).hex() for v in found.values))
"""


@pytest.mark.parametrize("kernels", ["Prescott", "Haswell"])
def test_processors_agree(kernels: str) -> None:
    """Matrix products by the kernels of other processors: few strong directions leave little, and it is the same."""
    here, there = (
        subprocess.run(
            [sys.executable, "-c", MEASURE], env={**os.environ, **other}, check=True, capture_output=True, text=True
        ).stdout.splitlines()
        for other in ({}, {"OPENBLAS_CORETYPE": kernels})
    )
    for one, other in zip(here, there, strict=True):
        (count, *mine), (other_count, *theirs) = one.split(), other.split()
        assert count == other_count and int(count) >= 3
        np.testing.assert_allclose([float.fromhex(x) for x in mine], [float.fromhex(x) for x in theirs], rtol=2e-7)
