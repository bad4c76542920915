"""Tensors that are views of a flat storage: an offset and a stride for every axis."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.weights.interface import ByteSource, LazyTensor

_SPAN_LOCAL, _SPAN_REMOTE = 32 << 20, 256 << 20


def view_fault(shape: tuple[int, ...], strides: object, offset: object, elements: int) -> str | None:
    """Why a view does not fit a storage of ``elements``, or None if it does.

    Views that repeat elements (stride 0, overlaps) are refused: a few bytes could stand for any number of them.
    """
    if type(offset) is not int or offset < 0:
        return f"the offset {str(offset)[:40]}"
    if (
        not isinstance(strides, tuple)
        or len(strides) != len(shape)
        or not all(type(s) is int and s >= 0 for s in strides)
    ):
        return f"the strides {str(strides)[:80]}"
    count = math.prod(shape)
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if count and last >= elements:
        return f"a view up to element {last} of a storage of {elements}"
    if count > elements:
        return f"a view of {count} elements on a storage of {elements}"
    return None


class StridedTensor(LazyTensor):
    """A view of a storage; ``place`` gives the file offset of the storage's first byte, once it is needed.

    Reads one span where the leading axis is the slowest, or the span is small. Else, as in a large transposed
    matrix, rows lie scattered over the whole storage and are gathered piece by piece.
    """

    __slots__ = ("_offset", "_place", "_source", "_strides", "dtype", "name", "shape", "storage")

    def __init__(
        self,
        source: ByteSource,
        place: Callable[[], int],
        name: str,
        *,
        dtype: np.dtype[Any],
        storage: str,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        offset: int,
    ) -> None:
        self.name, self.shape, self.dtype, self.storage = name, shape, dtype, storage
        self._source, self._place, self._offset = source, place, offset
        # An axis of one element never moves, whatever stride the file gives it.
        self._strides = tuple(s if n > 1 else 0 for n, s in zip(shape, strides, strict=True))

    def read(self, start: int, stop: int) -> NDArray[Any]:
        if not self.shape:
            return self._span(0, (), ())
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        shape = (max(0, stop - start), *self.shape[1:])
        if 0 in shape:
            return np.empty(shape, dtype=self.dtype)
        first = start * self._strides[0]
        outer = [axis for axis in range(1, len(shape)) if self._strides[axis] > self._strides[0] > 0]
        affordable = _SPAN_LOCAL if self._source.is_local else _SPAN_REMOTE
        if not outer or self._span_elements(shape, self._strides) * self.dtype.itemsize <= affordable:
            return self._span(first, shape, self._strides)
        return self._pieces(first, shape, outer)

    def _pieces(self, first: int, shape: tuple[int, ...], outer: list[int]) -> NDArray[Any]:
        """One read for every index of the axes that are slower than the leading one."""
        result = np.empty(shape, dtype=self.dtype)
        inner = [axis for axis in range(len(shape)) if axis not in outer]
        piece_shape = tuple(shape[axis] for axis in inner)
        piece_strides = tuple(self._strides[axis] for axis in inner)
        for index in itertools.product(*(range(shape[axis]) for axis in outer)):
            at = first + sum(i * self._strides[axis] for i, axis in zip(index, outer, strict=True))
            where: list[Any] = [slice(None)] * len(shape)
            for axis, i in zip(outer, index, strict=True):
                where[axis] = i
            result[tuple(where)] = self._span(at, piece_shape, piece_strides)
        return result

    @staticmethod
    def _span_elements(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
        return 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))

    def _span(self, first: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> NDArray[Any]:
        size = self.dtype.itemsize
        length = self._span_elements(shape, strides) * size
        data = self._source.read(self._place() + (self._offset + first) * size, length)
        return np.ndarray(shape, self.dtype, data, strides=tuple(s * size for s in strides))
