"""Cycles and ranks: every node gets a layer, every edge leads to a later one."""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[int, int]


def without_cycles(count: int, edges: Sequence[Pair]) -> list[Pair]:
    """The same edges, those turned round that close a cycle; a loop at one node stays as it is.

    Depth first, from nodes without a predecessor first, in the order given.
    """
    following: list[list[int]] = [[] for _ in range(count)]
    entered = [0] * count
    for source, target in edges:
        following[source].append(target)
        entered[target] += source != target
    rank_of_leaving = _leaving_order(following, sorted(range(count), key=lambda node: entered[node] > 0))
    return [(a, b) if rank_of_leaving[a] >= rank_of_leaving[b] else (b, a) for a, b in edges]


def _leaving_order(following: Sequence[Sequence[int]], roots: Sequence[int]) -> list[int]:
    """When a depth-first walk leaves each node; along an edge that closes no cycle that number falls."""
    left = [-1] * len(following)
    seen = [False] * len(following)
    clock = 0
    for root in roots:
        if seen[root]:
            continue
        seen[root] = True
        stack = [(root, iter(following[root]))]
        while stack:
            node, rest = stack[-1]
            fresh = next((other for other in rest if not seen[other]), None)
            if fresh is None:
                stack.pop()
                left[node], clock = clock, clock + 1
            else:
                seen[fresh] = True
                stack.append((fresh, iter(following[fresh])))
    return left


def ranks(count: int, edges: Sequence[Pair]) -> list[int]:
    """The layer of every node, from 0: the longest way from the start, then drawn close to what follows.

    ``edges`` hold no cycle but loops.
    """
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        if source != target:
            after[source].append(target)
            before[target].append(source)
    order = _topological(before, after)
    rank = [0] * count
    for node in order:
        rank[node] = max((rank[other] + 1 for other in before[node]), default=0)
    for node in reversed(order):  # a node with more children than parents shortens edges by moving towards them
        if len(after[node]) > len(before[node]):
            rank[node] = min(rank[other] - 1 for other in after[node])
    used = {old: new for new, old in enumerate(sorted(set(rank)))}
    return [used[value] for value in rank]


def _topological(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    waiting = [len(some) for some in before]
    order = [node for node, some in enumerate(before) if not some]
    for node in order:
        for other in after[node]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order
