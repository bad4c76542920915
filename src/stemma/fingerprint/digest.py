"""The value digest: one digest for one set of numbers, whatever type they are stored in.

BLAKE3 over the shape and the row-major little-endian values in the narrowest of bfloat16, float16 and float32 that
holds every value exactly (float64 and 64-bit integers as they are where float32 does not hold them). So a bf16 file
and its float32 copy have one digest, and so have a GGUF and its source where no number changed.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from stemma.identity import Digest
from stemma.weights.interface import LazyTensor

_BF16 = np.dtype(ml_dtypes.bfloat16)
_CANDIDATES: tuple[np.dtype[Any], ...] = (_BF16, np.dtype(np.float16), np.dtype(np.float32))


class ValueDigest:
    """Hashes blocks as they stream past, as the narrowest type that held every value so far.

    When a later block needs a wider type, what was hashed is void: :attr:`restart` becomes True and
    :func:`value_digest` reads the tensor once more. The type is settled by the first block in practice.
    """

    def __init__(self, shape: tuple[int, ...], candidates: tuple[np.dtype[Any], ...] = _CANDIDATES) -> None:
        self._shape = shape
        self._candidates = candidates
        self._hash: Any = None
        self.restart = False

    def add(self, stored: NDArray[Any], values: NDArray[np.float32]) -> None:
        """Add a block, given as stored and as float32."""
        while not self.restart:
            exact = _as_exactly(stored, values, self._candidates[0]) if self._candidates else stored
            if exact is not None:
                self._hashing().update(np.ascontiguousarray(exact).reshape(-1).view(np.uint8))
                return
            self._candidates = self._candidates[1:]
            self.restart = self._hash is not None

    def _hashing(self) -> Any:
        if self._hash is None:
            kind = self._candidates[0].name if self._candidates else "as stored"
            self._hash = blake3(f"{kind}{list(self._shape)}".encode())
        return self._hash

    def result(self) -> Digest:
        """The digest of everything added."""
        return Digest("blake3", self._hashing().hexdigest())

    def again(self) -> ValueDigest:
        """A fresh digest that starts with the wider type this one ran into."""
        return ValueDigest(self._shape, self._candidates)


def value_digest(tensor: LazyTensor, so_far: ValueDigest | None = None) -> Digest:
    """The value digest of a tensor; ``so_far`` is what a pass over all of its blocks has already gathered."""
    digest = ValueDigest(tensor.shape) if so_far is None else so_far
    while so_far is None or digest.restart:
        digest = digest.again() if digest.restart else digest
        so_far = digest
        for _, block in tensor.blocks():
            digest.add(block, block.astype(np.float32))
            if digest.restart:
                break
    return digest.result()


def _as_exactly(stored: NDArray[Any], values: NDArray[np.float32], wanted: np.dtype[Any]) -> NDArray[Any] | None:
    """``stored`` as ``wanted``, or None where a value would change."""
    if stored.dtype == wanted:
        return stored
    if stored.dtype.itemsize > 4 and not np.array_equal(stored, values.astype(stored.dtype)):
        return None
    if wanted == np.float32:
        return values
    if wanted == _BF16:
        return None if np.any(values.view(np.uint32) & np.uint32(0xFFFF)) else values.astype(_BF16)
    with np.errstate(over="ignore"):
        narrow = values.astype(wanted)
    return narrow if np.array_equal(narrow.astype(np.float32), values, equal_nan=True) else None
