"""S1 of every layer of one model against every layer of another, at the price of two matrix products.

T adds up entry by entry, so all pairs of layers come from one product of their units, laid out flat. Its null variance
needs the sum of squares of G = A B', which is the inner product of A'A and B'B: again one product for all pairs. The
third moment has no such form; who needs it takes :func:`stemma.evidence.order.layer_trace` of the pair. Where units
have so many features that A'A would be large, which no fingerprint of ours has, pairs are looked at one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.order import MINIMUM_UNITS, UnitsOf
from stemma.evidence.trace import Prepared, trace_of
from stemma.evidence.units import Crop, Group, LayerParts, corner_shape, shared_crops
from stemma.immutable import immutable

Matrix = NDArray[np.floating[Any]]

WIDEST = 1024
"""Features of units up to which A'A is made; corners of the default size have at most 576."""


@immutable(eq=False)
class Grid:
    """For each pair (row, column): T in null standard deviations, NaN where nothing can be compared; its units."""

    z: NDArray[np.float64]
    units: NDArray[np.int64]

    def filled_from(self, other: Grid) -> Grid:
        """This grid, with the other's pairs where this one has none."""
        missing = np.isnan(self.z)
        return Grid(np.where(missing, other.z, self.z), np.where(missing, other.units, self.units))


def grid_of(
    rows: Sequence[LayerParts], columns: Sequence[LayerParts], group: Group, units: UnitsOf, widest: int = WIDEST
) -> Grid:
    """S1 on a group that whole layers exchange (MLP neurons, state-space channels), for every row and column."""
    z = np.full((len(rows), len(columns)), np.nan)
    counts = np.zeros(z.shape, np.int64)
    for some_rows in _alike(rows):
        for some_columns in _alike(columns):
            here = np.ix_(some_rows, some_columns)
            crops = shared_crops(rows[some_rows[0]], columns[some_columns[0]], group, None)
            z[here], counts[here] = _block(
                [rows[i] for i in some_rows], [columns[j] for j in some_columns], crops, units, widest
            )
    return Grid(z, counts)


def _alike(layers: Sequence[LayerParts]) -> list[list[int]]:
    """Layers that hold matrices of the same shapes at the same places; they share crops with others."""
    groups: dict[frozenset[tuple[tuple[int, str, Role], tuple[int, int]]], list[int]] = defaultdict(list)
    for i, layer in enumerate(layers):
        groups[frozenset((key, corner_shape(part)) for key, part in layer.items())].append(i)
    return list(groups.values())


def _block(
    rows: Sequence[LayerParts], columns: Sequence[LayerParts], crops: Sequence[Crop], units: UnitsOf, widest: int
) -> tuple[Matrix, NDArray[np.int64]]:
    """Standard scores of layers that share their crops, and how many units each is made of."""
    total = np.zeros((len(rows), len(columns)))
    variance = np.zeros_like(total)
    count = 0
    for crop in crops:
        left, right = ([units(layer, crop)[0] for layer in layers] for layers in (rows, columns))
        if len(left[0]) >= 2:
            count += len(left[0])
            totals, variances = _moments(left, right, widest)
            total, variance = total + totals, variance + variances
    usable = (variance > 0) & (count >= MINIMUM_UNITS)
    return np.where(usable, total / np.sqrt(np.where(usable, variance, 1.0)), np.nan), np.where(usable, count, 0)


def _moments(left: Sequence[Prepared], right: Sequence[Prepared], widest: int) -> tuple[Matrix, Matrix]:
    """T and its null variance for every pair of units (n x f each)."""
    count, width = left[0].units.shape
    if width > widest:
        one_by_one = np.array([[(t.total, t.variance) for b in right for t in [trace_of(a, b)]] for a in left])
        return one_by_one[..., 0], one_by_one[..., 1]
    x, y = (np.stack([p.units for p in side]) for side in (left, right))
    return _flat(x) @ _flat(y).T, _flat(x.mT @ x) @ _flat(y.mT @ y).T / (count - 1)


def _flat(arrays: Matrix) -> Matrix:
    return arrays.reshape(len(arrays), -1)
