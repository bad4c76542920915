"""Exact facts of one tensor, gathered while its blocks stream past."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from stemma.immutable import immutable

_CHUNK = 4096
_ONES = np.ones(_CHUNK, np.float32)
_SIXTEEN_BITS = (np.dtype(ml_dtypes.bfloat16), np.dtype(np.float16))
_SIGN = 0x8000


@immutable
class Moments:
    """``count`` elements with ``total`` (sum), ``energy`` (sum of squares) and extremes."""

    count: int
    total: float
    energy: float
    smallest: float
    largest: float

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    @property
    def variance(self) -> float:
        return max(self.energy / self.count - self.mean**2, 0.0) if self.count else 0.0


class MomentAccumulator:
    """Adds blocks of float32 values; sums run in float32 over 4,096 values and in float64 over those."""

    def __init__(self) -> None:
        self._count = 0
        self._total = self._energy = 0.0
        self._smallest, self._largest = np.inf, -np.inf

    def add(self, values: NDArray[np.float32], stored: NDArray[Any] | None = None) -> None:
        """Add one block; NaN or infinite values are found again among the extremes.

        ``stored`` is the block as it was read: extremes of 16-bit floats are found sooner by their bits.
        """
        flat = values.reshape(-1)
        if not flat.size:
            return
        whole = flat[: flat.size - flat.size % _CHUNK].reshape(-1, _CHUNK)
        for part in (whole, flat[whole.size :].reshape(1, -1)):
            if part.size:
                # np.dot, for `@` with a vector keeps the interpreter from other threads
                self._total += float(np.dot(part, _ONES[: part.shape[1]]).sum(dtype=np.float64))
                self._energy += float(np.vecdot(part, part).sum(dtype=np.float64))
        self._count += flat.size
        smallest, largest = _extremes(flat, values if stored is None else stored)
        # unlike min and max, these keep a NaN
        self._smallest = float(np.minimum(self._smallest, smallest))
        self._largest = float(np.maximum(self._largest, largest))

    def result(self) -> Moments:
        """The moments so far."""
        low, high = (self._smallest, self._largest) if self._count else (0.0, 0.0)
        return Moments(self._count, self._total, self._energy, low, high)


def _extremes(flat: NDArray[np.float32], stored: NDArray[Any]) -> tuple[float, float]:
    """Least and largest value. Of floats of either sign, as integers, the largest is the largest with a sign bit or
    without one, as the integers are taken for unsigned or signed."""
    if stored.dtype in _SIXTEEN_BITS:
        bits = stored.reshape(-1).view(np.uint16)
        extremes = np.array([bits.max(), bits.view(np.int16).max()], np.uint16)
        if extremes[0] >= _SIGN > extremes[1]:
            smallest, largest = extremes.view(stored.dtype).astype(np.float32)
            return float(smallest) + 0.0, float(largest) + 0.0
    return float(flat.min()) + 0.0, float(flat.max()) + 0.0


def to_float32(block: NDArray[Any]) -> NDArray[np.float32]:
    """``block`` as float32, without a copy where it is one already."""
    return block if block.dtype == np.float32 else block.astype(np.float32)
