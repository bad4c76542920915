"""Which lattice do the exact entries of a matrix lie on: the trace of quantisation that was undone.

Every row of exact entries is cut into blocks, the longest first. A block lies on a lattice where it holds few distinct
values many times over, or where all its values are multiples of one step, at most 255 of them apart. A matrix lies on
a lattice of the longest block length that nine tenths of its informative blocks allow.

Null: the entries are continuous. A value then falls within ``t`` of a multiple of a given step with chance 2 t, so that
d distinct values do with chance (2 t)^(d - 2) for each step tried; a block counts below 1e-6. No continuous
entries repeat a value often enough for the first criterion, not even stored in bfloat16.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

LENGTHS = (64, 32, 16)
_MOST_LEVELS, _FEW_LEVELS = 256, 16
_BLOCK_LEVEL = -6.0
_TOLERANCE = 0.02
_MOST_BLOCKS = 0.9
_HALF = 0.52  # of a step: scales are stored rounded
# The sixteen levels of 4-bit NormalFloat (Dettmers et al. 2023, arXiv 2305.14314, appendix E) and of 4-bit floats.
_NF4 = (
    -1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.0910500, 0.0,
    0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.5626170, 0.7229568, 1.0,
)  # fmt: skip
_FP4 = (0.0, 0.00520833, 0.16666667, 0.25, 0.33333333, 0.5, 0.66666667, 1.0)
_E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_TABLES = {
    "nf4": np.array(_NF4),
    "fp4": np.array(sorted({s * v for v in _FP4 for s in (-1, 1)})),
    "e2m1 floats": np.array(sorted({s * v / 6 for v in _E2M1 for s in (-1, 1)})),
}


@immutable(eq=False)
class Lattice:
    """``block`` entries share a scale (the longest length seen, so groups and rows may be longer), with at most
    ``levels`` levels; ``name`` is "even", a table of levels, "uneven" or "fp8". ``steps`` has one entry a block: the
    distance of neighbouring levels, where it is one."""

    block: int
    levels: int
    name: str
    steps: Array

    @property
    def bits(self) -> int:
        """The bits that so many levels need."""
        return max(1, int(np.ceil(np.log2(max(2, self.levels)))))


def find_lattices(matrices: Sequence[Array]) -> list[Lattice | None]:
    """The lattice of the exact entries (r x c) of each matrix, or None; the blocks of all are judged at once."""
    found: list[Lattice | None] = [None] * len(matrices)
    for length in LENGTHS:
        open_still = [i for i, lattice in enumerate(found) if lattice is None or lattice.name == "uneven"]
        blocks = {i: kept for i in open_still if len(kept := _informative(matrices[i], length)) >= 2}
        for i, lattice in zip(blocks, _of_blocks(list(blocks.values())), strict=True):
            if found[i] is None or (lattice is not None and lattice.name != "uneven"):
                found[i] = lattice
    return [lattice or _eight_bit_floats(values) for lattice, values in zip(found, matrices, strict=True)]


def find_lattice(values: Array) -> Lattice | None:
    """:func:`find_lattices` of one matrix."""
    return find_lattices([values])[0]


def _informative(values: Array, length: int) -> Array:
    """The blocks of one length that are not all but zero; none where a row is shorter."""
    if values.shape[1] < length:
        return values[:0]
    blocks = _blocks(values, length)
    kept: Array = blocks[np.count_nonzero(blocks, axis=1) >= length // 4]
    return kept


def _of_blocks(matrices: Sequence[Array]) -> list[Lattice | None]:
    """The lattice of each matrix, given as its blocks (n x g), all of one length."""
    if not matrices:
        return []
    together = np.concatenate(matrices)
    rounding = np.concatenate([np.full(len(blocks), _rounding(blocks)) for blocks in matrices])
    cuts = np.cumsum([len(blocks) for blocks in matrices])[:-1]
    judged = (np.split(each, cuts) for each in (*even_steps(together, rounding), *_repeats(together)))
    return [_of_matrix(*each) for each in zip(matrices, *judged, strict=True)]


def _of_matrix(
    blocks: Array, steps: Array, levels: Array, distinct: Array, repeated: NDArray[np.bool_]
) -> Lattice | None:
    coarse = (distinct <= _FEW_LEVELS) & repeated
    even = np.isfinite(steps)
    if np.mean(coarse) >= _MOST_BLOCKS:
        return _coarse(blocks, distinct, steps, levels)
    if np.mean(even | coarse) >= _MOST_BLOCKS:
        return Lattice(blocks.shape[1], int(np.nanmax(np.where(even, levels, distinct))), "even", steps)
    return None


def column_repeats(matrices: list[Array]) -> float:
    """Share of columns in which a non-zero value stands twice: where scales run down the columns (matrices that are
    stored turned), the few rows kept cannot show the lattice itself. 0 where all entries are 16-bit numbers.

    Null: continuous entries in 32 bits repeat none (the chance is below 1e-5 a column of four).
    """
    if not matrices or all(_rounding(m) > 2.0**-20 for m in matrices):
        return 0.0
    ordered = [np.sort(m, axis=0) for m in matrices]
    repeats = [((np.diff(m, axis=0) == 0) & (m[1:] != 0)).any(axis=0) for m in ordered if len(m) > 1]
    return float(np.mean(np.concatenate(repeats))) if repeats else 0.0


def even_steps(blocks: Array, spacing: Array) -> tuple[Array, Array]:
    """For each block (n x g) the step of the even grid it lies on and the levels it spans; NaN where there is none.

    ``spacing`` is half the relative spacing of the numbers that each block is stored in.
    """
    ordered = np.sort(blocks.astype(np.float64), axis=1)
    largest = np.abs(ordered).max(axis=1)
    gaps = np.diff(ordered, axis=1)
    real = gaps > 1e-6 * largest[:, None]
    distinct = real.sum(axis=1) + 1
    smallest = np.where(real, gaps, np.inf).min(axis=1)
    span = ordered[:, -1] - ordered[:, 0]
    best, levels = np.full(len(blocks), np.nan), np.full(len(blocks), np.nan)
    rounding = spacing[:, None] * np.abs(ordered)
    candidates = [smallest, smallest / 2, smallest / 3, largest / 127, largest / 128, span / 255]
    with np.errstate(divide="ignore", invalid="ignore"):
        for step in candidates:
            offset = (ordered - ordered[:, :1]) / step[:, None]
            miss = np.abs(offset - np.rint(offset))
            tolerance = np.minimum(_TOLERANCE + (rounding + rounding[:, :1]) / step[:, None], 0.15)
            chance = (distinct - 2) * np.log10(2 * tolerance.mean(axis=1)) + np.log10(len(candidates))
            count = span / step + 1
            held = (miss <= tolerance).all(axis=1) & (count <= _MOST_LEVELS + 0.5) & (chance < _BLOCK_LEVEL)
            better = held & ~np.isfinite(best)
            best[better], levels[better] = step[better], np.rint(count[better])
    return best, levels


def nearest_share(fine: Array, coarse: Array, lattice: Lattice) -> float:
    """Share of the entries of ``coarse`` that are those of ``fine`` rounded to the nearest level of the lattice.

    Entries on the outermost levels of a block pass, for rounding clips there.
    """
    before, after = _blocks(fine, lattice.block), _blocks(coarse, lattice.block)
    change = before - after
    slack = 2 * _rounding(coarse) * np.abs(after) + 1e-6 * np.abs(after).max(axis=1, keepdims=True)
    if lattice.name == "fp8":
        normal = np.abs(after) > np.abs(after).max() * 2.0**-7
        half = 2.0 ** (np.floor(np.log2(np.abs(after[normal]) / lattice.steps[0]) + 1e-6) - 4) * lattice.steps[0]
        return float(np.mean(np.abs(change[normal]) <= half + slack[normal]))
    below, above = _neighbour_gaps(after)
    inside = (change <= _HALF * above + slack) & (-change <= _HALF * below + slack)
    informative = np.isfinite(above) & np.isfinite(below)
    return float(np.mean(inside[informative])) if informative.any() else 0.0


def _neighbour_gaps(blocks: Array) -> tuple[Array, Array]:
    """For every entry the distance to the next smaller and the next larger level of its block: the block's step where
    its grid is even, else to the level used next; infinite at the outermost levels."""
    below, above = np.full(blocks.shape, np.inf), np.full(blocks.shape, np.inf)
    steps = even_steps(blocks, np.full(len(blocks), _rounding(blocks)))[0]
    for index, (levels, step) in enumerate(zip(blocks, steps, strict=True)):
        used = np.unique(levels)
        at = np.searchsorted(used, levels)
        gaps = np.diff(used) if not np.isfinite(step) else np.full(len(used) - 1, step)
        below[index] = np.where(at > 0, np.r_[np.inf, gaps][at], np.inf)
        above[index] = np.where(at < len(used) - 1, np.r_[gaps, np.inf][at], np.inf)
    return below, above


def _blocks(values: Array, length: int) -> Array:
    return values[:, : values.shape[1] // length * length].reshape(-1, length)


def _repeats(blocks: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Distinct values of each block, and whether its non-zero ones stand there twice on average or more."""
    ordered = np.sort(blocks, axis=1)
    distinct = (np.diff(ordered, axis=1) != 0).sum(axis=1) + 1
    alive = np.count_nonzero(blocks, axis=1)
    others = distinct - (alive < blocks.shape[1])
    return distinct, (alive >= 1.5 * others) & (distinct >= 2)


def _rounding(values: Array) -> float:
    """Half the relative spacing of bfloat16 where all values are such numbers, else of float16 or float32."""
    with np.errstate(over="ignore"):
        for kind, spacing in ((ml_dtypes.bfloat16, 2.0**-8), (np.float16, 2.0**-11)):
            if np.array_equal(values.astype(kind).astype(np.float32), values.astype(np.float32)):
                return spacing / 2
    return 2.0**-24


def _coarse(blocks: Array, distinct: Array, steps: Array, levels: Array) -> Lattice:
    """Sixteen levels or fewer: even ones, a known table, or others."""
    length = blocks.shape[1]
    if np.mean(np.isfinite(steps) | np.array([_is_even(b) for b in blocks])) >= _MOST_BLOCKS:
        found = np.where(np.isfinite(levels), levels, distinct)
        return Lattice(length, int(np.max(found)), "even", steps)
    for name, table in _TABLES.items():
        if np.mean([_fits(block, table) for block in blocks]) >= _MOST_BLOCKS:
            return Lattice(length, len(table), name, steps)
    return Lattice(length, int(distinct.max()), "uneven", steps)


def _is_even(block: Array) -> bool:
    gaps = np.diff(np.unique(block.astype(np.float64)))
    multiples = gaps / gaps.min() if len(gaps) else gaps
    tolerance = 0.05 + 2 * _rounding(block) * float(np.abs(block).max()) / float(gaps.min() if len(gaps) else 1)
    return bool(np.all(np.abs(multiples - np.rint(multiples)) <= min(tolerance, 0.2)))


def _fits(block: Array, table: Array) -> bool:
    """Whether some scale puts every value of a block on a level of the table."""
    used = np.unique(block.astype(np.float64))
    largest = float(np.abs(used).max())
    for level in np.unique(np.abs(table)):
        if level <= 0:
            continue
        scaled = used * (level / largest)
        if np.abs(scaled[:, None] - table).min(axis=1).max() < 1e-3 + _rounding(block) * 2:
            return True
    return False


def _eight_bit_floats(values: Array) -> Lattice | None:
    """8-bit floats under one scale: in every binade eight even levels, whatever the scale."""
    used = np.abs(values[values != 0]).astype(np.float64)
    rounding = _rounding(values)
    if len(used) < 64 or rounding >= 2.0**-12:
        return None
    for eighths in range(8, 16):
        scale = float(used.max()) / eighths
        scale /= 2.0 ** np.floor(np.log2(448 / 8) if scale else 0)
        exponent = np.maximum(np.floor(np.log2(used / scale) + 1e-9), -6.0)
        mantissa = used / scale / 2.0 ** (exponent - 3)
        if np.abs(mantissa - np.rint(mantissa)).max() <= 0.02 + 16 * rounding:
            return Lattice(int(values.shape[1]), 256, "fp8", np.array([scale]))
    return None
