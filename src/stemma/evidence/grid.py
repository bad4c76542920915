"""Even grids: the trace of a round trip through integers, row by row."""

from __future__ import annotations

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
    ordered = np.sort(row.astype(np.float64))
    gaps = np.diff(ordered)
    gaps = gaps[gaps > 0]
    if len(gaps) + 1 < _MINIMUM_DISTINCT:
        return None
    step = float(gaps.min())
    multiples = gaps / step
    even = np.all(np.abs(multiples - np.rint(multiples)) < 0.02) and (ordered[-1] - ordered[0]) / step < _LEVELS
    return step if even else None


def on_even_grid(values: Array) -> bool:
    """Whether every row of ``values`` (r x c) lies on an even grid of its own."""
    return len(values) > 0 and all(grid_step(row) is not None for row in values)


def blocks_rounded_to_grid(fine: Array, coarse: Array, length: int = 32) -> float:
    """As :func:`rounded_to_grid`, over blocks of ``length`` entries of a row: quantisation with a scale a block.

    Short blocks lie on some coarse grid more easily than rows, so this names a direction and establishes nothing.
    """
    columns = coarse.shape[1] - coarse.shape[1] % length
    if not columns:
        return 0.0
    return rounded_to_grid(fine[:, :columns].reshape(-1, length), coarse[:, :columns].reshape(-1, length))


def rounded_to_grid(fine: Array, coarse: Array) -> float:
    """Share of the rows of ``coarse`` that lie on an even grid and are those of ``fine`` to the nearest step.

    A matrix whose first row lies on no grid is not quantised: 0.
    """
    if not len(coarse) or grid_step(coarse[0]) is None:
        return 0.0
    hits = 0
    for before, after in zip(fine, coarse, strict=True):
        step = grid_step(after)
        if step is not None and float(np.abs(after - before).max()) <= 0.51 * step:
            hits += 1
    return hits / max(1, len(coarse))
