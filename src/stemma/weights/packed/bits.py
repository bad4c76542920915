"""Codes out of bit streams, and small floats out of codes, by tables and shifts on whole rows."""

from __future__ import annotations

from math import gcd
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_BYTE = np.arange(256, dtype=np.uint8)


def _spread(bits: int) -> NDArray[Any]:
    codes = np.stack([(_BYTE >> shift) & ((1 << bits) - 1) for shift in range(0, 8, bits)], axis=1)
    return np.ascontiguousarray(codes).view(f"<u{8 // bits}").reshape(256)


_SPREAD = {bits: _spread(bits) for bits in (1, 2, 4)}


def unpack_bits(stream: Bytes, bits: int, count: int) -> Bytes:
    """Codes of ``bits`` each out of a dense little-endian bit stream per row, lowest bits first.

    ``stream`` is (rows, bytes), the result (rows, count); codes may straddle bytes. GPTQ, compressed-tensors
    and MLX all store this stream, cut into words of 32 bits.
    """
    if bits == 8:
        return stream[:, :count]
    if bits in _SPREAD:
        wide = np.take(_SPREAD[bits], stream)
        return wide.view(np.uint8).reshape(stream.shape[0], -1)[:, :count]
    return _straddling(stream, bits, count)


def _straddling(stream: Bytes, bits: int, count: int) -> Bytes:
    codes = 8 // gcd(bits, 8)
    width = bits * codes // 8
    groups = -(-count // codes)
    if stream.shape[1] < groups * width:
        stream = np.pad(stream, ((0, 0), (0, groups * width - stream.shape[1])))
    packed = stream[:, : groups * width].reshape(stream.shape[0], groups, width)
    lanes = [np.ascontiguousarray(packed[:, :, lane]) for lane in range(width)]
    out = np.empty((stream.shape[0], groups, codes), np.uint8)
    mask = np.uint8((1 << bits) - 1)
    for code in range(codes):
        lane, shift = divmod(code * bits, 8)
        value = lanes[lane] >> np.uint8(shift)
        if shift + bits > 8:
            value |= lanes[lane + 1] << np.uint8(8 - shift)
        out[:, :, code] = value & mask
    return out.reshape(stream.shape[0], -1)[:, :count]


def as_bytes(rows: NDArray[Any]) -> Bytes:
    """The bytes of each row: (rows, columns) of any word -> (rows, columns * itemsize)."""
    return np.ascontiguousarray(rows).view(np.uint8).reshape(rows.shape[0], -1)


def pair_table(values: Floats, *, low_first: bool) -> NDArray[Any]:
    """For every byte its two nibbles' values, stored as one 8-byte word so that one look-up gives both."""
    low, high = values[_BYTE & 15], values[_BYTE >> 4]
    pair = (low, high) if low_first else (high, low)
    return np.ascontiguousarray(np.stack(pair, axis=1)).view(np.uint64).reshape(256)


def look_up_pairs(table: NDArray[Any], packed: Bytes) -> Floats:
    """Two floats for every byte: (rows, n) -> (rows, 2 n)."""
    return np.take(table, packed).view(np.float32)


E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)
"""The sixteen values of FP4 E2M1 by code (OCP Microscaling Formats 1.0, section 5.3.3)."""

E2M1_PAIRS = pair_table(E2M1, low_first=True)

_E2M3_HALF = [m / 8 for m in range(8)] + [(1 + m / 8) * 2**e for e in range(3) for m in range(8)]
E2M3 = np.array(_E2M3_HALF + [-value for value in _E2M3_HALF], np.float32)
"""The 64 values of FP6 E2M3 by code (OCP Microscaling Formats 1.0, section 5.3.2)."""

E8M0 = _BYTE.view(ml_dtypes.float8_e8m0fnu).astype(np.float32)
"""Powers of two by biased exponent; 255 is NaN (OCP Microscaling Formats 1.0, section 5.4.1)."""

E4M3 = _BYTE.view(ml_dtypes.float8_e4m3fn).astype(np.float32)
"""FP8 E4M3 by code."""

_FLOAT_NAMES = frozenset(
    (
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "float8_e4m3fn",
        "float8_e5m2",
        "float8_e4m3fnuz",
        "float8_e5m2fnuz",
        "float8_e8m0fnu",
        "float8_e4m3",
        "float8_e3m4",
    )
)
_TABLES: dict[np.dtype[Any], Floats] = {}


def is_float(dtype: np.dtype[Any]) -> bool:
    """True for NumPy's floats and the small floats of ml_dtypes."""
    return dtype.name in _FLOAT_NAMES


def is_float8(dtype: np.dtype[Any]) -> bool:
    """True for the eight-bit floats that hold values (E8M0 holds scales only)."""
    return is_float(dtype) and dtype.itemsize == 1 and dtype.name != "float8_e8m0fnu"


def to_float32(values: NDArray[Any]) -> Floats:
    """Float32 copies; eight-bit floats by table, which is several times faster than a cast."""
    if not is_float8(values.dtype):
        with np.errstate(all="ignore"):
            return values.astype(np.float32)
    table = _TABLES.get(values.dtype)
    if table is None:
        table = _TABLES[values.dtype] = _BYTE.view(values.dtype).astype(np.float32)
    return np.take(table, np.ascontiguousarray(values).view(np.uint8))
