"""Matrices whose rows are packed on their own: codes along the inputs, groups of scales in each row."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import Bytes, Floats, as_bytes
from stemma.weights.packed.tensors import Dequantised, pieces


class RowPacked(Dequantised):
    """A matrix, or a stack of them, with ``words`` (..., out, packed): rows and experts are read alone."""

    def __init__(self, name: str, words: LazyTensor, columns: int, storage: str) -> None:
        super().__init__(name, (*words.shape[:-1], columns), storage)
        self._words = words

    def _rows(self, start: int, stop: int) -> Floats:
        out = np.empty((stop - start, *self.shape[1:]), np.float32)
        if len(self.shape) == 2:
            self._fill(out, self._words.read(start, stop), (), start)
            return out
        for expert in range(start, stop):
            self._fill(out[expert - start], self._words.read(expert, expert + 1)[0], (expert,), 0)
        return out

    def _fill(self, out: Floats, words: NDArray[Any], expert: tuple[int, ...], first: int) -> None:
        for start, stop in pieces(0, out.shape[0], self.shape[-1]):
            out[start:stop] = self._decode(as_bytes(words[start:stop]), expert, first + start, first + stop)

    @abstractmethod
    def _decode(self, packed: Bytes, expert: tuple[int, ...], start: int, stop: int) -> Floats:
        """Rows ``start:stop`` of the matrix, or of the expert of that number, from their bytes."""


def rows_of(tensor: LazyTensor, expert: tuple[int, ...], start: int, stop: int) -> NDArray[Any]:
    """Rows ``start:stop`` of a 2-d tensor, or of one expert of a 3-d one."""
    if not expert:
        return tensor.read(start, stop)
    whole: NDArray[Any] = tensor.window(slice(expert[0], expert[0] + 1), slice(start, stop))[0]
    return whole
