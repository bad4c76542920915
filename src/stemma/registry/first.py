"""Of many edges the first: what a bounded read gives, in the same order whatever the edges are kept in.

The order is by the names that are asked for, then by the names at the other end: edges of a name lie together in an
index, so a database finds the first of them without looking at the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from heapq import nsmallest
from itertools import islice

from stemma.registry.edges import DeclaredEdge, MeasuredEdge
from stemma.vocabulary import RelationKind
from stemma.vocabulary.relations import Side

_ORDER = {kind: place for place, kind in enumerate(RelationKind)}


def first_declared(edges: Iterable[DeclaredEdge], side: Side, limit: int | None) -> list[DeclaredEdge]:
    """The first of the edges whose ``side`` was asked for, sorted; None: all of them."""
    if limit is None:
        return sorted(edges)
    return sorted(nsmallest(limit, edges, key=lambda edge: _place(edge, side)))


def first_measured(
    edges: Mapping[str, MeasuredEdge], subjects: Collection[str], limit: int | None
) -> list[MeasuredEdge]:
    """The first of the rulings (by identity) that one of the subjects has a part in, sorted; None: all of them."""
    told = sorted((end, id) for id, edge in edges.items() for end in (edge.a, edge.b) if end in subjects)  # noqa: A001
    chosen = islice(dict.fromkeys(id for _, id in told), limit)  # noqa: A001
    return [edges[id] for id in sorted(chosen)]  # noqa: A001


def _place(edge: DeclaredEdge, side: Side) -> tuple[str, str, str, int, int]:
    near, far = (edge.upstream, edge.downstream) if side == "upstream" else (edge.downstream, edge.upstream)
    return near, far, edge.version, edge.position, _ORDER[edge.kind]
