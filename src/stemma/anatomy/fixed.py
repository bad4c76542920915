"""Tensors that get no role: those the architecture alone determines, buffers, and tables tied to another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from stemma.anatomy.interface import Exempt, Part, Role
from stemma.anatomy.naming import Path, tables
from stemma.weights.interface import LazyTensor

_SAMPLE = 24
_BLOCK = 1 << 22


def exempt_empty(tensors: Mapping[str, LazyTensor]) -> tuple[dict[str, LazyTensor], list[Exempt]]:
    """Tensors with values, and exemptions for those without: what a sharded training run leaves in a file that one of
    its workers wrote."""
    kept = {name: tensor for name, tensor in tensors.items() if tensor.count}
    return kept, [Exempt(name, "it holds no values") for name in tensors.keys() - kept.keys()]


def exempt_by_ending(paths: Iterable[Path]) -> tuple[list[Path], list[Exempt]]:
    """Paths that are weights, and exemptions for those whose last segment says that they are none."""
    endings = tables().endings
    wanted: list[Path] = []
    exempt: list[Exempt] = []
    for path in paths:
        reason = endings.get(path.segments[-1])
        if reason is None:
            wanted.append(path)
        else:
            exempt.append(Exempt(path.name, reason))
    return wanted, exempt


def exempt_tables(parts: Iterable[Part], exempt: list[Exempt]) -> list[Part]:
    """Leave out position tables that hold sines and cosines: every model of that size has the same."""
    kept: list[Part] = []
    for part in parts:
        if part.role is Role.POSITION_EMBEDDING and not part.bias and _is_sinusoidal(part.tensor):
            exempt.append(Exempt(part.source, "a sinusoidal position table, fixed by the architecture"))
        else:
            kept.append(part)
    return kept


def _is_sinusoidal(table: LazyTensor) -> bool:
    """Position 0 has sine 0 and cosine 1 at every frequency; it is row 0, or 2 behind two padding rows."""
    if len(table.shape) != 2 or table.shape[0] < 3 or table.shape[1] < 4:
        return False
    rows = table.read(0, 3).astype(np.float32)
    half = table.shape[1] // 2
    return any(bool(np.isin(row, (0, 1)).all()) and abs(int(row.sum()) - half) <= 1 for row in rows)


def exempt_ties(parts: Sequence[Part], exempt: list[Exempt]) -> tuple[list[Part], bool | None]:
    """Leave out heads and further token embeddings that repeat the first token embedding bit for bit.

    Returns the parts kept, and whether a stored head is tied: None where no head is stored.
    """
    embeddings = [part for part in parts if part.role is Role.TOKEN_EMBEDDING and not part.bias]
    heads = [part for part in parts if part.role is Role.HEAD and not part.bias and not part.site.block]
    kept = list(parts)
    shared = _shared_embedding(embeddings, exempt, kept)
    if shared is None or not heads:
        return kept, None
    tied = False
    for head in heads:
        if head.tensor.shape == shared.tensor.shape and _equal(head.tensor, shared.tensor):
            kept.remove(head)
            exempt.append(Exempt(head.source, f"tied: the same numbers as {shared.source}"))
            tied = True
    return kept, tied


def _shared_embedding(embeddings: Sequence[Part], exempt: list[Exempt], kept: list[Part]) -> Part | None:
    ranked = sorted(embeddings, key=lambda part: (part.site.stack != "shared", part.site.block, part.site.stack))
    if not ranked:
        return None
    first, twins = ranked[0], []
    for other in ranked[1:]:
        if other.tensor.shape == first.tensor.shape and _equal(other.tensor, first.tensor):
            twins.append(other)
            kept.remove(other)
            exempt.append(Exempt(other.source, f"tied: the same numbers as {first.source}"))
    if twins and first.site.stack != "shared":
        kept[kept.index(first)] = replace(first, site=replace(first.site, stack="shared"))
    return first


def _equal(one: LazyTensor, other: LazyTensor) -> bool:
    """Bit for bit, after a look at a few rows that settles nearly every unequal pair."""
    if not one.shape:
        return bool(np.array_equal(one.read_all(), other.read_all()))
    rows = one.shape[0]
    for row in np.linspace(0, rows - 1, min(rows, _SAMPLE)).astype(int).tolist():
        if not np.array_equal(one.read(row, row + 1), other.read(row, row + 1)):
            return False
    return all(np.array_equal(block, other.read(start, start + len(block))) for start, block in one.blocks(_BLOCK))
