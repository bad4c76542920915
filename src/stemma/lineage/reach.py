"""What lies above or below a node: breadth first, one query a level, with the way that leads there.

The way kept for a node is a shortest one; of equally short ones the first in the fixed order of links. Circles end
where they meet what was reached before. All ways are found on request, within bounds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from typing import Literal, NamedTuple

from stemma.immutable import immutable
from stemma.lineage.links import Joined, Link
from stemma.lineage.quiet import uncollected
from stemma.registry.interface import GraphSource
from stemma.vocabulary import RelationKind

Towards = Literal["ancestors", "descendants"]
MAX_NODES = 1_000_000
MAX_PATHS = 100
MAX_HOPS = 64


class Reached(NamedTuple):
    """A node that was reached: how many steps away, and by which link, None for the start itself."""

    key: str
    depth: int
    via: Link | None


@immutable
class Reach:
    """Everything that was reached. ``complete`` is False where a bound ended the walk."""

    start: str
    towards: Towards
    nodes: Mapping[str, Reached]
    complete: bool = True
    links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict, repr=False)

    def path(self, key: str) -> tuple[Link, ...]:
        """A shortest way between the start and a node, the most upstream link first."""
        found: list[Link] = []
        while (link := self.nodes[key].via) is not None:
            found.append(link)
            key = link.downstream if self.towards == "ancestors" else link.upstream
        return tuple(found if self.towards == "ancestors" else reversed(found))

    def paths(self, key: str, limit: int = MAX_PATHS) -> Iterator[tuple[Link, ...]]:
        """All ways without a circle, at most ``limit``, the most upstream link first. Needs ``keep_all``."""
        if key in self.nodes:
            yield from _ways(self, key, limit)

    def __contains__(self, key: object) -> bool:
        return key in self.nodes


def reach(
    graph: GraphSource,
    start: str,
    towards: Towards,
    *,
    kinds: Collection[RelationKind] | None = None,
    depth: int | None = None,
    limit: int = MAX_NODES,
    keep_all: bool = False,
    edges: int | None = None,
) -> Reach:
    """Walk from one node up to its ancestors, or down to its descendants.

    Args:
        graph: where the edges are.
        start: key of a node.
        towards: which way.
        kinds: the relations that are followed; None: all of them.
        depth: how many steps at most; None: as many as there are.
        limit: how many nodes at most.
        keep_all: keep every link between the nodes, not only those of one shortest way.
        edges: how many declared edges and how many rulings of a level are read at most; None: all of them.
    """
    with uncollected():
        return _reach(Joined(graph, kinds, edges), start, towards, depth, limit, keep_all=keep_all)


def _reach(joined: Joined, start: str, towards: Towards, depth: int | None, limit: int, *, keep_all: bool) -> Reach:
    nodes = {start: Reached(start, 0, None)}
    every: dict[str, list[Link]] = defaultdict(list)
    level, far, complete, make = [start], 0, True, tuple.__new__
    up = towards == "ancestors"
    while level and complete and (depth is None or far < depth):
        far += 1
        following: list[str] = []
        for link in joined.above(level) if up else joined.below(level):
            next_key = link.upstream if up else link.downstream
            if keep_all:
                every[next_key].append(link)
            if next_key in nodes:
                continue
            if len(nodes) >= limit:
                complete = False
                break
            nodes[next_key] = make(Reached, (next_key, far, link))
            following.append(next_key)
        level, complete = following, complete and not joined.cut
    return Reach(start, towards, nodes, complete, {key: tuple(links) for key, links in every.items()})


def _ways(found: Reach, key: str, limit: int) -> Iterator[tuple[Link, ...]]:
    """Depth first from the node back to the start, shortest turns first; each node once on a way."""
    up = found.towards == "descendants"
    stack: list[tuple[str, tuple[Link, ...], frozenset[str]]] = [(key, (), frozenset((key,)))]
    told = steps = 0
    while stack and told < limit and steps < limit * 1_000:
        steps += 1
        at, way, seen = stack.pop()
        if at == found.start:
            told += 1
            yield tuple(reversed(way)) if up else way
            continue
        if len(way) >= MAX_HOPS:
            continue
        for link in reversed(found.links.get(at, ())):
            back = link.upstream if up else link.downstream
            if back not in seen:
                stack.append((back, (*way, link), seen | {back}))
