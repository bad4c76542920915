"""A graph with more in it than the registry holds: what a draft declares, what was ruled just now. Or with less."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from stemma.lineage.keys import name_of
from stemma.registry.edges import DeclaredEdge, Facts, Held, MeasuredEdge
from stemma.registry.interface import GraphSource
from stemma.vocabulary.relations import Side


def draft_edges(key: str, edges: Iterable[DeclaredEdge]) -> list[DeclaredEdge]:
    """The edges of a draft, as edges of the node ``key``, such as ``model:REFERENCE``."""
    return [edge._replace(name=key, version="") for edge in edges]


class Overlay:
    """Implements :class:`stemma.registry.GraphSource`: another one, with further edges.

    Args:
        graph: the graph underneath.
        declared: further declared edges; those that the graph declares under the same record count once.
        measured: further rulings.
    """

    def __init__(
        self, graph: GraphSource, declared: Sequence[DeclaredEdge] = (), measured: Sequence[MeasuredEdge] = ()
    ) -> None:
        self._graph, self._declared, self._measured = graph, declared, measured

    def declared(self, names: Collection[str], side: Side) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        wanted = set(names)
        more = [e for e in self._declared if (e.upstream if side == "upstream" else e.downstream) in wanted]
        return sorted({*self._graph.declared(names, side), *more}) if more else self._graph.declared(names, side)

    def measured(self, subjects: Collection[str]) -> Iterable[MeasuredEdge]:
        """The rulings that one of these subjects has a part in."""
        wanted = set(subjects)
        more = [edge for edge in self._measured if edge.a in wanted or edge.b in wanted]
        return dict.fromkeys(chain(self._graph.measured(subjects), more))

    def versions_of(self, names: Collection[str]) -> Mapping[str, Sequence[Held]]:
        """The versions of these names, ascending."""
        return self._graph.versions_of(names)

    def facts(self, keys: Collection[str]) -> Mapping[str, Facts]:
        """What these records write of themselves."""
        return self._graph.facts(keys)


class Excerpt:
    """Implements :class:`stemma.registry.GraphSource`: another one, cut down to some nodes and the edges between them.

    Read once, by what leads into the nodes: a base with a hundred thousand descendants costs nothing where one of these
    is asked about.
    """

    def __init__(self, graph: GraphSource, nodes: Collection[str]) -> None:
        self._graph = graph
        names = {name_of(key) or key for key in nodes}
        edges = [e for e in graph.declared(sorted(names), "downstream") if e.upstream in names]
        self._ends: dict[Side, dict[str, list[DeclaredEdge]]] = {"upstream": {}, "downstream": {}}
        for edge in edges:
            self._ends["upstream"].setdefault(edge.upstream, []).append(edge)
            self._ends["downstream"].setdefault(edge.downstream, []).append(edge)
        inside = set(nodes)
        self._measured = [edge for edge in graph.measured(sorted(inside)) if edge.a in inside and edge.b in inside]

    def declared(self, names: Collection[str], side: Side) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        return sorted(edge for name in set(names) for edge in self._ends[side].get(name, ()))

    def measured(self, subjects: Collection[str]) -> Iterable[MeasuredEdge]:
        """The rulings that one of these subjects has a part in."""
        wanted = set(subjects)
        return [edge for edge in self._measured if edge.a in wanted or edge.b in wanted]

    def versions_of(self, names: Collection[str]) -> Mapping[str, Sequence[Held]]:
        """The versions of these names, ascending."""
        return self._graph.versions_of(names)

    def facts(self, keys: Collection[str]) -> Mapping[str, Facts]:
        """What these records write of themselves."""
        return self._graph.facts(keys)


class DeclaredOnly(Overlay):
    """The same without any ruling: what people say, and nothing else.

    ``but`` are edges that are left out, by the node that declares them and their place in its record.
    """

    def __init__(
        self, graph: GraphSource, declared: Sequence[DeclaredEdge] = (), but: Collection[tuple[str, int]] = ()
    ) -> None:
        super().__init__(graph, declared)
        self._but = frozenset(but)

    def declared(self, names: Collection[str], side: Side) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        return [edge for edge in super().declared(names, side) if (edge.key, edge.position) not in self._but]

    def measured(self, subjects: Collection[str]) -> Iterable[MeasuredEdge]:
        """Nothing."""
        return ()
