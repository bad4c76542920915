"""First matches without a common basis or a shared token: neurons by how they stand to all other neurons.

The inner products of a layer's units with each other do not change when the residual stream is rotated, and permuting
the units only permutes them. So every unit is described by the sorted cosines of its views with the views of all
others, and units with like descriptions are paired.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.aligned.basis import unit_rows
from stemma.evidence.aligned.blocks import Units
from stemma.evidence.aligned.interface import Array
from stemma.evidence.aligned.neurons import Matches, mutual

_EXTREMES, _QUANTILES = 12, 24
_BLOCK = 512


def signatures(units: Units) -> Array:
    """One row per unit: extremes and quantiles of its cosines with all units, for every pair of views."""
    views = {n: unit_rows(v) for n, v in units.views.items()}
    return np.hstack(
        [
            _sorted_cosines(views[p], views[q], absolute=(p in units.free) != (q in units.free))
            if p != q or p not in units.free
            else _sorted_cosines(views[p], views[q], absolute=True)
            for p, q in combinations_with_replacement(sorted(views), 2)
        ]
    )


def _sorted_cosines(x: Array, y: Array, *, absolute: bool) -> Array:
    picked = _places(len(y))
    own = np.empty((len(x), len(picked) + 1), np.float32)
    for start in range(0, len(x), _BLOCK):
        cosines = x[start : start + _BLOCK] @ y.T
        if absolute:
            np.abs(cosines, out=cosines)
        index = np.arange(len(cosines))
        own[start : start + _BLOCK, -1] = cosines[index, start + index]
        cosines.sort(axis=1)
        own[start : start + _BLOCK, :-1] = cosines[:, picked]
    return own


def _places(count: int) -> NDArray[np.int64]:
    ends = np.concatenate([np.arange(min(_EXTREMES, count)), count - 1 - np.arange(min(_EXTREMES, count))])
    middle = np.linspace(0, count - 1, _QUANTILES).round()
    return np.unique(np.concatenate([ends, middle]).astype(np.int64))


def seed_matches(a: Array, b: Array) -> Matches:
    """Mutual nearest neighbours between descriptions, every feature put to its standard score in its own model."""
    if a.shape[1] != b.shape[1]:
        return np.full(len(a), -1)
    x, y = _standard(a), _standard(b)
    distance = np.vecdot(x, x)[:, None] - 2 * (x @ y.T) + np.vecdot(y, y)
    return mutual(-distance)


def _standard(features: Array) -> Array:
    spread = features.std(axis=0)
    scaled: Array = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return scaled
