"""A graph with more in it than the registry holds: what a draft declares, what was ruled just now. Or with less."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, islice

from stemma.lineage.keys import name_of
from stemma.registry.edges import DeclaredEdge, Facts, Held, MeasuredEdge
from stemma.registry.first import first_declared, first_measured
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

    def declared(self, names: Collection[str], side: Side, limit: int | None = None) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        wanted = set(names)
        found = self._graph.declared(names, side, limit)
        more = [e for e in self._declared if (e.upstream if side == "upstream" else e.downstream) in wanted]
        return first_declared({*found, *more}, side, limit) if more else found

    def measured(self, subjects: Collection[str], limit: int | None = None) -> Iterable[MeasuredEdge]:
        """The rulings that one of these subjects has a part in; with a ``limit`` those of the graph before further
        ones."""
        wanted = set(subjects)
        more = [edge for edge in self._measured if edge.a in wanted or edge.b in wanted]
        return dict.fromkeys(islice(chain(self._graph.measured(subjects, limit), more), limit))

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
        rulings = graph.measured(sorted(inside))
        self._measured = {edge.id: edge for edge in rulings if edge.a in inside and edge.b in inside}

    def declared(self, names: Collection[str], side: Side, limit: int | None = None) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        return first_declared((edge for name in set(names) for edge in self._ends[side].get(name, ())), side, limit)

    def measured(self, subjects: Collection[str], limit: int | None = None) -> Iterable[MeasuredEdge]:
        """The rulings that one of these subjects has a part in."""
        return first_measured(self._measured, set(subjects), limit)

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

    def declared(self, names: Collection[str], side: Side, limit: int | None = None) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        enough = None if limit is None else limit + len(self._but)
        found = (e for e in super().declared(names, side, enough) if (e.key, e.position) not in self._but)
        return first_declared(found, side, limit)

    def measured(self, subjects: Collection[str], limit: int | None = None) -> Iterable[MeasuredEdge]:
        """Nothing."""
        return ()
