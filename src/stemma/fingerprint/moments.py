"""Exact facts of one tensor, gathered while its blocks stream past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 4096


@dataclass(frozen=True)
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

    def add(self, values: NDArray[np.float32]) -> None:
        """Add one block; NaN or infinite values make the sums non-finite, which :meth:`result` reports."""
        flat = values.reshape(-1)
        if not flat.size:
            return
        whole = flat[: flat.size - flat.size % _CHUNK].reshape(-1, _CHUNK)
        for part in (whole, flat[whole.size :].reshape(1, -1)):
            if part.size:
                ones = np.ones(part.shape[1], np.float32)
                self._total += float((part @ ones).sum(dtype=np.float64))
                self._energy += float(np.vecdot(part, part).sum(dtype=np.float64))
        self._count += flat.size
        self._smallest = min(self._smallest, float(flat.min()))
        self._largest = max(self._largest, float(flat.max()))

    def result(self) -> Moments:
        """The moments so far."""
        low, high = (self._smallest, self._largest) if self._count else (0.0, 0.0)
        return Moments(self._count, self._total, self._energy, low, high)

    @property
    def finite(self) -> bool:
        """False once a NaN or an infinity was added."""
        return bool(np.isfinite(self._energy))


def to_float32(block: NDArray[Any]) -> NDArray[np.float32]:
    """``block`` as float32, without a copy where it is one already."""
    return block if block.dtype == np.float32 else block.astype(np.float32)
