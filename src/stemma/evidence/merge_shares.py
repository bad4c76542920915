"""Coefficients of a merge that was found: overall with their errors, and layer by layer.

Errors are of the jackknife over matrices: how much the coefficient would move were single matrices left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stemma.evidence.distances import Array, Points
from stemma.evidence.merge_elementwise import Elementwise
from stemma.evidence.merge_fit import Groups, weights_by_group
from stemma.evidence.merge_mixture import Found
from stemma.evidence.merge_passthrough import Layer, Taken
from stemma.immutable import immutable

_ANGLE_ROOM = 0.15


@immutable(eq=False)
class Shares:
    """One coefficient, standard error and kept density a name; ``curve`` is layers x names, ``places`` the layers."""

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    density: tuple[float, ...]
    places: tuple[Layer, ...]
    curve: Array


def linear_shares(points: Points, found: Found) -> Shares:
    """Weights of the members, the base left out (its share is what the others leave of one)."""
    tasks = [at for at, row in enumerate(found.members) if row != found.base]
    if found.exact:
        by_matrix = found.weights
        left_out = by_matrix.mean(axis=0) + (by_matrix.mean(axis=0) - by_matrix) / max(1, len(by_matrix) - 1)
        overall = by_matrix.mean(axis=0)
    else:
        overall = found.weights[0]
        left_out = np.stack([_without(points, found, number) for number in range(len(points.keys))])
    places, group = _layers(points)
    curve = weights_by_group(points, 0, found.members, group, affine=found.affine)
    return _shares(
        points, [found.members[t] for t in tasks], overall[tasks], left_out[:, tasks], places, curve[:, tasks]
    )


def _without(points: Points, found: Found, number: int) -> Array:
    kept = points.matrix != number
    some = Points(
        points.names, points.values[:, kept], points.rounding[:, kept], points.matrix[kept], points.keys, points.layers
    )
    return np.asarray(weights_by_group(some, 0, found.members, np.zeros_like(some.matrix), affine=True)[0])


def slerp_shares(points: Points, found: Found) -> Shares | None:
    """Shares (1 - t, t) of a spherical mixture of two; None where the weights are none of such a mixture.

    Weights s0 = sin((1 - t) w) / sin w and s1 = sin(t w) / sin w obey s0^2 + s1^2 + 2 s0 s1 cos w = 1, which gives the
    angle w; it must be the one between the two parents, as far as the positions show that.
    """
    if len(found.members) != 2:
        return None
    s0, s1 = found.weights.T
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (1 - s0**2 - s1**2) / (2 * s0 * s1)
    usable = np.isfinite(cosine) & (np.abs(cosine) < 1) & (s0 > 0.02) & (s1 > 0.02)
    seen = np.array([_cosine(points, found.members, number) for number in range(len(points.keys))])
    if not usable.any() or float(np.median(np.abs(cosine - seen)[usable])) > _ANGLE_ROOM:
        return None
    angle = np.arccos(np.clip(np.where(usable, cosine, seen), -1.0, 1.0))
    t = np.arctan2(s1 * np.sin(angle), s0 + s1 * np.cos(angle)) / angle
    by_matrix = np.stack([1 - t, t], axis=1)
    overall = by_matrix.mean(axis=0)
    left_out = overall + (overall - by_matrix) / max(1, len(t) - 1)
    places, group = _layers(points)
    of_matrix = np.array([group[points.matrix == number][0] for number in range(len(points.keys))])
    curve = np.stack([by_matrix[of_matrix == g].mean(axis=0) for g in range(len(places))])
    return _shares(points, found.members, overall, left_out, places, curve)


def elementwise_shares(points: Points, found: Elementwise) -> Shares:
    """Coefficients as found over all entries; by layer and without single matrices in proportion to what was kept."""
    d = points.values[list(found.tasks)] - points.values[found.base]
    changed = d != 0
    overall = np.array(found.coefficients)
    whole = np.array([found.active[i][changed[i]].mean() for i in range(len(d))])

    def scaled(kept: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.array([found.active[i][changed[i] & kept].mean() for i in range(len(d))])
        return overall * (1.0 if found.by_size else shares / whole)

    left_out = np.stack([scaled(points.matrix != number) for number in range(len(points.keys))])
    places, group = _layers(points)
    curve = np.stack([scaled(group == g) for g in range(len(places))])
    made = _shares(points, found.tasks, overall, left_out, places, curve)
    return Shares(made.names, made.coefficients, made.errors, found.density, made.places, made.curve)


def taken_shares(taken: Taken) -> Shares:
    """Shares of layers; nothing is estimated, so the errors are zero."""
    sources = [name for name, _ in taken.source.values()]
    names = tuple(sorted(set(sources)))
    shares = tuple(sources.count(name) / len(sources) for name in names)
    places = tuple(sorted(taken.source))
    curve = np.array([[float(taken.source[p][0] == name) for name in names] for p in places])
    return Shares(names, shares, (0.0,) * len(names), (1.0,) * len(names), places, curve)


def _shares(
    points: Points, rows: Sequence[int], overall: Array, left_out: Array, places: tuple[Layer, ...], curve: Array
) -> Shares:
    count = len(left_out)
    errors = np.sqrt((count - 1) / count * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    order = sorted(range(len(rows)), key=lambda at: (-overall[at], points.names[rows[at]]))
    return Shares(
        tuple(points.names[rows[at]] for at in order),
        tuple(float(overall[at]) for at in order),
        tuple(float(errors[at]) for at in order),
        (1.0,) * len(rows),
        places,
        curve[:, order],
    )


def _layers(points: Points) -> tuple[tuple[Layer, ...], Groups]:
    places = tuple(sorted(set(points.layers)))
    number = np.array([places.index(layer) for layer in points.layers])
    return places, number[points.matrix]


def _cosine(points: Points, members: Sequence[int], number: int) -> float:
    a, b = points.values[list(members)][:, points.matrix == number]
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-300))
