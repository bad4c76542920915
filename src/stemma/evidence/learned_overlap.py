"""What tells twins from the derived: is what training wrote shared, or only what the seed drew?

A matrix of A is seen as signal (what training wrote) plus noise (what the seed drew). Its singular components above the
noise edge (see ``fingerprint.spectrum``) hold the signal, each mixed with a known share 1 - w_k of noise [1, 2]; the
rest is the bulk, noise alone. B is regressed on the components (beta_k) and on the bulk (beta). If B keeps the noise of
A with coefficient c, then beta = c, and

    beta_k / c = 1 - w_k + w_k (coefficient of the signal / c),

so that every component gives one estimate of the signal's coefficient. rho_A is their mean over the components of a
layer with weights w_k^2 (a component says more the purer it is), then over layers, one vote each: the first layers
hold most components, but what they learn is dictated by data and seed the most. Times c it is the coefficient of B's
signal on A's. The other side is asked in the same way, and rho is the geometric mean of both coefficients: as a product
of two regression coefficients is a squared correlation, it is the correlation of the learned parts, whichever side was
scaled. It is not put in proportion to the correlation of the bulks, for pruning and rounding lower that one alone.

Blocks are centred over their units (rows), because what moves all units of a layer alike is written into runs of one
seed in the same way.

Null (twins): the models share their noise and nothing that training wrote; then rho is 0, or, where the data they
share drove both the same way, somewhere below 1.
Alternative (derived): B = c A + unrelated change, for whatever c; then rho is 1, less what B learned since.

The matrices of each role (queries, gates, ...) make a measure of their own: data dictate what values, outputs and
ungated neurons learn far more than queries, keys and gates, so that twins are much more alike in those.

It has no exact null distribution, for how much the data alone make twins alike differs by architecture and
length of training: it is judged beside measured twins and measured derived models (``evidence.calibration``), and
only where another test has shown that something is shared. What is learned first is dictated by seed and data, and
twins drift apart from there: so rho goes with the share of the matrices' energy that the learned part holds on
the side that learned less. A standard error comes from the jackknife over matrices [3].

References:
    [1] F. Benaych-Georges, R. R. Nadakuditi (2012), The singular values and vectors of low rank perturbations of large
        rectangular random matrices.
    [2] M. Gavish, D. L. Donoho (2017), Optimal shrinkage of singular values.
    [3] B. Efron (1982), The jackknife, the bootstrap and other resampling plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.fingerprint.spectrum import learned_spectrum
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]
ONE_MATRIX = 0.1
"""The error of one matrix alone, twice that of the mean of four, which is .05 or less in nine of ten derived pairs."""
_RANK = 48
_SHARED = 4.0


@immutable(eq=False)
class Block:
    """One matrix pair over the same entries, units x features: A's, its k components, and B's.

    Component j of A adds the outer product of ``left[j]`` (units) and ``right[j]`` (features); ``shares[j]`` of it is
    signal. ``layer`` names the layer that the block votes in.
    """

    layer: str
    whole: Array
    left: Array
    right: Array
    shares: Array
    other: Array


@immutable(eq=False)
class Votes:
    """What one block says: the coefficient of B on A's bulk, and for each component coefficient and share of signal.

    ``energy`` is the share of the signal in the squared entries of A.
    """

    layer: str
    bulk: float
    learned: Array
    shares: Array
    energy: float


@immutable
class Ratio:
    """rho of one side, its jackknife standard error, and how many matrices spoke.

    ``bulk_beta`` is the mean coefficient of B on A's bulk, ``learned_beta`` = rho x bulk_beta that on A's signal,
    ``energy`` the mean share of the signal in the squared entries of a matrix.
    """

    learned_beta: float
    bulk_beta: float
    rho: float
    error: float
    matrices: int
    energy: float


@immutable
class Correlation:
    """rho, the correlation of both learned parts, with its standard error; ``bulk`` is that of the bulks.

    ``matrices`` and ``energy`` are those of the side that has fewer, and whose learned part holds less of it.
    """

    rho: float
    error: float
    bulk: float
    matrices: int
    energy: float


def whole_block(layer: str, whole: Array, other: Array) -> Block:
    """The block of two whole matrices, units x features in the same order and basis; A's components are found here.

    ``learned_ratio([whole_block("3", a, b), ...])`` is rho_A; exchange ``a`` and ``b`` for rho_B.
    """
    a, b = centred_units(whole), centred_units(other)
    found = learned_spectrum(np.asarray(a, np.float32), _RANK)
    return Block(layer, a, found.left.T, (found.right * found.values).T, found.shares, b)


def learned_ratio(blocks: Iterable[Block]) -> Ratio | None:
    """rho of A against B; None without a matrix that has a learned part, or where the bulk is not shared.

    >>> rng = np.random.default_rng(0)
    >>> trained = [rng.standard_normal((60, 40)) + 9 * np.outer(*rng.standard_normal((2, 60)))[:, :40] for _ in "abc"]
    >>> round(learned_ratio(whole_block(str(i), w, w / 2) for i, w in enumerate(trained)).rho, 6)
    1.0
    """
    return ratio_of([v for v in map(component_votes, blocks) if v is not None])


def component_votes(block: Block) -> Votes | None:
    """Joint least squares of B on the components of A and on A's bulk; None without a shared bulk.

    Inside a crop the components are not quite orthogonal, so they are fitted together. A bulk is shared where its
    coefficient stands four standard errors above 0: a layer that B has from elsewhere says nothing of the others.
    """
    left, right = block.left.astype(np.float64), block.right.astype(np.float64)
    bulk = block.whole - left.T @ right
    gram = np.empty((len(left) + 1, len(left) + 1))
    gram[1:, 1:] = (left @ left.T) * (right @ right.T)
    gram[0, 1:] = gram[1:, 0] = np.vecdot(left @ bulk, right)
    gram[0, 0] = np.vecdot(bulk, bulk).sum()
    target = np.concatenate([[np.vecdot(bulk, block.other).sum()], np.vecdot(left @ block.other, right)])
    size = np.sqrt(np.diag(gram))
    if not (size > 0).all():
        return None
    betas = np.linalg.lstsq(gram / np.outer(size, size), target / size)[0] / size
    if not betas[0] * size[0] > _SHARED * np.linalg.norm(block.other) / block.other.size**0.5:
        return None
    signal = block.shares @ np.diag(gram)[1:] / np.vecdot(block.whole, block.whole).sum(dtype=np.float64)
    return Votes(block.layer, float(betas[0]), betas[1:], block.shares, float(signal))


def ratio_of(votes: Sequence[Votes]) -> Ratio | None:
    """rho from the votes of all blocks, with its jackknife error; None without one, or without a shared bulk.

    One block alone does not show by how much blocks differ: its error is :data:`ONE_MATRIX`.
    """
    energy = float(np.mean([v.energy for v in votes])) if votes else 0.0
    votes = [v for v in votes if (v.shares > 0).any()]
    if not votes:
        return None
    layers, layer_of = np.unique([v.layer for v in votes], return_inverse=True)
    bulk = np.array([v.bulk for v in votes])
    kept = _all_and_leaving_one_out(len(votes))
    betas = kept @ bulk / kept.sum(axis=1)
    if not (betas > 0).all():
        return None
    votes_in = (layer_of[:, None] == np.arange(len(layers))).astype(np.float64)
    signal, noise, weight = (
        (kept * np.array([v.shares @ part for v, part in zip(votes, parts, strict=True)])) @ votes_in
        for parts in ([v.learned for v in votes], [1 - v.shares for v in votes], [v.shares for v in votes])
    )
    of_layer = (signal / betas[:, None] - noise) / np.where(weight > 0, weight, np.inf)
    rho, *left_out = of_layer.sum(axis=1) / (weight > 0).sum(axis=1)
    error = float(np.std(left_out) * (len(votes) - 1) ** 0.5) if left_out else ONE_MATRIX
    return Ratio(float(rho * betas[0]), float(betas[0]), float(rho), error, len(votes), energy)


def _all_and_leaving_one_out(count: int) -> NDArray[np.float64]:
    """Rows of ones: all of ``count`` matrices, then, if there are more than one, all but each in turn."""
    everything = np.ones((1, count))
    return np.vstack([everything, 1.0 - np.eye(count)]) if count > 1 else everything


def of_both(of_a: Ratio | None, of_b: Ratio | None) -> Correlation | None:
    """The correlations, as geometric means of the coefficients of both sides; None unless both show a learned part.

    0 where a side shares its learned part with the opposite sign. The errors of the sides come of the same matrices,
    and are added up as if they went together.
    """
    if of_a is None or of_b is None:
        return None
    rho = _geometric(of_a.learned_beta, of_b.learned_beta)
    steep = (of_b.learned_beta / of_a.learned_beta) ** 0.5 if rho > 0 else 1.0
    error = (of_a.error * of_a.bulk_beta * steep + of_b.error * of_b.bulk_beta / steep) / 2
    fewest, energy = min(of_a.matrices, of_b.matrices), min(of_a.energy, of_b.energy)
    return Correlation(rho, error, _geometric(of_a.bulk_beta, of_b.bulk_beta), fewest, energy)


def _geometric(x: float, y: float) -> float:
    return float(np.sqrt(max(x, 0.0) * max(y, 0.0)))


def centred_units(units: Array) -> Array:
    """Rows less their mean row."""
    less: Array = units - units.mean(axis=0, dtype=np.float64)
    return less
