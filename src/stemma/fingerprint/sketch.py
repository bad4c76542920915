"""The search vector: one short unit vector per model, whose cosine to a relative's is large.

Every block (the anchor rows of the embedding; the corners of the first, last and two middle layers) is normalised and
hashed into the same coordinates with random signs (feature hashing [1]), so that the cosine of two sketches estimates
the mean correlation of their blocks. Unrelated models have mean 0 and standard deviation about 1/sqrt(length). It only
orders work; no ruling rests on it.

References:
    [1] K. Weinberger et al. (2009), Feature hashing for large scale multitask learning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import shake_128

import numpy as np
from numpy.typing import NDArray

from stemma.fingerprint.model import Anchors, Array, PartPrint
from stemma.identity import Missing, is_present

_SIDE = 48
# The embedding survives what layers do not: dropping, adding, pruning them.
_TOKEN_WEIGHT = 3.0
_DEPTHS = (0.0, 1 / 3, 2 / 3, 1.0)


def sketch_of(parts: Mapping[str, PartPrint], anchors: Anchors | Missing, length: int) -> Array:
    """Unit vector of ``length`` float32 values (all zero for a model without any sampled matrix)."""
    return sketch_from(sum_of_anchors(anchors, length), parts)


def sum_of_anchors(anchors: Anchors | Missing, length: int) -> NDArray[np.float64]:
    """What the anchor rows add to the search vector; it needs no matrix to have been read."""
    total = np.zeros(length)
    if is_present(anchors) and anchors.by_string and len(anchors.keys):
        rows = anchors.embedding[:, :_SIDE] - anchors.embedding[:, :_SIDE].mean(axis=0)
        scale = np.sqrt(np.vecdot(rows, rows))
        rows *= (_TOKEN_WEIGHT * len(rows) ** -0.5 / np.where(scale > 0, scale, np.inf))[:, None].astype(np.float32)
        draws = [_drawn(f"token {key}", 1, length) for key in anchors.keys.tolist()]
        total += _hashed(np.concatenate(draws), rows, length)
    return total


def sketch_from(anchored: NDArray[np.float64], parts: Mapping[str, PartPrint]) -> Array:
    """The search vector from :func:`sum_of_anchors` and the parts."""
    total = anchored.copy()
    for name, block in _corners(parts):
        _add(total, name, 1.0, block)
    norm = float(np.linalg.norm(total))
    return (total / norm if norm else total).astype(np.float32)


def _corners(parts: Mapping[str, PartPrint]) -> Iterator[tuple[str, Array]]:
    for stack in sorted({p.site.stack for p in parts.values() if p.site.layer >= 0}):
        layers = sorted({p.site.layer for p in parts.values() if p.site.stack == stack and p.site.layer >= 0})
        for depth in _DEPTHS:
            layer = layers[round(depth * (len(layers) - 1))]
            for part in parts.values():
                if (part.site.stack, part.site.layer) == (stack, layer) and is_present(part.coded):
                    name = f"{stack} {depth:.2f} {part.site.expert} {part.site.block} {part.role.value}"
                    yield name, np.ascontiguousarray(part.coded.decoded()[:_SIDE, :_SIDE])


def _add(total: NDArray[np.float64], name: str, weight: float, block: Array) -> None:
    scale = float(np.linalg.norm(block))
    if scale > 0:
        total += _hashed(_drawn(name, len(block), len(total)), block * np.float32(weight / scale), len(total))


def _hashed(draw: NDArray[np.int64], block: Array, length: int) -> NDArray[np.float64]:
    # A coordinate's bucket depends on its row and column alone: blocks of different sizes agree where they overlap.
    draw = draw[:, : block.shape[1]]
    signed = np.where(draw % 2, block, -block)
    hashed = np.bincount((draw // 2).ravel(), weights=signed.ravel(), minlength=length)
    return hashed.astype(np.float64, copy=False)


@lru_cache(maxsize=1024)
def _drawn(name: str, rows: int, length: int) -> NDArray[np.int64]:
    """Twice the bucket, plus one where the sign turns, of every coordinate."""
    digest = shake_128(name.encode()).digest(2 * rows * _SIDE)
    return np.frombuffer(digest, "<u2").reshape(rows, _SIDE).astype(np.int64) % (2 * length)
