"""Shared tokens: rows of both embeddings that should mean the same, by string and by id."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.aligned.blocks import centred
from stemma.evidence.aligned.interface import Array, Key, WeightSource, whole
from stemma.identity import is_present

_MOST, _FEWEST = 8192, 24
_BLOCK = 8192

Ids = NDArray[np.int64]


def shared_rows(a: WeightSource, b: WeightSource) -> Iterator[tuple[str, Array, Array]]:
    """Embedding rows (tokens x hidden) of tokens that both share: by string, then by id, as far as there are enough."""
    of_a, of_b = _embedding(a), _embedding(b)
    if of_a is None or of_b is None:
        return
    for name, (left, right) in _choices(a, b, a.shapes[of_a][0], b.shapes[of_b][0]):
        if len(left) >= _FEWEST:
            chosen = np.unique(np.linspace(0, len(left) - 1, min(len(left), _MOST)).round().astype(np.int64))
            yield name, _rows(a, of_a, left[chosen]), _rows(b, of_b, right[chosen])


def _embedding(source: WeightSource) -> Key | None:
    """The token embedding, if it stands on the residual stream, directly or through a projection."""
    found = [k for k in _matrices(source, Role.TOKEN_EMBEDDING) if _width(source, k) == source.facts.hidden]
    return max(found, key=lambda k: (source.shapes[k][0] * source.shapes[k][1], k[1])) if found else None


def _matrices(source: WeightSource, role: Role) -> list[Key]:
    return [k for k, shape in source.shapes.items() if k[0] is role and len(shape) == 2]


def _projection(source: WeightSource, embedding: Key) -> Key | None:
    """What brings the rows of an embedding to the residual stream, where anything does."""
    width = source.shapes[embedding][1]
    return next((k for k in _matrices(source, Role.EMBEDDING_PROJECTION) if source.shapes[k][1] == width), None)


def _width(source: WeightSource, embedding: Key) -> int:
    projection = _projection(source, embedding)
    return source.shapes[embedding][1] if projection is None else source.shapes[projection][0]


def _choices(a: WeightSource, b: WeightSource, rows_a: int, rows_b: int) -> Iterator[tuple[str, tuple[Ids, Ids]]]:
    if is_present(a.tokens) and is_present(b.tokens):
        place = {text: i for i, text in sorted(b.tokens.by_id.items(), reverse=True) if 0 <= i < rows_b}
        pairs = [(i, place[t]) for i, t in sorted(a.tokens.by_id.items()) if t in place and 0 <= i < rows_a]
        left, right = np.array(pairs, np.int64).reshape(-1, 2).T
        yield "shared strings", (left, right)
        if np.array_equal(left, right):
            return
    common = np.arange(min(rows_a, rows_b), dtype=np.int64)
    yield "shared ids", (common, common)


def _rows(source: WeightSource, key: Key, ids: Ids) -> Array:
    out = np.empty((len(ids), source.shapes[key][1]), np.float32)
    for start in range(0, source.shapes[key][0], _BLOCK):
        inside = np.flatnonzero((ids >= start) & (ids < start + _BLOCK))
        if len(inside):
            block = source.rows(key, start, min(start + _BLOCK, source.shapes[key][0]))
            out[inside] = block[ids[inside] - start]
    projection = _projection(source, key)
    return centred(source, out if projection is None else out @ whole(source, projection).T)
