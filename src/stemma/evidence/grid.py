"""Even grids: the trace of a round trip through integers, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

_LEVELS = 256
_MINIMUM_DISTINCT = 8


def grid_step(row: Array) -> float | None:
    """The step of the even grid that the values of ``row`` lie on, or None.

    The step is the smallest gap between distinct values; every other gap must be a multiple of it, at most 255 times.

    >>> grid_step(np.array([-3.0, -1.0, 0.0, 1.0, 2.0, 4.0, 5.0, 7.0]) / 4)
    0.25
    """
    step = float(grid_steps(row[None])[0])
    return None if math.isnan(step) else step


def grid_steps(rows: Array) -> Array:
    """The step of each row of ``rows`` (r x c) as :func:`grid_step` gives it; NaN where there is none."""
    ordered = np.sort(rows.astype(np.float64), axis=1)
    gaps = np.diff(ordered, axis=1)
    real = gaps > 0
    steps = np.where(real, gaps, np.inf).min(axis=1, initial=np.inf)
    multiples = gaps / steps[:, None]
    even = ((np.abs(multiples - np.rint(multiples)) < 0.02) | ~real).all(axis=1)
    even &= real.sum(axis=1) + 1 >= _MINIMUM_DISTINCT
    even &= (ordered[:, -1] - ordered[:, 0]) / steps < _LEVELS
    return np.where(even, steps, np.nan)


def on_even_grid(values: Array) -> bool:
    """Whether every row of ``values`` (r x c) lies on an even grid of its own."""
    return len(values) > 0 and bool(np.isfinite(grid_steps(values)).all())


def rounded_shares(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """:func:`rounded_to_grid` of each pair; their first rows are judged at once, for most lie on no grid."""
    shares = np.zeros(len(pairs))
    for width in {coarse.shape[1] for _, coarse in pairs if coarse.size}:
        same = [i for i, (_, coarse) in enumerate(pairs) if coarse.size and coarse.shape[1] == width]
        on_grid = np.isfinite(grid_steps(np.stack([pairs[i][1][0] for i in same])))
        for i in compress(same, on_grid):
            shares[i] = rounded_to_grid(*pairs[i])
    return shares


def in_blocks(values: Array, length: int = 32) -> Array:
    """Rows cut into blocks of ``length`` entries, each a row: quantisation with a scale a block.

    Short blocks lie on some coarse grid more easily than rows, so these name a direction and establish nothing.
    """
    columns = values.shape[1] - values.shape[1] % length
    return values[:, :columns].reshape(-1, length)


def rounded_to_grid(fine: Array, coarse: Array) -> float:
    """Share of the rows of ``coarse`` that lie on an even grid and are those of ``fine`` to the nearest step.

    A matrix whose first row lies on no grid is not quantised: 0.
    """
    if not coarse.size or grid_step(coarse[0]) is None:
        return 0.0
    hits = np.abs(coarse - fine).max(axis=1) <= 0.51 * grid_steps(coarse)
    return int(hits.sum()) / len(coarse)
