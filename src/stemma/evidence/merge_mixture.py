"""S5, mixtures: which candidates a model is a weighted mean of, exactly or but for some training after it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from stemma.evidence.distances import Array, Points
from stemma.evidence.merge_fit import Folds, Mixture, best_single, exactness, grow, weights_by_group
from stemma.immutable import immutable

MOST_MEMBERS = 6
EXACT = 12.0
_EXACT_GAIN = 0.9
_LEFT_OF_SINGLE = 0.4
_MEMBER_FACTOR, _FAR_BELOW = 2.5, 0.1
_LEAST_SHARE, _LEAST_SHARE_EXACT, _NOISE = 0.03, 0.004, 0.02
_APART, _CLOSE = 0.5, 0.1


@immutable(eq=False)
class Found:
    """Members (rows), their weights by matrix (matrices x members), and how they were found. ``affine``: the weights
    sum to one in every matrix. ``base`` is the member that the others were made of, where the mixture is one of
    changes. ``single`` and ``left`` are sums of squares out of sample: of the nearest candidate, of the mixture."""

    members: tuple[int, ...]
    weights: Array
    affine: bool
    exact: bool
    base: int | None
    single: float
    left: float

    @property
    def gain(self) -> float:
        """What mixing takes away of the distance to the nearest single candidate."""
        return 1.0 - self.left / self.single if self.single > 0 else 0.0


@immutable
class NotFound:
    """Why there is no mixture, and the candidates (rows) that are no mixtures themselves."""

    reason: str
    open: tuple[int, ...]


def find_mixture(points: Points, folds: Folds, rows: Sequence[int], *, exact_only: bool) -> Found | NotFound:
    """Row 0 as a mixture of ``rows``. With ``exact_only`` nothing beyond rounding may be left.

    A candidate that turns up, as the nearest or as a member, and is itself a mixture of the others steps back.
    """
    open_ = list(rows)
    nearest = best_single(folds, 0, rows)
    if exactness(points, 0, nearest.members, np.ones((len(points.keys), 1))) <= EXACT:
        return NotFound(f"the model is {points.names[nearest.members[0]]} but for rounding", tuple(open_))
    checked: set[int] = set()
    while True:
        found = _explained(points, folds, 0, open_, exact_only=exact_only)
        turned_up = (*best_single(folds, 0, open_).members, *(found.members if found else ()))
        stepping = next(
            (row for row in turned_up if row not in checked and _is_mixture(points, folds, row, open_)), None
        )
        checked.update(turned_up if stepping is None else turned_up[: turned_up.index(stepping)])
        if stepping is None:
            break
        open_.remove(stepping)
    if found is None:
        return NotFound("no mixture of the candidates comes close enough", tuple(open_))
    if not found.exact and nearest.left <= found.left:
        return NotFound(f"{points.names[nearest.members[0]]} lies nearer than any mixture", tuple(open_))
    return found


def _is_mixture(points: Points, folds: Folds, row: int, rows: Sequence[int]) -> bool:
    others = [r for r in rows if r != row]
    return _explained(points, folds, row, others, exact_only=False) is not None


def _explained(points: Points, folds: Folds, target: int, rows: Sequence[int], *, exact_only: bool) -> Found | None:
    """The mixture that accounts for ``target``. Where an exact one needs a negative share, the member with the largest
    share lies between the target and the rest: it was made of the target, and the search goes on without it."""
    open_ = list(rows)
    floor = float((points.rounding[target] ** 2).sum())
    while len(open_) > 1:
        single = best_single(folds, target, open_)
        if single.left <= EXACT * floor:
            return None
        found = _first(points, folds, target, open_, single.left, exact_only=exact_only)
        if not isinstance(found, int):
            return found
        open_.remove(found)
    return None


def _first(
    points: Points, folds: Folds, target: int, rows: Sequence[int], single: float, *, exact_only: bool
) -> Found | int | None:
    """The smallest mixture that holds, or the member of an exact one that was itself made of the target."""
    for mixture in grow(folds, target, rows, MOST_MEMBERS):
        found = _exact(points, folds, target, mixture, single)
        if found is None and not exact_only:
            found = _nearly(points, folds, target, mixture, single)
        if found is not None:
            return found
    return None


def _exact(points: Points, folds: Folds, target: int, mixture: Mixture, single: float) -> Found | int | None:
    """A mixture that leaves no more than rounding, and of which no member can be spared."""
    members = mixture.members
    for affine in (True, False) if len(members) == 2 else (True,):
        weights = weights_by_group(points, target, members, points.matrix, affine=affine)
        if exactness(points, target, members, weights) > EXACT:
            continue
        left = mixture.left if affine else _left_in_sample(points, target, members, weights)
        if left > (1 - _EXACT_GAIN) * single or (affine and not _needed(folds, target, mixture)):
            continue
        if not _mixes(weights, _LEAST_SHARE_EXACT):
            continue
        base = _base(points, members, weights)
        if _signs_allow(weights, members, base):
            return Found(members, weights, affine, True, base, single, left)
        return members[int(weights.mean(axis=0).argmax())]
    return None


def _nearly(points: Points, folds: Folds, target: int, mixture: Mixture, single: float) -> Found | None:
    """The operating point for mixtures that were trained on."""
    members = mixture.members
    if mixture.left > _LEFT_OF_SINGLE / len(members) * single or not _needed(folds, target, mixture):
        return None
    pooled = weights_by_group(points, target, members, np.zeros_like(points.matrix), affine=True)
    by_matrix = weights_by_group(points, target, members, points.matrix, affine=True)
    if pooled.min() < _LEAST_SHARE or np.quantile(by_matrix, 0.05) < -_FAR_BELOW or not _mixes(by_matrix, _NOISE):
        return None
    weights = np.repeat(pooled, len(points.keys), axis=0)
    return Found(members, weights, True, False, _base(points, members, weights), single, mixture.left)


def _needed(folds: Folds, target: int, mixture: Mixture) -> bool:
    """Whether leaving out any member makes what is left clearly larger."""
    without = (tuple(m for m in mixture.members if m != gone) for gone in mixture.members)
    return all(folds.left(target, rest) >= _MEMBER_FACTOR * mixture.left for rest in without)


def _signs_allow(weights: Array, members: Sequence[int], base: int | None) -> bool:
    """Shares are positive in every matrix; the base of a sum of changes alone may come out below zero.

    Three points on a line fit each other in every order: the merge is the one in the middle.
    """
    tasks = [at for at, row in enumerate(members) if row != base]
    return bool((weights[:, tasks].mean(axis=0) >= _LEAST_SHARE_EXACT).all() and weights[:, tasks].min() > -_NOISE)


def _mixes(weights: Array, least: float) -> bool:
    """Whether most matrices hold something of two members: else whole matrices were exchanged, as disguises do."""
    return bool((((np.abs(weights) > least).sum(axis=1)) > 1).mean() > 0.5)


def _base(points: Points, members: Sequence[int], weights: Array) -> int | None:
    """Of three members or more, the one with a share below zero from which the others lead apart: changes of it were
    added up to more than one. Where they add up to less, the base is one more parent of a linear mixture."""
    if len(members) < 3:
        return None
    cosines = {row: largest_cosine(points, row, [m for m in members if m != row]) for row in members}
    below = [row for at, row in enumerate(members) if weights[:, at].mean() < 0]
    if len(below) != 1 or cosines[below[0]] > min(_APART, min(cosines.values()) + _CLOSE):
        return None
    return below[0]


def largest_cosine(points: Points, origin: int, rows: Sequence[int]) -> float:
    """The largest cosine between the changes that lead from ``origin`` to ``rows``; 0 for fewer than two."""
    d = points.values[list(rows)] - points.values[origin]
    norms = np.linalg.norm(d, axis=1)
    return max(
        (float(d[i] @ d[j] / max(norms[i] * norms[j], 1e-300)) for i, j in combinations(range(len(d)), 2)), default=0.0
    )


def _left_in_sample(points: Points, target: int, members: Sequence[int], weights: Array) -> float:
    made = (weights[points.matrix].T * points.values[list(members)]).sum(axis=0)
    return float(((points.values[target] - made) ** 2).sum())
