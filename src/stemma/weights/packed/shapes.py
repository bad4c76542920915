"""Questions about stored tensors that every scheme asks, with one wording for what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.errors import MalformedFile
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import E8M0, Floats, is_float, to_float32

_SMALL = 1 << 20
_USUAL = frozenset(1 << power for power in range(4, 12))


def expect_shape(tensor: LazyTensor, *allowed: tuple[int, ...]) -> None:
    """Raises MalformedFile unless the tensor has one of the ``allowed`` shapes."""
    if tensor.shape not in allowed:
        raise MalformedFile(tensor.name, f"shape {tensor.shape}", f"shape {' or '.join(map(str, allowed))}")


def expect_float(tensor: LazyTensor) -> None:
    """Raises MalformedFile unless the tensor holds floats."""
    if not is_float(tensor.dtype):
        raise MalformedFile(tensor.name, f"{tensor.dtype.name} values", "floating-point scales")


def expect_integer(tensor: LazyTensor) -> None:
    """Raises MalformedFile unless the tensor holds integers."""
    if tensor.dtype.kind not in "iu":
        raise MalformedFile(tensor.name, f"{tensor.dtype.name} values", "packed integers")


def is_words(tensor: LazyTensor, *itemsizes: int) -> bool:
    """True for a 2-d tensor of integers of one of these sizes in bytes, with no empty axis."""
    return (
        len(tensor.shape) == 2
        and all(tensor.shape)
        and tensor.dtype.kind in "iu"
        and tensor.dtype.itemsize in itemsizes
    )


def read_small(tensor: LazyTensor) -> NDArray[Any]:
    """The whole of a tensor that must be small. Raises MalformedFile above a million elements."""
    if tensor.count > _SMALL:
        raise MalformedFile(tensor.name, f"{tensor.count} elements", f"at most {_SMALL}")
    return np.asarray(tensor.read_all()).reshape(-1)


def exponents(values: NDArray[Any]) -> Floats:
    """Powers of two from biased exponents, stored as bytes or as E8M0."""
    return np.take(E8M0, np.ascontiguousarray(values).view(np.uint8))


def scale_values(values: NDArray[Any], *, powers: bool) -> Floats:
    """Scales as float32: floats as they are, or biased exponents where ``powers``."""
    return exponents(values) if powers else to_float32(values)


def block_size(name: str, size: int, count: int, claimed: Iterable[int]) -> int:
    """How many of ``size`` features share one of ``count`` scales; the last block may be shorter.

    Usual sizes that divide evenly come first, then what the config claims if it fits, then ragged blocks of
    128.

    Raises:
        MalformedFile: no block size gives that many scales.
    """
    if count in (1, size):
        return size // count
    exact = 0 if size % count else size // count
    fitting = [claim for claim in claimed if claim > 0 and -(-size // claim) == count]
    usual = [claim for claim in fitting if claim in _USUAL or claim == exact]
    ragged = [128] if -(-size // 128) == count else []
    choices = ([exact] if exact in _USUAL else []) + usual + ragged + ([exact] if exact else []) + fitting
    if not choices:
        raise MalformedFile(name, f"{count} scales for {size} features", "blocks of one size")
    return choices[0]


def members(tensors: Mapping[str, LazyTensor], base: str, *suffixes: str) -> dict[str, LazyTensor]:
    """Those of ``base`` + ``suffix`` that exist, by suffix."""
    return {suffix: tensors[base + suffix] for suffix in suffixes if base + suffix in tensors}
