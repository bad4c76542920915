"""Packers written straight from the published layouts, one element at a time, sharing nothing with the
readers.

GPTQ and AWQ: the layouts of AutoGPTQ and AutoAWQ (``qlinear_cuda_old.py``, ``gemm.py``); compressed-tensors
and MLX use the same dense bit stream as GPTQ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)


def bit_stream(codes: NDArray[Any], bits: int) -> NDArray[np.uint32]:
    """Each row of codes as one long number, cut into words of 32 bits, lowest first."""
    words = -(-codes.shape[1] * bits // 32)
    out = np.zeros((codes.shape[0], words), np.uint32)
    for row, values in enumerate(codes):
        number = sum(int(value) << (bits * position) for position, value in enumerate(values))
        for word in range(words):
            out[row, word] = (number >> (32 * word)) & 0xFFFFFFFF
    return out


def gptq(
    codes: NDArray[Any], zeros: NDArray[Any], scales: NDArray[Any], bits: int, *, version: int = 1
) -> dict[str, NDArray[Any]]:
    """codes (out, in), zeros and scales (groups, out)."""
    stored = (zeros - 1) % (1 << bits) if version == 1 else zeros
    return {
        "layer.qweight": bit_stream(codes, bits).T.view(np.int32),
        "layer.qzeros": bit_stream(stored, bits).view(np.int32),
        "layer.scales": scales,
    }


def awq(codes: NDArray[Any], zeros: NDArray[Any], scales: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """codes (out, in), zeros and scales (groups, out)."""

    def packed(values: NDArray[Any]) -> NDArray[np.int32]:
        out = np.zeros((values.shape[0], values.shape[1] // 8), np.uint32)
        for word in range(out.shape[1]):
            for nibble, output in enumerate(AWQ_ORDER):
                out[:, word] |= values[:, 8 * word + output].astype(np.uint32) << (4 * nibble)
        return out.view(np.int32)

    return {"layer.qweight": packed(codes.T), "layer.qzeros": packed(zeros), "layer.scales": scales}
