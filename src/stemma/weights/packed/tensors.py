"""Lazy tensors that dequantise on read, for layouts packed along rows and along columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.errors import MalformedFile
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import Bytes, Floats, as_bytes, unpack_bits

Index = NDArray[np.int64]
_CHUNK = 8 << 20
_STRIPE = 64 << 20
_PIECE = 1 << 19


class Dequantised(LazyTensor):
    """A matrix that is stored packed; reads give float32, rows are output features.

    ``shape`` is (out features, in features), with the experts before where they are stacked. NaN and Inf
    scales are passed on as they are: only contradictions of structure raise.
    """

    def __init__(self, name: str, shape: tuple[int, ...], storage: str) -> None:
        if not all(shape):
            raise MalformedFile(name, f"the empty shape {shape}", "a matrix with rows and columns")
        self.name = name
        self.shape = shape
        self.storage = storage
        self.dtype = np.dtype(np.float32)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows ``start:stop`` as float32. Raises MalformedFile for indices that point outside their table."""
        if not 0 <= start <= stop <= self.shape[0]:
            raise IndexError(f"{self.name}: rows {start}:{stop} of {self.shape[0]}")
        if start == stop:
            return np.empty((0, *self.shape[1:]), np.float32)
        with np.errstate(all="ignore"):
            return self._rows(start, stop)

    @abstractmethod
    def _rows(self, start: int, stop: int) -> Floats:
        """Rows ``start:stop``, at least one."""


def pieces(start: int, stop: int, width: int, unit: int = 1) -> Iterator[tuple[int, int]]:
    """Ranges of rows of ``width`` floats that fit a processor's cache, cut at multiples of ``unit``.

    Decoding in such pieces is about three times as fast as at once.
    """
    step = max(1, _PIECE // (width * 4 * unit)) * unit
    while start < stop:
        end = min((start // unit) * unit + step, stop)
        yield start, end
        start = end


class ColumnPacked(Dequantised):
    """A matrix whose rows are columns on disk, ``unit`` of them in one word.

    Subclasses turn one stripe of columns into rows; :meth:`blocks` reads each stripe once, so that a pass
    over the tensor costs one reading of the file and at most 64 MiB.
    """

    unit = 1

    def _rows(self, start: int, stop: int) -> Floats:
        return self._decode_all(self._stripe(*self._units(start, stop)), start, stop)

    def _decode_all(self, stripe: Stripe, start: int, stop: int) -> Floats:
        out = np.empty((stop - start, self.shape[1]), np.float32)
        for low, high in pieces(start, stop, self.shape[1], self.unit):
            out[low - start : high - start] = self._decode(stripe, low, high)
        return out

    def blocks(self, limit: int = 1 << 21) -> Iterator[tuple[int, NDArray[Any]]]:
        """As in the base class, from stripes of columns that are read once each."""
        step = max(1, limit // self.row_bytes)
        per_stripe = max(1, _STRIPE // (self._column_bytes * step)) * step
        for first in range(0, self.shape[0], per_stripe):
            last = min(first + per_stripe, self.shape[0])
            stripe = self._stripe(*self._units(first, last))
            for start in range(first, last, step):
                stop = min(start + step, last)
                with np.errstate(all="ignore"):
                    rows = self._decode_all(stripe, start, stop)
                yield start, rows

    def _units(self, start: int, stop: int) -> tuple[int, int]:
        return start // self.unit, -(-stop // self.unit)

    @property
    @abstractmethod
    def _column_bytes(self) -> int:
        """Bytes on disk of one row of the matrix, scales apart, rounded up."""

    @abstractmethod
    def _stripe(self, first: int, last: int) -> Stripe:
        """Words, scales and zeros of the units ``first:last``, as rows."""

    @abstractmethod
    def _decode(self, stripe: Stripe, start: int, stop: int) -> Floats:
        """Rows ``start:stop`` of the matrix out of a stripe that covers them."""


class Stripe:
    """Columns of a packed matrix, already turned into rows; ``first`` is the first of them."""

    def __init__(self, first: int, words: NDArray[Any], scales: Floats, zeros: Bytes) -> None:
        self.first = first
        self.words = words
        self.scales = scales
        self.zeros = zeros

    def rows(self, start: int, stop: int) -> Stripe:
        """The part that holds the rows ``start:stop``, where a row has words of its own."""
        part = slice(start - self.first, stop - self.first)
        return Stripe(start, self.words[part], self.scales[part], self.zeros[part])


def turned_columns(tensor: LazyTensor, first: int, last: int) -> NDArray[Any]:
    """Columns ``first:last`` of a 2-d tensor as contiguous rows, read in chunks of at most about 8 MiB."""
    rows = tensor.shape[0]
    out = np.empty((last - first, rows), tensor.dtype)
    step = max(1, _CHUNK // max(1, tensor.row_bytes))
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        out[:, start:stop] = tensor.window(slice(start, stop), slice(first, last)).T
    return out


def scale_groups(codes: Floats, scales: Floats, group: int, columns: Index | None) -> None:
    """Multiply, in place, each row of ``codes`` (rows, in) by its groups' ``scales`` (rows, groups)."""
    _by_group(np.multiply, codes, scales, group, columns)


def shift_groups(codes: Floats, shifts: Floats, group: int, columns: Index | None) -> None:
    """Add, in place, to each row of ``codes`` (rows, in) its groups' ``shifts`` (rows, groups)."""
    _by_group(np.add, codes, shifts, group, columns)


def _by_group(operation: np.ufunc, codes: Floats, factors: Floats, group: int, columns: Index | None) -> None:
    rows, width = codes.shape
    if columns is not None:
        operation(codes, np.take(factors, columns, axis=1, mode="clip"), out=codes)
        return
    whole = width // group
    if width % group == 0:
        blocks = codes.reshape(rows, whole, group)
        operation(blocks, factors[:, :whole, None], out=blocks)
        return
    operation(codes, np.repeat(factors, group, axis=1)[:, :width], out=codes)


def checked_index(tensor: LazyTensor, bound: int) -> NDArray[np.int64]:
    """A map from columns to groups, each entry below ``bound``. Raises MalformedFile for an entry outside."""
    if tensor.dtype.kind not in "iu":
        raise MalformedFile(tensor.name, f"{tensor.dtype.name} values", "group numbers")
    index = tensor.read_all().reshape(-1).astype(np.int64)
    if index.size and (index.min() < 0 or index.max() >= bound):
        raise MalformedFile(tensor.name, f"group {index.min()} to {index.max()}", f"groups 0 to {bound - 1}")
    return index


def packed_zeros(tensor: LazyTensor, bits: int, first: int, last: int, *, along: int) -> Bytes:
    """Zero codes of the rows ``first:last`` as (rows, groups); ``tensor`` packs rows along that axis."""
    word = tensor.dtype.itemsize * 8
    low, high = first // 64 * 64, -(-last // 64) * 64
    words = slice(low * bits // word, min(high * bits // word, tensor.shape[along]))
    if along == 0:
        packed = np.ascontiguousarray(tensor.read(words.start, words.stop).T)
    else:
        packed = tensor.window(slice(0, tensor.shape[0]), words)
    codes = unpack_bits(as_bytes(packed), bits, high - low)
    return np.ascontiguousarray(codes[:, first - low : last - low].T)
