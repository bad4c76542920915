"""Eight-bit values under a grid of scales: per tensor, row, group of a row, or block."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from stemma.errors import MalformedFile
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import Bytes, Floats, to_float32
from stemma.weights.packed.rows import RowPacked
from stemma.weights.packed.shapes import block_size, scale_values
from stemma.weights.packed.tensors import checked_index, scale_groups, shift_groups


@immutable
class Grid:
    """How scales lie over a matrix: one for ``rows`` x ``columns`` values."""

    rows: int
    columns: int

    def label(self, shape: tuple[int, ...]) -> str:
        """In words for the storage string."""
        if self.rows == 1:
            return "per row" if self.columns == shape[-1] else f"g{self.columns}"
        whole = self.rows == shape[-2] and self.columns == shape[-1]
        return "per tensor" if whole else f"{self.rows}x{self.columns}"


def grid_of(shape: tuple[int, ...], scale: LazyTensor, claims: Iterable[tuple[int, int]]) -> Grid:
    """The grid that the shapes of values (..., out, in) and scales imply. Raises MalformedFile if none."""
    rows, columns = shape[-2:]
    experts = shape[:-2]
    if scale.count == 1:
        return Grid(rows, columns)
    if experts and scale.shape[: len(experts)] != experts:
        raise MalformedFile(scale.name, f"shape {scale.shape}", f"scales for the shape {shape}")
    inner = scale.shape[len(experts) :]
    inner = inner + (1,) * (2 - len(inner))
    if len(inner) != 2 or not all(0 < n <= size for n, size in zip(inner, (rows, columns), strict=True)):
        raise MalformedFile(scale.name, f"shape {scale.shape}", f"scales for the shape {shape}")
    claimed = tuple(claims)
    down = block_size(scale.name, rows, inner[0], [claim[0] for claim in claimed])
    across = block_size(scale.name, columns, inner[1], [claim[1] for claim in claimed])
    return Grid(down, across)


class GridScaled(RowPacked):
    """w = (value - zero) * scale / divisor, a value being an int8 or an eight-bit float."""

    def __init__(
        self,
        name: str,
        values: LazyTensor,
        scale: LazyTensor,
        *,
        grid: Grid,
        storage: str,
        zero: LazyTensor | None = None,
        index: LazyTensor | None = None,
        divisor: float = 1.0,
    ) -> None:
        super().__init__(name, values, values.shape[-1], storage)
        self._kind, self._scale, self._grid = values.dtype, scale, grid
        self._zero, self._index, self._divisor = zero, index, np.float32(divisor)

    def _decode(self, packed: Bytes, expert: tuple[int, ...], start: int, stop: int) -> Floats:
        values = to_float32(packed.view(self._kind))
        groups = -(-self.shape[-1] // self._grid.columns)
        columns = None if self._index is None else checked_index(self._index, groups)
        if self._zero is not None:
            zeros = self._scales(self._zero, expert, start, stop)
            shift_groups(values, -zeros, self._grid.columns, columns)
        scales = self._scales(self._scale, expert, start, stop) / self._divisor
        scale_groups(values, scales, self._grid.columns, columns)
        return values

    def _scales(self, tensor: LazyTensor, expert: tuple[int, ...], start: int, stop: int) -> Floats:
        powers = tensor is self._scale and tensor.dtype == np.uint8
        if tensor.count == 1:
            return scale_values(tensor.read_all().reshape(1, 1), powers=powers).repeat(stop - start, axis=0)
        step = self._grid.rows
        first, last = start // step, -(-stop // step)
        rows = np.arange(start, stop) // step - first
        if expert:
            grid = tensor.read(expert[0], expert[0] + 1).reshape(-(-self.shape[-2] // step), -1)[first:last]
        else:
            grid = tensor.read(first, last).reshape(last - first, -1)
        return scale_values(grid, powers=powers)[rows]
