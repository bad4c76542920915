"""Arrays as lazy tensors, and tensors of other libraries as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from stemma.identity import Missing
from stemma.weights.interface import LazyTensor
from stemma.weights.packed import unpack

NO_CONFIG = Missing("no config in this test")


class ArrayTensor(LazyTensor):
    """A tensor that lies in memory; it counts the elements that were read."""

    def __init__(self, name: str, array: NDArray[Any]) -> None:
        self.name = name
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.storage = array.dtype.name
        self.elements_read = 0

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows start:stop."""
        if not self.shape:
            return self.array
        assert 0 <= start <= stop <= self.shape[0]
        part = self.array[start:stop]
        self.elements_read += part.size
        return part


def lazy(arrays: Mapping[str, NDArray[Any]]) -> dict[str, LazyTensor]:
    """Every array as a lazy tensor under its name."""
    return {name: ArrayTensor(name, np.asarray(array)) for name, array in arrays.items()}


def from_torch(tensor: Any) -> NDArray[Any]:
    """A torch tensor as an array, bfloat16 and float8 included."""
    import torch

    small = {
        torch.bfloat16: (torch.int16, ml_dtypes.bfloat16),
        torch.float8_e4m3fn: (torch.uint8, ml_dtypes.float8_e4m3fn),
        torch.float8_e5m2: (torch.uint8, ml_dtypes.float8_e5m2),
    }
    tensor = tensor.detach().cpu().contiguous()
    if tensor.dtype in small:
        carrier, dtype = small[tensor.dtype]
        return tensor.view(carrier).numpy().view(dtype)
    return tensor.numpy()


def unpack_one(arrays: Mapping[str, NDArray[Any]], config: Any = NO_CONFIG) -> LazyTensor:
    """The only tensor that is left after unpacking, without any warning."""
    tensors, warnings = unpack(lazy(arrays), config)
    assert warnings == ()
    assert len(tensors) == 1, sorted(tensors)
    return next(iter(tensors.values()))


def check_reads(tensor: LazyTensor, expected: NDArray[Any], *, rtol: float = 1e-6, atol: float = 1e-7) -> None:
    """Whole, by ranges, by blocks and by windows the tensor gives the expected float32 values."""
    assert tensor.dtype == np.float32
    assert tensor.shape == expected.shape
    whole = tensor.read_all()
    assert whole.dtype == np.float32
    np.testing.assert_allclose(whole, expected, rtol=rtol, atol=atol)
    rows = tensor.shape[0]
    for start, stop in ((0, 1), (rows // 3, rows // 2 + 1), (rows - 1, rows), (1 % rows, rows), (rows, rows)):
        np.testing.assert_array_equal(tensor.read(start, stop), whole[start:stop])
    joined = np.concatenate([block for _, block in tensor.blocks(limit=tensor.row_bytes * 5)])
    np.testing.assert_array_equal(joined, whole)
    assert [start for start, _ in tensor.blocks(limit=tensor.row_bytes * 5)] == list(range(0, rows, 5))
    np.testing.assert_array_equal(tensor.window(slice(0, rows), slice(1, 4)), whole[:, 1:4])
