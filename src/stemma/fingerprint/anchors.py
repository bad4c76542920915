"""Anchor tokens: the same tokens in two vocabularies, without storing either.

Of all token strings those with the smallest 64-bit hashes are kept (a bottom-k sketch [1]): two models whose
vocabularies share strings keep the same ones. Without a tokenizer the leading ids stand in.

References:
    [1] E. Cohen, H. Kaplan (2007), Summarizing data using bottom-k sketches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Anatomy, Part, Role, Tokens
from stemma.fingerprint.coded import Coded
from stemma.fingerprint.model import Anchors
from stemma.fingerprint.moments import to_float32
from stemma.fingerprint.numbers import require_weights
from stemma.fingerprint.schema import Parameters
from stemma.identity import Missing


def collect_anchors(anatomy: Anatomy, parameters: Parameters) -> Anchors | Missing:
    """Anchor rows of the token embedding, and of the head where it is a matrix of its own.

    Raises:
        InputError: a row holds NaN or infinite values.
    """
    embedding = _only(anatomy, Role.TOKEN_EMBEDDING)
    if isinstance(embedding, Missing):
        return embedding
    vocabulary, hidden = embedding.tensor.shape
    count = min(vocabulary, parameters.anchor_tokens, max(16, parameters.anchor_bytes // hidden))
    by_string, keys, ids = _choose(anatomy.tokens, vocabulary, count)
    head = _only(anatomy, Role.HEAD)
    head_rows: Coded | Missing
    if isinstance(head, Missing):
        head_rows = head
    elif head.tensor.shape != embedding.tensor.shape:
        head_rows = Missing(f"the head has shape {head.tensor.shape}, the embedding {embedding.tensor.shape}")
    else:
        head_rows = _rows(head, ids)
    return Anchors(by_string, keys, ids, _rows(embedding, ids), head_rows)


def _only(anatomy: Anatomy, role: Role) -> Part | Missing:
    found = [p for p in anatomy.parts if p.role is role and not p.bias and len(p.tensor.shape) == 2]
    if not found:
        return Missing(f"no {role.value} matrix")
    return max(found, key=lambda p: (p.tensor.count, p.key))


def _choose(
    tokens: Tokens | Missing, vocabulary: int, count: int
) -> tuple[bool, NDArray[np.uint64], NDArray[np.int64]]:
    if isinstance(tokens, Missing):
        ids = np.arange(count, dtype=np.int64)
        return False, ids.astype(np.uint64), ids
    ids, keys = tokens.keys
    within = (ids >= 0) & (ids < vocabulary)
    distinct, first = np.unique(keys[within], return_index=True)
    return True, distinct[:count], ids[within][first[:count]]


def _rows(part: Part, ids: NDArray[np.int64]) -> Coded:
    tensor = part.tensor
    rows = np.empty((len(ids), tensor.shape[1]), tensor.dtype)
    for index in np.argsort(ids, kind="stable").tolist():
        row = int(ids[index])
        rows[index] = tensor.read(row, row + 1)[0]
    values = to_float32(rows)
    require_weights(part.source, values)
    return Coded.of(values)
