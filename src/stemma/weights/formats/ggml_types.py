"""The block types of ggml: elements and bytes of a block, and how it becomes numbers.

The table repeats ``gguf.constants`` so that a header can be checked without importing that package; a test
holds the two together. Dequantisation is that of ``gguf.quants``; the three types that it leaves out (Q8_1,
Q8_K, Q1_0) follow the structs of ``ggml-common.h``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from stemma.immutable import immutable


@immutable
class BlockType:
    """A ggml type; ``dtype`` is set for the plain ones, the others are read as float32."""

    code: int
    name: str
    elements: int
    size: int
    dtype: np.dtype[Any] | None = None


def _plain(code: int, name: str, dtype: Any) -> BlockType:
    kind = np.dtype(dtype)
    return BlockType(code, name, 1, kind.itemsize, kind)


BLOCK_TYPES: Mapping[int, BlockType] = {
    kind.code: kind
    for kind in (
        _plain(0, "F32", "<f4"),
        _plain(1, "F16", "<f2"),
        BlockType(2, "Q4_0", 32, 18),
        BlockType(3, "Q4_1", 32, 20),
        BlockType(6, "Q5_0", 32, 22),
        BlockType(7, "Q5_1", 32, 24),
        BlockType(8, "Q8_0", 32, 34),
        BlockType(9, "Q8_1", 32, 40),
        BlockType(10, "Q2_K", 256, 84),
        BlockType(11, "Q3_K", 256, 110),
        BlockType(12, "Q4_K", 256, 144),
        BlockType(13, "Q5_K", 256, 176),
        BlockType(14, "Q6_K", 256, 210),
        BlockType(15, "Q8_K", 256, 292),
        BlockType(16, "IQ2_XXS", 256, 66),
        BlockType(17, "IQ2_XS", 256, 74),
        BlockType(18, "IQ3_XXS", 256, 98),
        BlockType(19, "IQ1_S", 256, 50),
        BlockType(20, "IQ4_NL", 32, 18),
        BlockType(21, "IQ3_S", 256, 110),
        BlockType(22, "IQ2_S", 256, 82),
        BlockType(23, "IQ4_XS", 256, 136),
        _plain(24, "I8", "i1"),
        _plain(25, "I16", "<i2"),
        _plain(26, "I32", "<i4"),
        _plain(27, "I64", "<i8"),
        _plain(28, "F64", "<f8"),
        BlockType(29, "IQ1_M", 256, 56),
        _plain(30, "BF16", ml_dtypes.bfloat16),
        BlockType(34, "TQ1_0", 256, 54),
        BlockType(35, "TQ2_0", 256, 66),
        BlockType(39, "MXFP4", 32, 17),
        BlockType(40, "NVFP4", 64, 36),
        BlockType(41, "Q1_0", 128, 18),
    )
}


def dequantise(blocks: NDArray[np.uint8], kind: BlockType) -> NDArray[np.float32]:
    """Rows of packed blocks, shape (rows, bytes), as float32 of shape (rows, elements).

    A scale of infinity or NaN in the file comes through as it is, without a warning.
    """
    by_hand = _BY_HAND.get(kind.name)
    with np.errstate(all="ignore"):
        if by_hand is not None:
            values = by_hand(blocks.reshape(-1, kind.size))
        else:
            # Imported here: it takes a third of a second, and plain checkpoints never need it.
            from gguf.constants import GGMLQuantizationType  # noqa: PLC0415
            from gguf.quants import dequantize  # noqa: PLC0415

            values = dequantize(blocks, GGMLQuantizationType(kind.code))
    return np.ascontiguousarray(values, dtype=np.float32).reshape(len(blocks), -1)


def _q8_1(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """{float d; float s; int8 qs[32]} as the gguf package sizes it; s is the sum, kept for dot products."""
    scale = np.ascontiguousarray(blocks[:, :4]).view("<f4")
    return scale * blocks[:, 8:].view(np.int8).astype(np.float32)


def _q8_k(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """{float d; int8 qs[256]; int16 bsums[16]}."""
    scale = np.ascontiguousarray(blocks[:, :4]).view("<f4")
    return scale * blocks[:, 4:260].view(np.int8).astype(np.float32)


def _q1_0(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """{half d; bits qs[128]}: a set bit is d, a cleared one -d."""
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    return np.where(np.unpackbits(blocks[:, 2:], axis=1, bitorder="little") == 1, scale, -scale)


_BY_HAND: Mapping[str, Callable[[NDArray[np.uint8]], NDArray[np.float32]]] = {
    "Q8_1": _q8_1,
    "Q8_K": _q8_k,
    "Q1_0": _q1_0,
}
