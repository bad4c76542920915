"""MLX: ``weight`` uint32, a dense bit stream along the inputs, ``scales`` and perhaps ``biases`` per group.

Affine: w = scale * code + bias. The floating modes have exponent or E4M3 bytes as scales and no biases;
their shapes tell them apart. In affine mode shapes give only bits x group size, so the config's claim is
checked against the codes: MLX makes one end of every group code 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from stemma.errors import MalformedFile
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import (
    E2M1_PAIRS,
    E4M3,
    Bytes,
    Floats,
    as_bytes,
    look_up_pairs,
    to_float32,
    unpack_bits,
)
from stemma.weights.packed.interface import Declared, Found, Notes
from stemma.weights.packed.rows import RowPacked, rows_of
from stemma.weights.packed.shapes import expect_float, expect_shape, exponents, members
from stemma.weights.packed.tensors import scale_groups, shift_groups

_WIDTHS = (1, 2, 3, 4, 5, 6, 8)
_GROUPS = (16, 32, 64, 128)
_MODES = {128: ("mxfp4", 4, 32), 256: ("mxfp8", 8, 32), 64: ("nvfp4", 4, 16)}
_SAMPLED_ROWS = 16
_FEWEST_GROUPS = 16


class Affine(RowPacked):
    """w = scale * code + bias with one scale and bias for every ``group`` inputs."""

    def __init__(self, name: str, parts: Mapping[str, LazyTensor], bits: int, group: int) -> None:
        words = parts["weight"]
        super().__init__(name, words, words.shape[-1] * 32 // bits, f"MLX int{bits} g{group}")
        self._scales, self._biases = parts["scales"], parts["biases"]
        self._bits, self._group = bits, group

    def _decode(self, packed: Bytes, expert: tuple[int, ...], start: int, stop: int) -> Floats:
        codes = unpack_bits(packed, self._bits, self.shape[-1]).astype(np.float32)
        scale_groups(codes, to_float32(rows_of(self._scales, expert, start, stop)), self._group, None)
        shift_groups(codes, to_float32(rows_of(self._biases, expert, start, stop)), self._group, None)
        return codes


class FloatMode(RowPacked):
    """The modes mxfp4, mxfp8 and nvfp4: small floats with a scale byte for every group."""

    def __init__(self, name: str, parts: Mapping[str, LazyTensor], mode: tuple[str, int, int]) -> None:
        words = parts["weight"]
        super().__init__(name, words, words.shape[-1] * 32 // mode[1], f"MLX {mode[0]}")
        self._scales = parts["scales"]
        self._mode, self._bits, self._group = mode

    def _decode(self, packed: Bytes, expert: tuple[int, ...], start: int, stop: int) -> Floats:
        values = look_up_pairs(E2M1_PAIRS, packed) if self._bits == 4 else np.take(E4M3, packed)
        stored = rows_of(self._scales, expert, start, stop)
        scales = np.take(E4M3, stored) if self._mode == "nvfp4" else exponents(stored)
        scale_groups(values, scales, self._group, None)
        return values


def find(tensors: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    """Matrices stored as uint32 ``weight`` with ``scales``, and ``biases`` in affine mode."""
    for name, words in tensors.items():
        base = name.removesuffix("weight")
        parts = members(tensors, base, "weight", "scales", "biases")
        if base == name or words.dtype != np.uint32 or "scales" not in parts:
            continue
        if len(words.shape) not in (2, 3) or not all(words.shape):
            continue
        used = tuple(base + part for part in parts)
        if "biases" in parts:
            bits, group = _affine_layout(base, parts, declared, notes)
            yield Found(Affine(name, parts, bits, group), used)
        else:
            yield Found(FloatMode(name, parts, _mode(parts)), used)


def _product(parts: Mapping[str, LazyTensor]) -> int:
    words, scales = parts["weight"], parts["scales"]
    groups = scales.shape[-1] if scales.shape else 0
    expect_shape(scales, (*words.shape[:-1], groups))
    if not groups or words.shape[-1] * 32 % groups:
        raise MalformedFile(scales.name, f"{groups} groups for {words.shape[-1]} words", "whole groups in each row")
    return words.shape[-1] * 32 // groups


def _mode(parts: Mapping[str, LazyTensor]) -> tuple[str, int, int]:
    product = _product(parts)
    if product not in _MODES or parts["scales"].dtype != np.uint8:
        raise MalformedFile(
            parts["weight"].name,
            f"{product} bits a group and no biases",
            "mxfp4, mxfp8 or nvfp4 with scale bytes",
        )
    return _MODES[product]


def _affine_layout(base: str, parts: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> tuple[int, int]:
    words, scales = parts["weight"], parts["scales"]
    expect_float(scales)
    expect_float(parts["biases"])
    expect_shape(parts["biases"], scales.shape)
    product, stored = _product(parts), words.shape[-1] * 32
    fitting = [
        (bits, product // bits)
        for bits in _WIDTHS
        if product % bits == 0 and product // bits in _GROUPS and stored % bits == 0
    ]
    if not fitting:
        raise MalformedFile(words.name, f"{product} bits a group", "1 to 8 bits in groups of 16 to 128")
    claimed = next((pair for pair in declared.pairs(base.removesuffix(".")) if pair in fitting), None)
    told = fitting[0] if len(fitting) == 1 else _told(words, fitting)
    if told is None and claimed is None:
        raise MalformedFile(
            words.name,
            "a layout that its shapes and codes leave open",
            "bits and group_size in the config's quantization",
        )
    bits, group = told or claimed or fitting[0]
    if claimed != (bits, group):
        found = f"{bits} bits in groups of {group}"
        notes.add(
            f"The config does not say, or says otherwise, that there are {found}; the codes were believed",
            words.name,
        )
    return bits, group


def _told(words: LazyTensor, fitting: list[tuple[int, int]]) -> tuple[int, int] | None:
    rows = words.read(0, min(_SAMPLED_ROWS, words.shape[0])) if len(words.shape) == 2 else words.read(0, 1)[0]
    sample = as_bytes(rows[:_SAMPLED_ROWS])
    told = [pair for pair in fitting if _ends_at_zero(sample, *pair)]
    return max(told) if told else None


def _ends_at_zero(sample: Bytes, bits: int, group: int) -> bool:
    codes: NDArray[np.uint8] = unpack_bits(sample, bits, sample.shape[1] * 8 // bits).reshape(-1, group)
    low = codes.min(axis=1)
    varied = codes.max(axis=1) != low
    return int(varied.sum()) >= _FEWEST_GROUPS and float(np.mean(low[varied] == 0)) >= 0.95
