"""S5: a model as a mixture of others, matrix by matrix, judged on positions that took no part in the fit.

Per matrix y - r = sum_i w_i (x_i - r), r one of the members: weights that sum to one. Every matrix is fitted on one
half of its positions and judged on the other, and the other way round. RSS is the sum of squares left there.

    gain = 1 - RSS(mixture) / RSS(best single model)

Null of a gain: the members only lie near (siblings, an ancestor of a parent). Then y keeps a part of its own, and the
mixture at best takes away what its members happen to have in common with it.

References:
    [1] G. Ilharco et al. (2023), Editing models with task arithmetic.
    [2] M. Wortsman et al. (2022), Model soups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.distances import Array, Points
from stemma.immutable import immutable

Groups = NDArray[np.int64]

_RIDGE = 1e-12
_MOST_PAIRED = 48
_WORTH_ONE_MORE = 0.9


@immutable
class Mixture:
    """Members by row, and the sum of squares left out of sample."""

    members: tuple[int, ...]
    left: float


class Folds:
    """Inner products per matrix and half: fits of any model by any others cost no further look at the data.

    Differences to row 0 are multiplied, for models differ by much less than they measure.
    """

    def __init__(self, points: Points) -> None:
        halves = _halves(points.matrix)
        shifted = points.values - points.values[0]
        size, count = len(points.keys), len(shifted)
        self._grams = np.zeros((2, size, count, count))
        for half in (0, 1):
            for number in range(size):
                block = shifted[:, (points.matrix == number) & (halves == half)]
                self._grams[half, number] = block @ block.T

    def left(self, target: int, members: Sequence[int]) -> float:
        """Sum of squares out of sample of ``target`` (a row) as a mixture of ``members``, whose weights sum to one."""
        anchor, others = members[0], list(members[1:])
        moved = self._moved([target, *others], anchor)
        if not others:
            return float(moved[..., 0, 0].sum())
        total = 0.0
        for fit, test in ((0, 1), (1, 0)):
            weights = _solve(moved[fit][:, 1:, 1:], moved[fit][:, 1:, 0])
            signed = np.concatenate([np.ones((len(weights), 1)), -weights], axis=1)
            total += float(np.einsum("mi,mij,mj->", signed, moved[test], signed))
        return max(total, 0.0)

    def best_pair(self, target: int, rows: Sequence[int]) -> Mixture:
        """The pair of ``rows`` that leaves least, all pairs at once."""
        at = list(rows)
        moved = self._moved(at, target)
        own = np.einsum("hmii->hmi", moved)
        apart = own[..., :, None] + own[..., None, :] - 2 * moved
        along = own[..., None, :] - moved  # <y - x_j, x_i - x_j>
        steady = _RIDGE * (apart + apart.mean(axis=1, keepdims=True) + 1e-30)
        weights = along / (apart + steady)
        total = np.zeros((len(at), len(at)))
        for fit, test in ((0, 1), (1, 0)):
            w = weights[fit]
            total += (own[test][:, None, :] - 2 * w * along[test] + w**2 * apart[test]).sum(axis=0)
        i, j = np.triu_indices(len(at), 1)
        both = (total[i, j] + total[j, i]) / 2
        best = int(np.argmin(both))
        pair = (at[int(i[best])], at[int(j[best])])
        return Mixture(pair, self.left(target, pair))

    def _moved(self, rows: Sequence[int], anchor: int) -> NDArray[np.float64]:
        """Inner products of the differences of ``rows`` to the row ``anchor``."""
        g = self._grams
        inner = g[:, :, rows][:, :, :, rows]
        across = g[:, :, rows, anchor]
        own = g[:, :, anchor, anchor]
        return np.asarray(inner - across[..., :, None] - across[..., None, :] + own[..., None, None])


def best_single(folds: Folds, target: int, rows: Sequence[int]) -> Mixture:
    """The candidate that lies nearest."""
    return min((Mixture((row,), folds.left(target, (row,))) for row in rows), key=_order)


def grow(folds: Folds, target: int, rows: Sequence[int], most: int) -> Iterator[Mixture]:
    """The best mixtures found of two members, three, ... up to ``most``: the best pair, then one member at a time.

    Ends where one more member takes away less than a tenth of what is left.
    """
    singles = {row: folds.left(target, (row,)) for row in rows}
    near = sorted(rows, key=lambda row: (singles[row], row))[:_MOST_PAIRED]
    if len(near) < 2:
        return
    last = folds.best_pair(target, near)
    nearest = singles[near[0]]
    yield last
    while len(last.members) < min(most, len(near)):
        grown = [(*last.members, row) for row in near if row not in last.members]
        best = min((Mixture(m, folds.left(target, m)) for m in grown), key=_order)
        if best.left > _WORTH_ONE_MORE * last.left:
            return
        last = _exchanged(folds, target, near, best) if best.left < nearest / 2 else best
        yield last


def _exchanged(folds: Folds, target: int, rows: Sequence[int], mixture: Mixture) -> Mixture:
    """Members exchanged one by one for others where that helps clearly: what greed chose early may be in the way."""
    for _ in mixture.members:
        options = [
            (*mixture.members[:at], row, *mixture.members[at + 1 :])
            for at in range(len(mixture.members))
            for row in rows
            if row not in mixture.members
        ]
        better = min((Mixture(m, folds.left(target, m)) for m in options), key=_order, default=mixture)
        if better.left > 0.5 * mixture.left:
            break
        mixture = better
    return mixture


def _order(mixture: Mixture) -> tuple[float, tuple[int, ...]]:
    return mixture.left, mixture.members


def weights_by_group(points: Points, target: int, members: Sequence[int], group: Groups, *, affine: bool) -> Array:
    """Least-squares weights (groups x members); ``affine`` makes them sum to one. ``group`` numbers every position."""
    rows, y = points.values[list(members)], points.values[target]
    count = int(group.max()) + 1
    return np.stack([weights_of(y[group == g], rows[:, group == g], affine=affine) for g in range(count)])


def exactness(points: Points, target: int, members: Sequence[int], weights: Array) -> float:
    """Mean square of what ``weights`` (matrices x members) leave, over what rounding alone would leave.

    Rounding: the stored type of the target, and float32 arithmetic on the members.
    """
    rows = points.values[list(members)]
    made = (weights[points.matrix].T * rows).sum(axis=0)
    arithmetic = np.abs(rows).max(axis=0) * 2.0**-24
    floor = points.rounding[target] ** 2 + arithmetic**2
    degrees = max(1, len(made) - weights.size) / len(made)
    return float(((points.values[target] - made) ** 2).sum() / max(float(floor.sum()), 1e-300) / degrees)


def weights_of(y: Array, rows: Array, *, affine: bool) -> Array:
    """Least-squares weights of ``rows`` (k x n) for ``y`` (n)."""
    if not affine:
        return np.asarray(np.linalg.lstsq(rows.T, y, rcond=None)[0])
    if len(rows) == 1:
        return np.ones(1)
    others = np.linalg.lstsq((rows[1:] - rows[0]).T, y - rows[0], rcond=None)[0]
    return np.concatenate([[1.0 - others.sum()], others])


def _halves(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which half every position belongs to: the low bits of a multiplicative hash of its place."""
    starts = np.searchsorted(matrix, matrix)
    return ((np.arange(len(matrix)) - starts) * 40503 >> 5) & 1


def _solve(gram: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    size = gram.shape[-1]
    # Members that are equal in a whole matrix leave nothing to solve for there; the size of other matrices steadies it.
    sizes = np.einsum("mii->m", gram) / size
    stable = gram + _RIDGE * (sizes + sizes.mean() + 1e-30)[:, None, None] * np.eye(size)
    return np.asarray(np.linalg.solve(stable, right[..., None])[..., 0])
