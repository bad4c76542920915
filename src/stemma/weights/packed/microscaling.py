"""Microscaling floats: MXFP4, MXFP6 (a power of two for 32 inputs), NVFP4 (E4M3 for 16 and one for all).

Written by compressed-tensors (``weight_packed``, ``weight_scale``, ``weight_global_scale`` that divides),
by ModelOpt (``weight``, ``weight_scale``, ``weight_scale_2`` that multiplies) and, for stacked experts, by
gpt-oss (``*_blocks`` and ``*_scales``). The low nibble is the even element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from stemma.errors import MalformedFile
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import (
    E2M1_PAIRS,
    E2M3,
    Bytes,
    Floats,
    as_bytes,
    is_float,
    look_up_pairs,
    to_float32,
    unpack_bits,
)
from stemma.weights.packed.interface import Declared, Found, Notes
from stemma.weights.packed.rows import RowPacked, rows_of
from stemma.weights.packed.shapes import expect_float, expect_shape, exponents, members, scale_values
from stemma.weights.packed.tensors import Dequantised, pieces, scale_groups

_POWERS = (("MXFP4", 4, 32), ("MXFP6", 6, 32))
_FLOATS = (("NVFP4", 4, 16),)


class Microscaled(RowPacked):
    """Rows of 4- or 6-bit floats with a scale for every group of inputs, and perhaps one for the whole."""

    def __init__(
        self,
        name: str,
        words: LazyTensor,
        scale: LazyTensor,
        kind: tuple[str, int, int],
        *,
        overall: LazyTensor | None,
        divides: bool,
    ) -> None:
        storage, self._bits, self._group = kind
        super().__init__(name, words, words.shape[-1] * 8 // self._bits, storage)
        self._scale, self._overall, self._divides = scale, overall, divides

    def _decode(self, packed: Bytes, expert: tuple[int, ...], start: int, stop: int) -> Floats:
        values = look_up_pairs(E2M1_PAIRS, packed) if self._bits == 4 else _six_bit(packed, self.shape[-1])
        stored = rows_of(self._scale, expert, start, stop)
        scales = scale_values(stored, powers=_holds_powers(self._scale))
        if self._overall is not None:
            factor = to_float32(self._overall.read_all()).reshape(-1)[expert[0] if self._overall.count > 1 else 0]
            scales = scales / factor if self._divides else scales * factor
        scale_groups(values, scales, self._group, None)
        return values


def _six_bit(packed: Bytes, columns: int) -> Floats:
    return np.take(E2M3, unpack_bits(packed, 6, columns))


def _holds_powers(scale: LazyTensor) -> bool:
    return scale.dtype == np.uint8 or scale.dtype.name == "float8_e8m0fnu"


class StackedExperts(Dequantised):
    """gpt-oss experts: blocks (experts, out, groups, 16), read as when plain: (experts, in, out)."""

    def __init__(self, name: str, blocks: LazyTensor, scales: LazyTensor) -> None:
        experts, rows, groups, _ = blocks.shape
        super().__init__(name, (experts, groups * 32, rows), "MXFP4")
        self._blocks, self._scales = blocks, scales

    def _rows(self, start: int, stop: int) -> Floats:
        out = np.empty((stop - start, *self.shape[1:]), np.float32)
        for expert in range(start, stop):
            packed = self._blocks.read(expert, expert + 1)[0].reshape(self.shape[2], -1)
            scales = exponents(self._scales.read(expert, expert + 1)[0])
            for first, last in pieces(0, self.shape[2], self.shape[1]):
                values = look_up_pairs(E2M1_PAIRS, as_bytes(packed[first:last]))
                scale_groups(values, scales[first:last], 32, None)
                out[expert - start, :, first:last] = values.T
        return out


def find(tensors: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    """Matrices of MXFP4, MXFP6 and NVFP4 in the three layouts named above."""
    for name, words in tensors.items():
        if words.dtype != np.uint8:
            continue
        stem = name.removesuffix("_packed")
        if stem != name and stem + "_scale" in tensors:
            yield from _microscaled(stem, members(tensors, stem, "_packed", "_scale", "_global_scale"), True)
        elif name + "_scale" in tensors and name + "_scale_2" in tensors:
            yield from _microscaled(name, members(tensors, name, "", "_scale", "_scale_2"), False)
        stem = name.removesuffix("_blocks")
        if stem != name and len(words.shape) == 4 and words.shape[3] == 16 and stem + "_scales" in tensors:
            scales = tensors[stem + "_scales"]
            expect_shape(scales, words.shape[:3])
            if not _holds_powers(scales):
                raise MalformedFile(scales.name, f"{scales.dtype.name} values", "exponent bytes")
            yield Found(StackedExperts(stem, words, scales), (name, scales.name))


def _microscaled(stem: str, parts: Mapping[str, LazyTensor], divides: bool) -> Iterator[Found]:
    words, scale = (parts["_packed"] if divides else parts[""]), parts["_scale"]
    overall = parts.get("_global_scale" if divides else "_scale_2")
    if len(words.shape) not in (2, 3) or not all(words.shape) or scale.shape[:-1] != words.shape[:-1]:
        return
    kind = _kind(words.shape[-1], scale)
    if kind is None:
        return
    if kind[0] == "NVFP4" and overall is None:
        raise MalformedFile(words.name, "no scale for the whole matrix", f"{stem}_global_scale, as NVFP4 has")
    if overall is not None:
        expect_float(overall)
        experts = words.shape[0] if len(words.shape) == 3 else 1
        if overall.count not in (1, experts):
            raise MalformedFile(overall.name, f"{overall.count} scales", f"1 or {experts}")
    tensor = Microscaled(stem, words, scale, kind, overall=overall, divides=divides)
    yield Found(tensor, tuple(stem + part for part in parts))


def _kind(width: int, scale: LazyTensor) -> tuple[str, int, int] | None:
    """Name, bits and group size that the width in bytes and the number of scales imply."""
    groups = scale.shape[-1]
    if not _holds_powers(scale) and not is_float(scale.dtype):
        return None
    kinds = _POWERS if _holds_powers(scale) else _FLOATS
    return next((kind for kind in kinds if width * 8 == groups * kind[1] * kind[2]), None)
