"""Circles in the declared graph: tolerated by every walk, and reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def circles(edges: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The groups of nodes that can all be reached from one another, a node that leads to itself included; sorted.

    Tarjan's algorithm with a stack of its own, so that a long chain does not exhaust the interpreter's.

    Reference: R. Tarjan, Depth-first search and linear graph algorithms, SIAM Journal on Computing 1(2), 1972.
    """
    state = _State()
    for start in sorted(edges):
        if start not in state.index:
            state.visit(start, edges)
    alone = (tuple(group) for group in state.groups if len(group) > 1 or group[0] in edges.get(group[0], ()))
    return sorted(tuple(sorted(group)) for group in alone)


def shortest_circle(group: Iterable[str], edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """One shortest circle through the first node of a group, which it begins and ends with."""
    members = set(group)
    start = min(members)
    came: dict[str, str] = {}
    level = [start]
    while level:
        following = []
        for node in level:
            for target in sorted(set(edges.get(node, ())) & members):
                if target == start:
                    return _traced(start, node, came)
                if target not in came:
                    came[target] = node
                    following.append(target)
        level = following
    return (start,)


def _traced(start: str, node: str, came: Mapping[str, str]) -> tuple[str, ...]:
    way = [start]
    while node != start:
        way.append(node)
        node = came[node]
    return (start, *reversed(way[1:]), start)


class _State:
    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.stack: list[str] = []
        self.on_stack: set[str] = set()
        self.groups: list[list[str]] = []

    def visit(self, start: str, edges: Mapping[str, Sequence[str]]) -> None:
        work = [(start, iter(sorted(set(edges.get(start, ())))))]
        self._enter(start)
        while work:
            node, rest = work[-1]
            target = next(rest, None)
            if target is None:
                work.pop()
                self._leave(node)
                if work:
                    self.low[work[-1][0]] = min(self.low[work[-1][0]], self.low[node])
            elif target not in self.index:
                self._enter(target)
                work.append((target, iter(sorted(set(edges.get(target, ()))))))
            elif target in self.on_stack:
                self.low[node] = min(self.low[node], self.index[target])

    def _enter(self, node: str) -> None:
        self.index[node] = self.low[node] = len(self.index)
        self.stack.append(node)
        self.on_stack.add(node)

    def _leave(self, node: str) -> None:
        if self.low[node] != self.index[node]:
            return
        group: list[str] = []
        while not group or group[-1] != node:
            group.append(self.stack.pop())
            self.on_stack.discard(group[-1])
        self.groups.append(group)
