"""The layered core on numbers: which node stands in which layer, where, and by which points its edges pass."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from stemma.immutable import immutable
from stemma.publish.graph.layout.order import ordered
from stemma.publish.graph.layout.place import places
from stemma.publish.graph.layout.ranks import ranks, without_cycles

_MOST_STOPS = 1200  # points by which long edges pass; beyond them, edges run straight
_STOP_ROOM = 6.0


@immutable
class Structure:
    """Layers and orders, before anything has a size. Nodes beyond ``count`` are stops of long edges.

    ``order`` holds the nodes of each layer; ``chains`` the stops of each edge, from the upper end to the lower;
    ``pieces`` upper node, lower node and weight between neighbouring layers; ``turned[e]`` says that edge e runs
    against the layers.
    """

    count: int
    ends: tuple[tuple[int, int], ...]
    rank: tuple[int, ...]
    order: tuple[tuple[int, ...], ...]
    chains: tuple[tuple[int, ...], ...]
    pieces: tuple[tuple[int, int, float], ...]
    turned: tuple[bool, ...]


@immutable
class Layered:
    """``across`` is the place of every node in its layer; ``stops`` of every edge a layer and a place each."""

    structure: Structure
    across: tuple[float, ...]
    stops: tuple[tuple[tuple[int, float], ...], ...]

    @property
    def rank(self) -> tuple[int, ...]:
        """The layer of every node."""
        return self.structure.rank

    @property
    def turned(self) -> tuple[bool, ...]:
        """Which edges run against the layers."""
        return self.structure.turned


def structure(count: int, edges: Sequence[tuple[int, int]], directed: Sequence[bool]) -> Structure:
    """Layers and orders of ``count`` nodes; undirected edges decide nothing about layers."""
    leading = [edge for edge, known in zip(edges, directed, strict=True) if known]
    rank = ranks(count, without_cycles(count, leading))
    turned = tuple(rank[a] > rank[b] for a, b in edges)
    downward = [(b, a) if back else (a, b) for (a, b), back in zip(edges, turned, strict=True)]
    layers: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for node, layer in enumerate(rank):
        layers[layer].append(node)
    chains: list[tuple[int, ...]] = []
    total = count
    for a, b in downward:
        length = max(0, rank[b] - rank[a] - 1)
        if total - count + length > _MOST_STOPS:
            length = 0
        chains.append(tuple(range(total, total + length)))
        for step, stop in enumerate(chains[-1], 1):
            layers[rank[a] + step].append(stop)
        total += length
    pieces = _pieces(downward, chains, rank, count)
    order = ordered(layers, [(a, b) for a, b, _ in pieces], _walk(total, downward, chains))
    return Structure(
        count, tuple(edges), tuple(rank), tuple(map(tuple, order)), tuple(chains), tuple(pieces), tuple(turned)
    )


def layered(found: Structure, extent: Sequence[float], gap: float) -> Layered:
    """Place nodes that take ``extent`` across, with ``gap`` between them."""
    stops = sum(map(len, found.chains))
    across = places(found.order, found.pieces, [*extent, *[_STOP_ROOM] * stops], gap)
    first = [found.rank[b if back else a] + 1 for (a, b), back in zip(found.ends, found.turned, strict=True)]
    return Layered(
        found,
        tuple(across[: found.count]),
        tuple(
            tuple((start + step, across[stop]) for step, stop in enumerate(chain))
            for start, chain in zip(first, found.chains, strict=True)
        ),
    )


def _pieces(
    edges: Sequence[tuple[int, int]], chains: Sequence[Sequence[int]], rank: Sequence[int], count: int
) -> list[tuple[int, int, float]]:
    """Edges cut at their stops; the middle of a long edge is the heaviest, so that it comes out straight."""
    pieces = []
    for (a, b), chain in zip(edges, chains, strict=True):
        way = [a, *chain, b]
        if rank[b] - rank[a] != len(way) - 1:
            continue
        for upper, lower in itertools.pairwise(way):
            pieces.append((upper, lower, (1.0, 2.0, 8.0)[(upper >= count) + (lower >= count)]))
    return pieces


def _walk(count: int, edges: Sequence[tuple[int, int]], chains: Sequence[Sequence[int]]) -> list[int]:
    """A first order: depth first along edges either way, so that what belongs together begins together."""
    beside: list[list[int]] = [[] for _ in range(count)]
    for (a, b), chain in zip(edges, chains, strict=True):
        way = [a, *chain, b]
        for one, other in itertools.pairwise(way):
            beside[one].append(other)
            beside[other].append(one)
    place = [-1] * count
    clock = 0
    for root in range(count):
        stack = [root]
        while stack:
            node = stack.pop()
            if place[node] < 0:
                place[node], clock = clock, clock + 1
                stack += reversed(beside[node])
    return place
