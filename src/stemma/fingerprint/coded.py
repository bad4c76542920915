"""Matrices at a byte an entry: how corners and anchor rows are kept, and how all matrices lie in the file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

_LARGEST_SCALE = np.nextafter(np.finfo(np.float32).max / np.float32(127), np.float32(0))


@immutable(eq=False)
class Coded:
    """A matrix (r x c) as whole numbers ``codes`` and one float32 ``scale`` a row.

    Much of a fingerprint is never looked at, and most of the rest once: to make numbers of it when they are asked for
    takes less time than to fill new memory with all of them.
    """

    codes: NDArray[np.int8]
    scale: NDArray[np.float32]

    @classmethod
    def of(cls, values: Array) -> Coded:
        """``values`` to 1/127 of each row's largest entry."""
        return cls(*quantise(values))

    def decoded(self) -> NDArray[np.float32]:
        """The numbers, made anew each time: what storing made of them, whether they were stored or not."""
        return dequantise(self.codes, self.scale)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.codes.shape
        return rows, columns


def quantise(values: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows as int8 with one float32 scale each."""
    scale = (np.abs(values).max(axis=1, initial=0.0) / np.float32(127)).astype(np.float32)
    scale[scale < np.finfo(np.float32).tiny] = 0  # codes of subnormal rows would not fit
    scale = np.minimum(scale, _LARGEST_SCALE)
    safe = np.where(scale > 0, scale, np.float32(1))
    return np.rint(values / safe[:, None]).astype(np.int8), scale


def dequantise(codes: NDArray[np.int8], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Back from :func:`quantise`."""
    values = codes.astype(np.float32)
    values *= scale[:, None]
    return values


def requantise(values: Array) -> NDArray[np.float32]:
    """What storing would make of ``values``."""
    return dequantise(*quantise(values))
