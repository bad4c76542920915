"""AWQ (GEMM order): 4-bit codes packed along the output features; w = scale * (code - zero).

``qweight`` (in, out / 8), ``qzeros`` (groups, out / 8), ``scales`` (groups, out). Nibble i of a word holds
output 0, 2, 4, 6, 1, 3, 5, 7 of its eight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import Floats, is_float, to_float32
from stemma.weights.packed.interface import Declared, Found, Notes
from stemma.weights.packed.shapes import block_size, expect_shape, is_words, members
from stemma.weights.packed.tensors import ColumnPacked, Stripe, scale_groups, shift_groups, turned_columns

_NIBBLE_OF = (0, 4, 1, 5, 2, 6, 3, 7)


class AwqMatrix(ColumnPacked):
    """One matrix in the AWQ GEMM layout."""

    unit = 8

    def __init__(self, name: str, parts: Mapping[str, LazyTensor], group: int) -> None:
        words = parts["qweight"]
        super().__init__(name, (words.shape[1] * 8, words.shape[0]), f"AWQ int4 g{group}")
        self._words, self._zeros, self._scales = words, parts["qzeros"], parts["scales"]
        self._group = group

    @property
    def _column_bytes(self) -> int:
        return -(-self.shape[1] // 2)

    def _stripe(self, first: int, last: int) -> Stripe:
        words = turned_columns(self._words, first, last).view(np.uint32)
        zeros = turned_columns(self._zeros, first, last).view(np.uint32)
        scales = to_float32(turned_columns(self._scales, first * 8, last * 8))
        return Stripe(first * 8, words, scales, _outputs(zeros, np.dtype(np.uint8)))

    def _decode(self, stripe: Stripe, start: int, stop: int) -> Floats:
        first, last = self._units(start, stop)
        low = first * 8 - stripe.first
        rows = slice(low, low + (last - first) * 8)
        codes = _outputs(stripe.words[low // 8 : low // 8 + last - first], np.dtype(np.float32))
        shift_groups(codes, -stripe.zeros[rows].astype(np.float32), self._group, None)
        scale_groups(codes, stripe.scales[rows], self._group, None)
        return codes[start - first * 8 : stop - first * 8]


def _outputs(words: NDArray[np.uint32], dtype: np.dtype[Any]) -> NDArray[Any]:
    """(words, n) -> (8 words, n): the eight outputs of each word in their true order."""
    out = np.empty((words.shape[0], 8, words.shape[1]), dtype)
    for output, nibble in enumerate(_NIBBLE_OF):
        out[:, output] = (words >> np.uint32(4 * nibble)) & np.uint32(15)
    return out.reshape(-1, words.shape[1])


def find(tensors: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    """Matrices stored as ``qweight``, ``qzeros`` and ``scales``, packed along the output features."""
    for name in tensors:
        base = name.removesuffix("qweight")
        parts = members(tensors, base, "qweight", "qzeros", "scales")
        if base == name or not _is_awq(parts):
            continue
        words, scales = parts["qweight"], parts["scales"]
        expect_shape(parts["qzeros"], (scales.shape[0], words.shape[1]))
        group = block_size(scales.name, words.shape[0], scales.shape[0], declared.groups)
        declared.compare(notes, name, 4, group, words.shape[0])
        yield Found(AwqMatrix(base + "weight", parts, group), tuple(base + part for part in parts))


def _is_awq(parts: Mapping[str, LazyTensor]) -> bool:
    if len(parts) < 3:
        return False
    scales = parts["scales"]
    return (
        is_words(parts["qweight"], 4)
        and is_words(parts["qzeros"], 4)
        and len(scales.shape) == 2
        and scales.shape[0] > 0
        and is_float(scales.dtype)
        and parts["qweight"].shape[1] * 8 == scales.shape[1]
    )
