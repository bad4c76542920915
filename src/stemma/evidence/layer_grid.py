"""S1 of every layer of one model against every layer of another, at the price of two matrix products.

T adds up entry by entry, so all pairs of layers come from one product of their units, laid out flat. Its null variance
needs the sum of squares of G = A B', which is the inner product of A'A and B'B: again one product for all pairs. The
third moment has no such form; who needs it takes :func:`stemma.evidence.order.layer_trace` of the pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.order import MINIMUM_UNITS, UnitsOf
from stemma.evidence.units import Crop, Group, LayerParts, corner_shape, shared_crops
from stemma.immutable import immutable


@immutable(eq=False)
class Grid:
    """For each pair (row, column): T in null standard deviations, NaN where nothing can be compared; its units."""

    z: NDArray[np.float64]
    units: NDArray[np.int64]

    def filled_from(self, other: Grid) -> Grid:
        """This grid, with the other's pairs where this one has none."""
        missing = np.isnan(self.z)
        return Grid(np.where(missing, other.z, self.z), np.where(missing, other.units, self.units))


def grid_of(rows: Sequence[LayerParts], columns: Sequence[LayerParts], group: Group, units: UnitsOf) -> Grid:
    """S1 on a group that whole layers exchange (MLP neurons, state-space channels), for every row and column."""
    z = np.full((len(rows), len(columns)), np.nan)
    counts = np.zeros(z.shape, np.int64)
    for some_rows in _alike(rows):
        for some_columns in _alike(columns):
            here = np.ix_(some_rows, some_columns)
            crops = shared_crops(rows[some_rows[0]], columns[some_columns[0]], group, None)
            z[here], counts[here] = _block(
                [rows[i] for i in some_rows], [columns[j] for j in some_columns], crops, units
            )
    return Grid(z, counts)


def _alike(layers: Sequence[LayerParts]) -> list[list[int]]:
    """Layers that hold matrices of the same shapes at the same places; they share crops with others."""
    groups: dict[frozenset[tuple[tuple[int, str, Role], tuple[int, int]]], list[int]] = defaultdict(list)
    for i, layer in enumerate(layers):
        groups[frozenset((key, corner_shape(part)) for key, part in layer.items())].append(i)
    return list(groups.values())


def _block(
    rows: Sequence[LayerParts], columns: Sequence[LayerParts], crops: Sequence[Crop], units: UnitsOf
) -> tuple[NDArray[np.float64], int]:
    """Standard scores of layers that share their crops, and how many units each is made of."""
    total = np.zeros((len(rows), len(columns)))
    variance = np.zeros_like(total)
    count = 0
    for crop in crops:
        x, y = (np.stack([units(layer, crop)[0].units for layer in layers]) for layers in (rows, columns))
        here = x.shape[1]
        if here < 2:
            continue
        count += here
        total += _flat(x) @ _flat(y).T
        variance += _flat(x.mT @ x) @ _flat(y.mT @ y).T / (here - 1)
    usable = (variance > 0) & (count >= MINIMUM_UNITS)
    return np.where(usable, total / np.sqrt(np.where(usable, variance, 1.0)), np.nan), count


def _flat(arrays: NDArray[np.floating]) -> NDArray[np.floating]:
    return arrays.reshape(len(arrays), -1)
