"""FP8 weights (E4M3, E5M2) multiplied by the ``weight_scale_inv`` or ``weight_scale`` beside them.

The scale is one number, one per output feature, or one per block (128 x 128 in DeepSeek's files); with
exponent bytes for every 32 inputs it is MXFP8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from stemma.weights.interface import LazyTensor
from stemma.weights.packed.bits import is_float, is_float8
from stemma.weights.packed.grid import Grid, GridScaled, grid_of
from stemma.weights.packed.interface import Declared, Found, Notes

_SCALES = ("_scale_inv", "_scale")


def find(tensors: Mapping[str, LazyTensor], declared: Declared, notes: Notes) -> Iterator[Found]:
    """Eight-bit floats that have a tensor of scales by the same name."""
    for name, values in tensors.items():
        if not is_float8(values.dtype) or len(values.shape) not in (2, 3) or not all(values.shape):
            continue
        scale = _scale_of(tensors, name)
        if scale is None:
            continue
        grid = grid_of(values.shape, scale, declared.blocks)
        _compare(grid, values, declared, notes)
        kind = values.dtype.name.removeprefix("float8_").upper()
        powers = scale.dtype == np.uint8 and grid == Grid(1, 32)
        storage = "MXFP8" if powers else f"FP8 {kind} {grid.label(values.shape)}"
        yield Found(GridScaled(name, values, scale, grid=grid, storage=storage), (name, scale.name))


def _scale_of(tensors: Mapping[str, LazyTensor], name: str) -> LazyTensor | None:
    names = [name + suffix for suffix in _SCALES]
    if name.endswith(".weight"):
        names.append(name.removesuffix("weight") + "scale")
    found = (tensors[candidate] for candidate in names if candidate in tensors)
    return next((tensor for tensor in found if is_float(tensor.dtype) or tensor.dtype == np.uint8), None)


def _compare(grid: Grid, values: LazyTensor, declared: Declared, notes: Notes) -> None:
    rows, columns = values.shape[-2:]
    blocks = {(min(down, rows), min(across, columns)) for down, across in declared.blocks}
    if grid.rows > 1 and grid != Grid(rows, columns) and blocks and (grid.rows, grid.columns) not in blocks:
        claim = " or ".join(f"{down}x{across}" for down, across in declared.blocks[:2])
        found = f"{grid.rows}x{grid.columns}"
        notes.add(
            f"The config claims blocks of {claim}, the shapes hold {found}; the shapes were believed",
            values.name,
        )
