"""Canonical views of stored tensors: rows picked out, axes turned, experts unstacked, all read lazily.

Every view is a :class:`~stemma.weights.interface.LazyTensor` over another one and reads no more of it than its
own rows need, as far as the layout on disk allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.weights.interface import LazyTensor

_TURN_WHOLE = 1 << 26
_GAP = 64


class View(LazyTensor):
    """A tensor seen through another: it keeps the name, type and storage of what it shows."""

    def __init__(self, base: LazyTensor, shape: tuple[int, ...]) -> None:
        self.base = base
        self.name = base.name
        self.shape = shape
        self.dtype = base.dtype
        self.storage = base.storage


class Rows(View):
    """Rows ``first:last`` of the leading axis."""

    def __init__(self, base: LazyTensor, first: int, last: int) -> None:
        super().__init__(base, (last - first, *base.shape[1:]))
        self.first = first

    def read(self, start: int, stop: int) -> NDArray[Any]:
        return self.base.read(self.first + start, self.first + stop)

    def window(self, rows: slice, columns: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        return self.base.window(slice(self.first + start, self.first + stop), columns)


class RowsAt(View):
    """Rows of the leading axis in the order of ``index``; runs that lie close together are read at once."""

    def __init__(self, base: LazyTensor, index: NDArray[np.int64]) -> None:
        super().__init__(base, (len(index), *base.shape[1:]))
        self.index = index

    def read(self, start: int, stop: int) -> NDArray[Any]:
        wanted = self.index[start:stop]
        out = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        order = np.argsort(wanted, kind="stable")
        ranked = wanted[order]
        cuts = np.flatnonzero(np.diff(ranked) > _GAP) + 1
        for places in np.split(order, cuts) if len(order) else []:
            low, high = int(wanted[places[0]]), int(wanted[places[-1]]) + 1
            out[places] = self.base.read(low, high)[wanted[places] - low]
        return out


class Transposed(View):
    """A matrix with its two axes exchanged."""

    def __init__(self, base: LazyTensor) -> None:
        super().__init__(base, (base.shape[1], base.shape[0]))

    def read(self, start: int, stop: int) -> NDArray[Any]:
        return np.ascontiguousarray(self.base.window(slice(None), slice(start, stop)).T)

    def window(self, rows: slice, columns: slice) -> NDArray[Any]:
        return np.ascontiguousarray(self.base.window(columns, rows).T)

    def blocks(self, limit: int = 1 << 21) -> Iterator[tuple[int, NDArray[Any]]]:
        """As everywhere; up to 64 MiB the matrix is turned once, since each block would read all of it."""
        if self.count * self.dtype.itemsize > _TURN_WHOLE:
            yield from super().blocks(max(limit, _TURN_WHOLE))
            return
        whole = self.base.read_all().T
        step = max(1, limit // max(1, self.row_bytes))
        for start in range(0, self.shape[0], step):
            yield start, np.ascontiguousarray(whole[start : start + step])


class Index(View):
    """One entry of the leading axis: expert ``index`` of stacked experts."""

    def __init__(self, base: LazyTensor, index: int) -> None:
        super().__init__(base, base.shape[1:])
        self.index = index

    def read(self, start: int, stop: int) -> NDArray[Any]:
        one = slice(self.index, self.index + 1)
        if not self.shape:
            return self.base.read(self.index, self.index + 1)[0]  # type: ignore[no-any-return]
        return self.base.window(one, slice(start, stop))[0]  # type: ignore[no-any-return]


class Shifted(View):
    """Every value plus a constant, as float32: gains that a container stores as ``1 + w``."""

    def __init__(self, base: LazyTensor, offset: float) -> None:
        super().__init__(base, base.shape)
        self.offset = np.float32(offset)
        self.dtype = np.dtype(np.float32)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        return self.base.read(start, stop).astype(np.float32) + self.offset


class Reshaped(View):
    """The same numbers with axes of length one dropped, or the trailing axes joined; rows stay rows."""

    def __init__(self, base: LazyTensor, shape: tuple[int, ...]) -> None:
        super().__init__(base, shape)
        if shape[:1] != base.shape[:1]:
            raise ValueError(f"{base.name}: rows {base.shape} cannot become rows {shape}")

    def read(self, start: int, stop: int) -> NDArray[Any]:
        return self.base.read(start, stop).reshape(stop - start, *self.shape[1:])
