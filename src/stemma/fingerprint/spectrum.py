"""What training wrote into a matrix: the singular components above the edge of the noise.

A trained matrix is modelled as noise of one variance plus a few strong directions. The noise of an m x n matrix with
entry variance s^2 has singular values up to about s (sqrt m + sqrt n) [1]; its largest stays below the *edge*, a little
above that, in 99 % of draws [3]. Components above the edge are the *learned part*, the rest is the *bulk*. s^2 is
estimated from the energy left after the components above the edge are removed, repeated until their set no longer
changes.

A component is never pure: noise leans towards the strong directions. :func:`signal_shares` says how much of each is
signal. Blocks are :func:`centred` over their units first, for what moves all units alike (a bias of the inputs) is
written by the data into runs of one seed in the same way.

References:
    [1] V. A. Marchenko, L. A. Pastur (1967), Distribution of eigenvalues for some sets of random matrices.
    [2] C. Musco, C. Musco (2015), Randomized block Krylov methods for stronger and faster approximate singular value
        decomposition, algorithm 2.
    [3] I. M. Johnstone (2001), On the distribution of the largest eigenvalue in principal components analysis.
    [4] F. Benaych-Georges, R. R. Nadakuditi (2012), The singular values and vectors of low rank perturbations of large
        rectangular random matrices.
    [5] M. Gavish, D. L. Donoho (2017), Optimal shrinkage of singular values, equation 7 (Frobenius loss).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import shake_128
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from stemma.immutable import immutable

Matrix = NDArray[np.float32]
Precise = NDArray[np.float64]
T = TypeVar("T", np.float32, np.float64)

_EXACT_SIDE = 128
_OVERSAMPLING = 8
_KRYLOV_WIDTH, _KRYLOV_STEPS = 16, 6
_TRACY_WIDOM_99 = 2.0234  # 99 % point of the Tracy-Widom law of order 1


@immutable(eq=False)
class Spectrum:
    """The learned part of a block of ``shape``: ``values`` (above ``edge``) with their singular vectors.

    ``noise`` is the estimated standard deviation of an entry of the bulk, ``energy`` the squared Frobenius norm.
    ``capped`` tells that every computed component lay above the edge, so that there may be more.
    """

    shape: tuple[int, int]
    values: NDArray[np.float32]
    left: Matrix
    right: Matrix
    noise: float
    edge: float
    energy: float
    capped: bool

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of signal in each component."""
        return signal_shares(self.values, self.noise, self.shape)

    def learned(self, rows: int, columns: int) -> Matrix:
        """The learned part at ``[:rows, :columns]``."""
        weighted = self.left[:rows] * self.values
        return (weighted @ self.right[:columns].T).astype(np.float32, copy=False)


def centred(block: Matrix, axis: int) -> Matrix:
    """``block`` less its mean over ``axis``, the axis that its units lie on."""
    less: Matrix = block - block.mean(axis=axis, keepdims=True, dtype=np.float64).astype(np.float32)
    return less


def signal_shares(values: NDArray[np.floating[Any]], noise: float, shape: tuple[int, int]) -> NDArray[np.float64]:
    """How much of each component u s v' of a noisy block is signal: <signal, u v'> / s, between 0 and 1.

    With y = s / (noise sqrt(n)) and b = m / n for an m x n block, m <= n, it is sqrt((y^2 - b - 1)^2 - 4 b) / y^2
    above the edge and 0 below: the singular value left by optimal shrinkage [5], divided by s; it follows from the
    angles between the singular vectors of the block and those of the signal [4]. The rest, 1 less the share, is noise.

    >>> signal_shares(np.array([1.9, 2.1, 4.0, 40.0]), 0.1, (100, 100)).round(3).tolist()
    [0.0, 0.305, 0.866, 0.999]
    """
    values = np.asarray(values, np.float64)
    if not noise > 0:
        return np.ones_like(values)
    shorter, longer = min(shape), max(shape)
    squares = (values / noise) ** 2 / longer
    aspect = shorter / longer
    above = np.maximum((squares - aspect - 1) ** 2 - 4 * aspect, 0.0) * (squares > (1 + aspect**0.5) ** 2)
    shares: NDArray[np.float64] = np.sqrt(above) / np.maximum(squares, np.finfo(np.float64).tiny)
    return shares


def learned_spectrum(block: Matrix, rank: int) -> Spectrum:
    """Components of ``block`` (m x n, float32, finite) above the noise edge, at most ``rank`` of them."""
    m, n = block.shape
    double = block.astype(np.float64)
    energy = float(np.vecdot(double, double).sum())
    rank = min(rank, max(1, min(m, n) // 4))
    left, precise, right = _leading_components(block, double, energy, rank)
    count, noise = _components_above_edge(precise, energy, m, n)
    values = precise.astype(np.float32)
    edge = _edge(noise, m, n)
    return Spectrum((m, n), values[:count], left[:, :count], right[:, :count], noise, edge, energy, count == rank)


def _edge(noise: float, m: int, n: int) -> float:
    """The 99 % point of the largest singular value of m x n noise: its square is centre + spread x Tracy-Widom [3]."""
    root = m**0.5 + n**0.5
    spread = root * (m**-0.5 + n**-0.5) ** (1 / 3)
    return float(noise * (root**2 + _TRACY_WIDOM_99 * spread) ** 0.5)


def _components_above_edge(values: Precise, energy: float, m: int, n: int) -> tuple[int, float]:
    """Grow the set of components until the edge implied by the remaining energy stands below none outside it.

    What remains is a small difference where few directions are strong: in single precision processors disagree on it.
    """
    squares = np.cumsum(values**2)
    count = 0
    while True:
        removed = float(squares[count - 1]) if count else 0.0
        freedom = m * n - count * (m + n - count)
        noise = (max(energy - removed, 0.0) / max(freedom, 1)) ** 0.5
        above = int(np.count_nonzero(values > _edge(noise, m, n)))
        if above <= count:
            return count, noise
        count = above


def _leading_components(block: Matrix, double: Precise, energy: float, rank: int) -> tuple[Matrix, Precise, Matrix]:
    """The leading components of a block that is given in both precisions.

    Directions are found in single precision; what is measured along them is not, so that processors agree on it.
    """
    m, n = block.shape
    if min(m, n) <= _EXACT_SIDE:
        if m <= n:
            return _exact_components(double, rank)
        right, values, left = _exact_components(double.T, rank)
        return left, values, right
    basis = _orthonormal(_strong_directions(block, energy, rank).astype(np.float64))
    projected = basis.T @ double
    squares, rotation = np.linalg.eigh(projected @ projected.T)
    order = np.argsort(-squares)[:rank]
    values = np.sqrt(np.maximum(squares[order], 0.0))
    rotation = rotation[:, order]
    right = (projected.T @ rotation) / np.where(values > 0, values, 1.0)
    return (basis @ rotation).astype(np.float32), values, right.astype(np.float32)


def _strong_directions(block: Matrix, energy: float, rank: int) -> Matrix:
    """The m x k left directions of a block along which it may stand above the edge, and some more.

    A block Krylov method [2]: few directions at a time, and none of those that were passed is dropped.
    """
    m, n = block.shape
    basis = latest = _orthonormal(block @ _start(n))
    seen = block.T @ latest
    for _ in range(_KRYLOV_STEPS - 1):
        latest = block @ seen[:, -latest.shape[1] :]
        for _ in range(2):  # once more against what rounding left of the first
            latest = _orthonormal(latest - basis @ (basis.T @ latest))
        basis, seen = np.hstack([basis, latest]), np.hstack([seen, block.T @ latest])
    squares, rotation = np.linalg.eigh((seen.T @ seen).astype(np.float64))
    values = np.sqrt(np.maximum(squares[::-1], 0.0))
    count = _components_above_edge(values[:rank], energy, m, n)[0] + _OVERSAMPLING
    kept: Matrix = basis @ rotation[:, ::-1][:, :count].astype(np.float32)
    return kept


@lru_cache(maxsize=4)
def _start(n: int) -> Matrix:
    """The directions that every block of ``n`` columns is first looked at along: signs at random."""
    bits = np.unpackbits(np.frombuffer(shake_128(b"start").digest(n * _KRYLOV_WIDTH // 8), np.uint8))
    return (2 * bits.reshape(n, _KRYLOV_WIDTH).astype(np.float32)) - 1


def _exact_components(double: Precise, rank: int) -> tuple[Matrix, Precise, Matrix]:
    """From the eigenvectors of the m x m Gram matrix; the block is m x n with m <= n."""
    squares, left = np.linalg.eigh(double @ double.T)
    squares, left = squares[::-1][:rank], left[:, ::-1][:, :rank]
    values = np.sqrt(np.maximum(squares, 0.0))
    right = (double.T @ left) / np.where(values > 0, values, 1.0)
    return left.astype(np.float32), values, right.astype(np.float32)


def _orthonormal(columns: NDArray[T]) -> NDArray[T]:
    """An orthonormal basis of the span of m x k columns with k far below m, from their k x k Gram matrix.

    Directions below 1e-5 of the strongest drown in float32 rounding and carry no component above an edge.
    """
    squares, rotation = np.linalg.eigh((columns.T @ columns).astype(np.float64))
    kept = squares > squares.max(initial=0.0) * 1e-10
    scaled = (rotation[:, kept] / np.sqrt(squares[kept])).astype(columns.dtype)
    basis: NDArray[T] = columns @ scaled
    return basis
