"""bitsandbytes: 4-bit codes (nf4, fp4) with an absolute maximum per block, and int8 with one scale a row.

4 bit: ``weight`` holds two codes a byte, the even element in the high nibble; ``absmax`` per block, itself
quantised where ``nested_absmax`` exists: absmax = nested_quant_map[code] * nested_absmax[block / 256] +
offset. 8 bit: ``weight`` int8, ``SCB``: w = value * SCB / 127.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from stemma.errors import MalformedFile, UnsupportedFormat
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import Bytes, Floats, look_up_pairs, pair_table, to_float32
from stemma.weights.packed.grid import Grid, GridScaled
from stemma.weights.packed.interface import Declared, Found, Notes
from stemma.weights.packed.shapes import expect_float, expect_shape, members, read_small
from stemma.weights.packed.tensors import Dequantised, pieces

_STATE = ".quant_state.bitsandbytes__"
_KINDS = ("nf4", "fp4")
_PARTS = ("", ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map")
_LONGEST_STATE = 1 << 14
_LARGEST = 1 << 48


@immutable
class _State:
    shape: tuple[int, ...]
    block: int
    nested_block: int
    nested_offset: float


class FourBit(Dequantised):
    """A matrix of 16 possible values times the absolute maximum of its block."""

    def __init__(self, name: str, parts: Mapping[str, LazyTensor], state: _State, kind: str) -> None:
        nested = " nested" if ".nested_absmax" in parts else ""
        super().__init__(name, state.shape, f"bitsandbytes {kind}{nested}")
        self._parts = parts
        self._state = state

    @cached_property
    def _table(self) -> Any:
        return pair_table(to_float32(read_small(self._parts[".quant_map"])), low_first=False)

    def _rows(self, start: int, stop: int) -> Floats:
        width = self.count // self.shape[0]
        out = np.empty((stop - start, *self.shape[1:]), np.float32)
        for low, high in pieces(start, stop, width):
            out[low - start : high - start] = self._piece(low, high, width).reshape(high - low, *self.shape[1:])
        return out

    def _piece(self, start: int, stop: int, width: int) -> Floats:
        block = self._state.block
        first, last = start * width, stop * width
        low, high = first // block, -(-last // block)
        codes = self._codes(low * block, min(high * block, self.count))
        whole = codes.size // block
        maxima = self._maxima(low, high)
        blocks = codes[: whole * block].reshape(whole, block)
        blocks *= maxima[:whole, None]
        codes[whole * block :] *= maxima[-1]
        return codes[first - low * block : last - low * block]

    def _codes(self, first: int, last: int) -> Floats:
        packed = _flat_bytes(self._parts[""], first // 2, -(-last // 2))
        return look_up_pairs(self._table, packed)[first % 2 : first % 2 + last - first]

    def _maxima(self, first: int, last: int) -> Floats:
        stored = self._parts[".absmax"].read(first, last)
        if ".nested_absmax" not in self._parts:
            return to_float32(stored)
        step = self._state.nested_block
        outer = to_float32(self._parts[".nested_absmax"].read(first // step, -(-last // step)))
        values = to_float32(read_small(self._parts[".nested_quant_map"]))
        share = outer[np.arange(first, last) // step - first // step]
        maxima: Floats = values[stored] * share + np.float32(self._state.nested_offset)
        return maxima


def _flat_bytes(tensor: LazyTensor, first: int, last: int) -> Bytes:
    """Bytes ``first:last`` of a tensor's storage, by whole rows of it."""
    row = max(1, tensor.row_bytes)
    if tensor.shape[0] == 1:
        size = tensor.dtype.itemsize
        low = first // size
        part = tensor.window(slice(0, 1), slice(low, -(-last // size))) if len(tensor.shape) == 2 else tensor.read_all()
        low = low if len(tensor.shape) == 2 else 0
        flat = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
        return flat[first - low * size : last - low * size]
    low = first // row
    flat = np.ascontiguousarray(tensor.read(low, -(-last // row))).reshape(-1).view(np.uint8)
    return flat[first - low * row : last - low * row]


def find(tensors: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    """Matrices with a bitsandbytes quantisation state, or an int8 ``weight`` with ``SCB``."""
    for name in tensors:
        base, mark, kind = name.partition(_STATE)
        if mark and kind in _KINDS and base in tensors:
            yield _four_bit(tensors, base, name, kind)
        stem = name.removesuffix("SCB")
        if stem != name and stem + "weight" in tensors and tensors[stem + "weight"].dtype == np.int8:
            yield _eight_bit(members(tensors, stem, "weight", "SCB", "weight_format"), stem)


def _eight_bit(parts: Mapping[str, LazyTensor], stem: str) -> Found:
    values, scale = parts["weight"], parts["SCB"]
    if len(values.shape) != 2:
        raise MalformedFile(values.name, f"shape {values.shape}", "an int8 matrix beside SCB")
    if "weight_format" in parts and read_small(parts["weight_format"]).tolist() not in ([0], []):
        raise UnsupportedFormat(
            f"{stem}weight is stored in a tiled order of bitsandbytes.",
            advice="Save it again with a current bitsandbytes, which writes rows.",
        )
    expect_float(scale)
    expect_shape(scale, values.shape[:1], (values.shape[0], 1), (1, values.shape[0]))
    flat = _Flat(scale)
    grid = Grid(1, values.shape[1])
    tensor = GridScaled(values.name, values, flat, grid=grid, storage="bitsandbytes int8", divisor=127.0)
    return Found(tensor, tuple(stem + part for part in parts))


class _Flat(LazyTensor):
    """A vector of scales, whichever way it was stored."""

    def __init__(self, tensor: LazyTensor) -> None:
        self._tensor = tensor
        self.name, self.dtype, self.storage = tensor.name, tensor.dtype, tensor.storage
        self.shape = (tensor.count,)

    def read(self, start: int, stop: int) -> Any:
        """Scales ``start:stop``."""
        if self._tensor.shape[0] == self.shape[0]:
            return self._tensor.read(start, stop).reshape(-1)
        return self._tensor.read_all().reshape(-1)[start:stop]


def _four_bit(tensors: Mapping[str, LazyTensor], base: str, state_name: str, kind: str) -> Found:
    parts = members(tensors, base, *_PARTS)
    state = _read_state(tensors[state_name])
    expected = {".absmax", ".quant_map"} | ({".nested_quant_map"} if ".nested_absmax" in parts else set())
    if not expected <= parts.keys():
        raise MalformedFile(base, f"no {', '.join(sorted(expected - parts.keys()))}", "the parts of one 4-bit matrix")
    _check_sizes(parts, state, base)
    return Found(FourBit(base, parts, state, kind), (*(base + part for part in parts), state_name))


def _check_sizes(parts: Mapping[str, LazyTensor], state: _State, base: str) -> None:
    count = 1
    for axis in state.shape:
        count *= axis
    if not 0 < count < _LARGEST or parts[""].count * parts[""].dtype.itemsize != -(-count // 2):
        raise MalformedFile(base, f"{parts[''].shape} for a matrix {state.shape}", "half a byte for each element")
    blocks = -(-count // state.block)
    expect_shape(parts[".absmax"], (blocks,))
    expect_shape(parts[".quant_map"], (16,))
    expect_float(parts[".quant_map"])
    if ".nested_absmax" not in parts:
        expect_float(parts[".absmax"])
        return
    if parts[".absmax"].dtype != np.uint8:
        raise MalformedFile(
            parts[".absmax"].name, f"{parts['.absmax'].dtype.name} values", "bytes beside nested_absmax"
        )
    expect_shape(parts[".nested_absmax"], (-(-blocks // state.nested_block),))
    expect_shape(parts[".nested_quant_map"], (256,))
    expect_float(parts[".nested_absmax"])
    expect_float(parts[".nested_quant_map"])


def _read_state(tensor: LazyTensor) -> _State:
    if tensor.dtype != np.uint8 or len(tensor.shape) != 1 or not 0 < tensor.count <= _LONGEST_STATE:
        raise MalformedFile(tensor.name, f"{tensor.dtype.name} {tensor.shape}", "a short JSON text as bytes")
    try:
        state = json.loads(bytes(tensor.read_all()))
    except (ValueError, RecursionError) as error:
        raise MalformedFile(tensor.name, "bytes that are no JSON", "the quantisation state as JSON") from error
    if not isinstance(state, dict):
        raise MalformedFile(tensor.name, "JSON that is no object", "the quantisation state as JSON")
    shape, offset = state.get("shape"), state.get("nested_offset", 0.0)
    sizes = [_size(n, tensor) for n in shape] if isinstance(shape, list) and 0 < len(shape) <= 4 else []
    if not sizes or not isinstance(offset, int | float) or abs(offset) > 1e30:
        raise MalformedFile(tensor.name, f"shape {shape}, offset {offset}"[:200], "a shape, a finite offset")
    block, nested = _size(state.get("blocksize"), tensor), _size(state.get("nested_blocksize", 256), tensor)
    return _State(tuple(sizes), block, nested, float(offset))


def _size(value: object, tensor: LazyTensor) -> int:
    if not isinstance(value, int) or not 0 < value < _LARGEST:
        raise MalformedFile(tensor.name, f"the size {value}"[:200], "a positive whole number")
    return value
