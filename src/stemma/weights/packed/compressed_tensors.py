"""compressed-tensors: integers as they are (``weight`` int8) or packed into words (``weight_packed`` int32).

Packed codes are a dense bit stream along the inputs, offset by 2^(bits - 1); zero points are packed the
same way along the outputs. w = scale * (code - zero). The floating formats of this library are in ``fp8``
and ``microscaling``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from stemma.errors import MalformedFile
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import Bytes, Floats, is_float, to_float32, unpack_bits
from stemma.weights.packed.grid import Grid, GridScaled, grid_of
from stemma.weights.packed.interface import Declared, Found, Notes
from stemma.weights.packed.rows import RowPacked
from stemma.weights.packed.shapes import (
    expect_float,
    expect_integer,
    expect_shape,
    is_words,
    members,
    read_small,
)
from stemma.weights.packed.tensors import checked_index, packed_zeros, scale_groups, shift_groups

_LARGEST = 1 << 31


class PackedIntegers(RowPacked):
    """``weight_packed`` (out, ceil(in * bits / 32)) with scales per tensor, row, group or block."""

    def __init__(self, name: str, parts: Mapping[str, LazyTensor], columns: int, bits: int, grid: Grid) -> None:
        words = parts["_packed"]
        label = grid.label((words.shape[0], columns))
        super().__init__(name, words, columns, f"compressed-tensors int{bits} {label}")
        self._scale, self._zeros, self._index = parts["_scale"], parts.get("_zero_point"), parts.get("_g_idx")
        self._bits, self._grid = bits, grid

    def _decode(self, packed: Bytes, expert: tuple[int, ...], start: int, stop: int) -> Floats:
        codes = unpack_bits(packed, self._bits, self.shape[1]).astype(np.float32)
        scales = self._scales(start, stop)
        columns = None if self._index is None else checked_index(self._index, scales.shape[1])
        if self._zeros is None:
            codes -= np.float32(1 << (self._bits - 1))
        else:
            zeros = packed_zeros(self._zeros, self._bits, start, stop, along=0).astype(np.float32)
            shift_groups(codes, -zeros, self._grid.columns, columns)
        scale_groups(codes, scales, self._grid.columns, columns)
        return codes

    def _scales(self, start: int, stop: int) -> Floats:
        if self._scale.count == 1:
            return to_float32(self._scale.read_all()).reshape(1, 1).repeat(stop - start, axis=0)
        first, last = start // self._grid.rows, -(-stop // self._grid.rows)
        scales = to_float32(self._scale.read(first, last)).reshape(last - first, -1)
        return scales[np.arange(start, stop) // self._grid.rows - first]


def find(tensors: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    """Matrices of the formats pack-quantized, int-quantized and naive-quantized."""
    for name in tensors:
        stem = name.removesuffix("_packed")
        parts = members(tensors, stem, "_packed", "_scale", "_shape", "_zero_point", "_g_idx")
        if stem != name and {"_packed", "_scale", "_shape"} <= parts.keys() and is_words(parts["_packed"], 4):
            yield Found(_packed(stem, parts, declared, notes), tuple(stem + part for part in parts))
        plain = members(tensors, name, "", "_scale", "_zero_point", "_g_idx")
        if tensors[name].dtype == np.int8 and "_scale" in plain and is_float(plain["_scale"].dtype):
            yield from _plain(name, plain, declared, notes)


def _packed(stem: str, parts: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> PackedIntegers:
    words = parts["_packed"]
    expect_float(parts["_scale"])
    rows, columns = _shape(parts["_shape"], words)
    fitting = [bits for bits in range(1, 9) if -(-columns * bits // 32) == words.shape[1]]
    claimed = [bits for bits in fitting if bits in declared.bits]
    if len(fitting) != 1 and len(claimed) != 1:
        raise MalformedFile(words.name, f"{words.shape[1]} words a row", f"{columns} codes of 1 to 8 bits")
    bits = fitting[0] if len(fitting) == 1 else claimed[0]
    grid = grid_of((rows, columns), parts["_scale"], [(1, claim) for claim in declared.groups])
    declared.compare(notes, words.name, bits, grid.columns, columns)
    if "_zero_point" in parts:
        _check_zeros(parts["_zero_point"], rows, bits, -(-columns // grid.columns), grid)
    if "_g_idx" in parts:
        expect_integer(parts["_g_idx"])
        expect_shape(parts["_g_idx"], (columns,))
    return PackedIntegers(stem, parts, columns, bits, grid)


def _shape(stored: LazyTensor, words: LazyTensor) -> tuple[int, int]:
    expect_integer(stored)
    expect_shape(stored, (2,))
    rows, columns = (int(value) for value in read_small(stored))
    if rows != words.shape[0] or not 0 < columns < _LARGEST:
        raise MalformedFile(stored.name, f"the shape {rows} x {columns}", f"{words.shape[0]} rows of packed words")
    return rows, columns


def _check_zeros(zeros: LazyTensor, rows: int, bits: int, groups: int, grid: Grid) -> None:
    if zeros.dtype != np.int32 or grid.rows != 1:
        raise MalformedFile(
            zeros.name, f"{zeros.dtype.name} zero points", "int32 words, one zero for each row and group"
        )
    expect_shape(zeros, (-(-rows * bits // 32), groups))


def _plain(name: str, parts: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    values, scale = parts[""], parts["_scale"]
    zero, index = parts.get("_zero_point"), parts.get("_g_idx")
    if len(values.shape) not in (2, 3) or not all(values.shape):
        return
    claims = [*declared.blocks, *((1, claim) for claim in declared.groups)]
    grid = grid_of(values.shape, scale, claims)
    if zero is not None:
        expect_shape(zero, scale.shape)
    if index is not None:
        expect_integer(index)
        expect_shape(index, (values.shape[-1],))
    if grid.rows == 1 and grid.columns < values.shape[-1]:
        declared.compare(notes, name, 8, grid.columns, values.shape[-1])
    storage = f"compressed-tensors int8 {grid.label(values.shape)}"
    tensor = GridScaled(name, values, scale, grid=grid, storage=storage, zero=zero, index=index)
    yield Found(tensor, tuple(name + part for part in parts))
