"""Base tensors with an adapter's change added on read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

Floats = NDArray[np.float32]
_QUIET = np.errstate(all="ignore")  # adapters may hold NaN and Inf, which are passed on as they are


@immutable
class LowRank:
    """The change of one matrix: scale * B @ A, with A (r, in), B (out, r) and perhaps r singular values between.

    ``transposed`` where the base stores (in, out), as embeddings and GPT-2's layers do.
    """

    a: LazyTensor
    b: LazyTensor
    scale: float
    transposed: bool
    singular: LazyTensor | None = None

    @_QUIET
    def right(self) -> Floats:
        """The factor that every row needs: A scaled, or B transposed and scaled."""
        whole = _floats(self.b.read_all()).T if self.transposed else _floats(self.a.read_all())
        if self.singular is not None:
            whole = whole * _floats(self.singular.read_all()).reshape(-1, 1)
        return whole * np.float32(self.scale)

    @_QUIET
    def left(self, start: int, stop: int) -> Floats:
        """The rows ``start:stop`` of the other factor: (rows, r)."""
        if self.transposed:
            return _floats(self.a.window(slice(0, self.a.shape[0]), slice(start, stop))).T
        return _floats(self.b.read(start, stop))


class Merged(LazyTensor):
    """base + scale * B @ A, in the base's own type, and by rows; with ``magnitude`` its rows are rescaled (DoRA)."""

    def __init__(self, base: LazyTensor, change: LowRank, magnitude: LazyTensor | None) -> None:
        self.name = base.name
        self.shape = base.shape
        self.dtype = base.dtype
        self.storage = f"{base.storage} + {'DoRA' if magnitude is not None else 'LoRA'} r{change.a.shape[0]}"
        self._base = base
        self._change = change
        self._magnitude = magnitude

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows ``start:stop`` with the change added, in the base's type."""
        return self._finish(self._sum(self._base.read(start, stop), start, self._change.right()), start)

    def blocks(self, limit: int = 1 << 21) -> Iterator[tuple[int, NDArray[Any]]]:
        """As in the base class; the factor that every row needs is read once."""
        right = self._change.right()
        for start, rows in self._base.blocks(limit):
            yield start, self._finish(self._sum(rows, start, right), start)

    @_QUIET
    def _sum(self, rows: NDArray[Any], start: int, right: Floats) -> Floats:
        total = rows.astype(np.float32)
        total += self._change.left(start, start + rows.shape[0]) @ right
        return total

    @_QUIET
    def _finish(self, total: Floats, start: int) -> NDArray[Any]:
        if self._magnitude is not None:
            total *= self._factor(total, start)
        return total.astype(self.dtype)

    def _factor(self, total: Floats, start: int) -> Floats:
        if self._change.transposed:
            return self._column_factor
        magnitude = self._read_magnitude()[start : start + total.shape[0]]
        norms: Floats = np.sqrt(np.square(total).sum(axis=1))
        return (magnitude / norms)[:, None]

    @cached_property
    @_QUIET
    def _column_factor(self) -> Floats:
        squares = np.zeros(self.shape[1], np.float64)
        right = self._change.right()
        for start, rows in self._base.blocks():
            squares += np.square(self._sum(rows, start, right), dtype=np.float64).sum(axis=0)
        norms: Floats = np.sqrt(squares).astype(np.float32)
        return self._read_magnitude() / norms

    def _read_magnitude(self) -> Floats:
        if self._magnitude is None:
            return np.ones(1, np.float32)
        return _floats(self._magnitude.read_all()).reshape(-1)


class Shifted(LazyTensor):
    """A bias with the adapter's own bias added."""

    def __init__(self, base: LazyTensor, shift: LazyTensor, scale: float) -> None:
        self.name, self.shape, self.dtype = base.name, base.shape, base.dtype
        self.storage = f"{base.storage} + LoRA bias"
        self._base, self._shift, self._scale = base, shift, np.float32(scale)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Entries ``start:stop``."""
        with np.errstate(all="ignore"):
            return self._sum(start, stop)

    def _sum(self, start: int, stop: int) -> NDArray[Any]:
        shift = _floats(self._shift.read(start, stop)) * self._scale
        return (_floats(self._base.read(start, stop)) + shift).astype(self.dtype)


class Patched(LazyTensor):
    """An embedding some rows of which were trained and replace the base's."""

    def __init__(self, base: LazyTensor, rows: LazyTensor, tokens: tuple[int, ...]) -> None:
        self.name, self.shape, self.dtype = base.name, base.shape, base.dtype
        self.storage = f"{base.storage} + {len(tokens)} trained tokens"
        self._base, self._rows = base, rows
        self._tokens = np.array(tokens, np.int64)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows ``start:stop``, trained ones replaced."""
        out = np.array(self._base.read(start, stop))
        held = np.flatnonzero((self._tokens >= start) & (self._tokens < stop))
        if held.size:
            out[self._tokens[held] - start] = _cast(_floats(self._rows.read_all()[held]), self.dtype)
        return out


class Renamed(LazyTensor):
    """A tensor of the adapter that takes the place of the base's, under the base's name."""

    def __init__(self, name: str, tensor: LazyTensor) -> None:
        self.name, self.shape, self.dtype, self.storage = name, tensor.shape, tensor.dtype, tensor.storage
        self._tensor = tensor

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows ``start:stop``."""
        return self._tensor.read(start, stop)

    def window(self, rows: slice, columns: slice) -> NDArray[Any]:
        """As the tensor itself reads it."""
        return self._tensor.window(rows, columns)


def _floats(values: NDArray[Any]) -> Floats:
    with np.errstate(all="ignore"):
        return np.asarray(values).astype(np.float32)


def _cast(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    with np.errstate(all="ignore"):
        return values.astype(dtype)
