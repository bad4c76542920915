"""Exact search for the most similar unit vectors, in two stages.

A coarse pass brackets every cosine; the few rows whose bracket reaches the ``limit``-th best are then computed in
float64, row by row, so that the result depends neither on blocks nor on threads, and equal vectors get equal cosines.
Small matrices are passed over as float32, where the bracket is the rounding of a product. Large ones are packed first:
a row x becomes int8 codes c with a scale s, and by Cauchy and Schwarz |q.x - s q.c| <= |x - s c| for a unit vector q, a
bracket that is certain, at a quarter of the memory traffic.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.catalog.interface import Match
from stemma.errors import InputError, MalformedFile
from stemma.fingerprint.threads import one_blas_thread
from stemma.immutable import immutable

Array = NDArray[np.float32]
REPAIR_ADVICE = "Rebuild the index from the fingerprints: stemma catalog verify --repair."
PACK_FROM = 1 << 16
_BLOCK = 4096
_STEPS = np.float32(127)


@immutable(eq=False)
class Packed:
    """Codes (n x d, int8), a scale a row, and a bound of |x - scale * codes| a row."""

    codes: NDArray[np.int8]
    scale: Array
    slack: Array


class ExactIndex:
    """Search over ``vectors`` (n x d, float32, rows of length 1 or 0); a row whose name is None is not found."""

    def __init__(self, vectors: Array, names: Sequence[str | None]) -> None:
        if vectors.ndim != 2 or len(vectors) != len(names):
            raise InputError(f"{len(names)} names were given for vectors of shape {vectors.shape}.")
        self._vectors, self._names = vectors, names
        self._dead = np.array([row for row, name in enumerate(names) if name is None], np.int64)
        self._packed = pack(vectors) if len(names) >= PACK_FROM else None

    @property
    def size(self) -> int:
        return len(self._names) - len(self._dead)

    def search(self, vector: NDArray[np.floating[Any]], limit: int) -> tuple[Match, ...]:
        """See :class:`~stemma.catalog.interface.VectorIndex`."""
        rows, cosines = nearest(self._vectors, vector, limit, packed=self._packed, dead=self._dead)
        found = [Match(str(self._names[row]), float(cosine)) for row, cosine in zip(rows, cosines, strict=True)]
        return tuple(sorted(found, key=lambda match: (-match.cosine, match.name))[:limit])


def nearest(
    vectors: Array,
    query: NDArray[np.floating[Any]],
    limit: int,
    *,
    packed: Packed | None = None,
    dead: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows that may be among the ``limit`` most similar to ``query``, ascending, with their exact cosines.

    The ``limit`` best of them are the ``limit`` best of all; equal cosines are for the caller to order. ``packed`` is
    :func:`pack` of ``vectors``; the rows in ``dead`` are left out.

    Raises:
        InputError: ``query`` has another length, is zero or not finite, or ``limit`` is below 1.
        MalformedFile: ``vectors`` holds NaN or infinities.
    """
    unit = _unit(query, vectors.shape[1], limit)
    rounding = np.float32(2 * vectors.shape[1] * np.finfo(np.float32).eps)
    coarse, slack = (vectors @ unit.astype(np.float32), rounding) if packed is None else _bracket(packed, unit)
    if not np.isfinite(coarse).all():
        raise MalformedFile("the search vectors", "NaN or infinite values", "finite ones", advice=REPAIR_ADVICE)
    slack = slack + rounding
    if dead is not None:
        coarse[dead] = -np.inf
    best = np.partition(coarse - slack, len(coarse) - limit)[-limit] if limit < len(coarse) else -np.inf
    rows = np.flatnonzero((coarse + slack >= best) & (coarse > -np.inf))
    cosines = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        chosen = rows[start : start + _BLOCK]
        cosines[start : start + _BLOCK] = np.vecdot(vectors[chosen].astype(np.float64), unit)
    return rows, np.clip(cosines, -1.0, 1.0)


def pack(vectors: Array) -> Packed:
    """Codes with certain bounds for ``vectors`` (n x d, float32, finite)."""
    count, length = vectors.shape
    codes = np.empty((count, length), np.int8)
    scale, slack = np.empty(count, np.float32), np.empty(count, np.float32)

    def work(rows: slice) -> None:
        block = np.asarray(vectors[rows])
        largest = np.abs(block).max(axis=1)
        step = np.where(largest > 0, largest / _STEPS, np.float32(1))
        rounded = np.rint(block / step[:, None])
        codes[rows], scale[rows] = rounded, step
        rest = block - rounded * step[:, None]
        slack[rows] = np.sqrt(np.vecdot(rest, rest)) * np.float32(1.001)

    _in_blocks(count, work)
    return Packed(codes, scale, slack)


def _bracket(packed: Packed, unit: NDArray[np.float64]) -> tuple[Array, Array]:
    narrow = unit.astype(np.float32)
    coarse = np.empty(len(packed.codes), np.float32)

    def work(rows: slice) -> None:
        np.multiply(packed.codes[rows].astype(np.float32) @ narrow, packed.scale[rows], out=coarse[rows])

    _in_blocks(len(coarse), work)
    return coarse, packed.slack


def _in_blocks(count: int, work: Callable[[slice], None]) -> None:
    """Call ``work`` on consecutive rows, on every core; BLAS keeps to one thread, since the blocks share the cores."""
    blocks = [slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]
    with one_blas_thread(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for _ in pool.map(work, blocks):
            pass


def _unit(query: NDArray[np.floating[Any]], length: int, limit: int) -> NDArray[np.float64]:
    if limit < 1:
        raise InputError(f"got a limit of {limit}, expected at least 1 match to be asked for.")
    vector = np.asarray(query, np.float64)
    if vector.shape != (length,) or not np.isfinite(vector).all():
        raise InputError(
            f"got a search vector of shape {vector.shape}, expected {length} finite values.",
            advice="Fingerprint the model again with this version of Stemma.",
        )
    norm = float(np.linalg.norm(vector))
    if norm == 0:
        raise InputError(
            "The search vector is zero: the model has no matrix that could be sampled, so nothing can be ranked.",
            advice="Compare it with candidates one by one instead.",
        )
    return np.asarray(vector / norm)
