"""GPTQ: codes packed along the input features, lowest bits first; w = scale * (code - zero).

``qweight`` (in * bits / 32, out), ``qzeros`` (groups, out * bits / 32), ``scales`` (groups, out), ``g_idx``
(in). Version 1 stores zero - 1 (wrapping at 2^bits), version 2 the zero itself. ``checkpoint_format`` is
known to lie, so the values decide where they can: symmetric files store one constant, others have codes
that balance around the true zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from stemma.errors import MalformedFile
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import Bytes, Floats, as_bytes, is_float, to_float32, unpack_bits
from stemma.weights.packed.interface import Declared, Found, Notes
from stemma.weights.packed.shapes import block_size, expect_shape, is_words, members
from stemma.weights.packed.tensors import (
    ColumnPacked,
    Index,
    Stripe,
    checked_index,
    packed_zeros,
    scale_groups,
    shift_groups,
    turned_columns,
)

_WIDTHS = (2, 3, 4, 8)
_ASKED = 4
_SAMPLED_INPUTS = 128


class GptqMatrix(ColumnPacked):
    """One matrix in the GPTQ layout; ``declared_offset`` is used where its values do not tell the version."""

    def __init__(self, name: str, parts: Mapping[str, LazyTensor], bits: int, group: int, offset: int) -> None:
        words = parts["qweight"]
        columns = words.shape[0] * words.dtype.itemsize * 8 // bits
        super().__init__(name, (words.shape[1], columns), f"GPTQ int{bits} g{group}")
        self._words, self._zeros, self._scales = words, parts["qzeros"], parts["scales"]
        self._index = parts.get("g_idx")
        self._bits = bits
        self._group = group
        self.declared_offset = offset

    @cached_property
    def told_offset(self) -> int | None:
        """What the values say must be added to stored zeros: 1 (version 1), 0 (version 2), None (unclear)."""
        stored = self._stored_zeros(0, self.shape[0])
        middle = 1 << (self._bits - 1)
        first = int(stored[0, 0])
        if first in (middle - 1, middle) and np.all(stored == first):
            return middle - first
        return self._balanced_offset(stored)

    def _balanced_offset(self, stored: Bytes) -> int | None:
        # Weights average to nearly nothing, so codes average to the true zero; 8-bit steps are too small.
        if self._bits > 4:
            return None
        word = self._words.dtype.itemsize * 8
        rows = min(self._words.shape[0], _SAMPLED_INPUTS * self._bits // word)
        inputs = rows * word // self._bits
        codes = unpack_bits(as_bytes(self._words.read(0, rows).T), self._bits, inputs).astype(np.float32)
        columns = self._columns()
        index = np.arange(inputs) // self._group if columns is None else columns[:inputs]
        codes -= stored[:, index]
        mean, error = float(codes.mean()), float(codes.std()) / codes.size**0.5
        near = round(mean)
        return near if near in (0, 1) and abs(mean - near) < 0.25 and error < 0.05 else None

    @property
    def _column_bytes(self) -> int:
        return -(-self.shape[1] * self._bits // 8)

    def _columns(self) -> Index | None:
        if self._index is None:
            return None
        index = checked_index(self._index, self._scales.shape[0])
        plain = np.arange(self.shape[1]) // self._group
        return None if np.array_equal(index, plain) else index

    def _stored_zeros(self, first: int, last: int) -> Bytes:
        return packed_zeros(self._zeros, self._bits, first, last, along=1)

    def _stripe(self, first: int, last: int) -> Stripe:
        words = as_bytes(turned_columns(self._words, first, last))
        scales = to_float32(turned_columns(self._scales, first, last))
        offset = self.declared_offset if self.told_offset is None else self.told_offset
        wrap = np.uint8((1 << self._bits) - 1)
        return Stripe(first, words, scales, (self._stored_zeros(first, last) + np.uint8(offset)) & wrap)

    def _decode(self, stripe: Stripe, start: int, stop: int) -> Floats:
        part = stripe.rows(start, stop)
        codes = unpack_bits(part.words, self._bits, self.shape[1]).astype(np.float32)
        columns = self._columns()
        shift_groups(codes, -part.zeros.astype(np.float32), self._group, columns)
        scale_groups(codes, part.scales, self._group, columns)
        return codes


def find(tensors: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    """Matrices stored as ``qweight``, ``qzeros`` and ``scales``, packed along the input features."""
    offset = 0 if declared.text("checkpoint_format") == "gptq_v2" else 1
    matrices = []
    for name in tensors:
        base = name.removesuffix("qweight")
        parts = members(tensors, base, "qweight", "qzeros", "scales", "g_idx")
        if base != name and _is_gptq(parts):
            bits, group = _measure(parts, declared, notes)
            matrix = GptqMatrix(base + "weight", parts, bits, group, offset)
            matrices.append(matrix)
            yield Found(matrix, tuple(base + part for part in parts))
    _compare_versions(matrices, declared, notes)


def _is_gptq(parts: Mapping[str, LazyTensor]) -> bool:
    if not {"qweight", "qzeros", "scales"} <= parts.keys():
        return False
    words, scales = parts["qweight"], parts["scales"]
    return (
        is_words(words, 1, 2, 4, 8)
        and is_words(parts["qzeros"], 1, 2, 4, 8)
        and len(scales.shape) == 2
        and scales.shape[0] > 0
        and is_float(scales.dtype)
        and words.shape[1] == scales.shape[1]
    )


def _measure(parts: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> tuple[int, int]:
    words, zeros, scales = parts["qweight"], parts["qzeros"], parts["scales"]
    groups, rows = scales.shape
    expect_shape(zeros, (groups, zeros.shape[1]))
    stored = words.shape[0] * words.dtype.itemsize * 8
    fitting = [
        bits
        for bits in _WIDTHS
        if -(-rows * bits // (zeros.dtype.itemsize * 8)) == zeros.shape[1] and stored % bits == 0
    ]
    if "g_idx" in parts:
        fitting = [bits for bits in fitting if parts["g_idx"].shape == (stored // bits,)]
    bits = _one(words.name, fitting, declared)
    columns = stored // bits
    group = block_size(scales.name, columns, groups, declared.groups)
    declared.compare(notes, words.name, bits, group, columns)
    return bits, group


def _one(name: str, fitting: list[int], declared: Declared) -> int:
    claimed = [bits for bits in fitting if bits in declared.bits]
    if len(fitting) != 1 and len(claimed) != 1:
        found = " or ".join(map(str, fitting)) or "no number of"
        raise MalformedFile(name, f"shapes that fit {found} bits", "qweight, qzeros, scales and g_idx of one matrix")
    return fitting[0] if len(fitting) == 1 else claimed[0]


def _compare_versions(matrices: list[GptqMatrix], declared: Declared, notes: Notes) -> None:
    asked = sorted(matrices, key=lambda matrix: matrix.count)[:_ASKED]
    claim = declared.text("checkpoint_format")
    for matrix in asked:
        told = matrix.told_offset
        if told is None and claim not in ("gptq", "gptq_v2"):
            notes.add("Neither the zeros nor the config tell the GPTQ version; version 1 was assumed", matrix.name)
        elif told is not None and claim in ("gptq", "gptq_v2") and told != matrix.declared_offset:
            stored = "version 1" if told else "version 2"
            notes.add(
                f"The config claims the format {claim}, the zeros are those of {stored} and were believed",
                matrix.name,
            )
