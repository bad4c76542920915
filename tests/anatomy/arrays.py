"""Checkpoints made of plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.identity import Missing
from stemma.weights.interface import Checkpoint, LazyTensor


class ArrayTensor(LazyTensor):
    """A tensor in memory; ``reads`` counts the elements that were asked for."""

    def __init__(self, name: str, array: NDArray[Any]) -> None:
        self.name, self.array = name, array
        self.shape, self.dtype, self.storage = array.shape, array.dtype, "F32"
        self.reads = 0

    def read(self, start: int, stop: int) -> NDArray[Any]:
        out = self.array[start:stop] if self.shape else self.array
        self.reads += out.size
        return out


def random(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """An array of normal numbers for every name."""
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def checkpoint(
    arrays: Mapping[str, NDArray[Any]], config: Mapping[str, Any] | None = None, layout: str = "hf"
) -> Checkpoint:
    """A checkpoint that holds the arrays."""
    return Checkpoint(
        label="test",
        container="memory",
        layout=layout,
        weight_files=(),
        tensors={name: ArrayTensor(name, arrays[name]) for name in sorted(arrays)},
        config=Missing("no configuration was given") if config is None else config,
        tokenizer=Missing("no tokenizer was given"),
    )
