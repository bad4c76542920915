"""From some nodes of the joined graph to their neighbours, a level at a time: declared and measured side by side.

* A declared edge leads to every version of its target that its range admits. The newest of them is the one that is
  meant; the others are what somebody has who did not take the newest, so that way is not sure.
* Versions that the registry does not hold are one node, by the name alone.
* A declaration that only denies leads nowhere. One that is both given grounds for and denied, or that the weights
  contradict, leads on, but not surely. Every such case is listed by ``conflicts``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from stemma.identity import Range
from stemma.lineage.claims import Verdict, judge
from stemma.lineage.keys import name_of, version_text
from stemma.lineage.measured import relation_of, turned, ways
from stemma.registry.edges import DeclaredEdge, Held, MeasuredEdge, Standing, admitted
from stemma.registry.interface import GraphSource
from stemma.vocabulary import RelationDefinition, RelationKind, load_relations
from stemma.vocabulary.relations import Side

Apart = Mapping[frozenset[str], Sequence[MeasuredEdge]]
_DENIED = int(Standing.DENIED)  # a plain number: a walk compares it a hundred thousand times


class Link(NamedTuple):
    """One way between two neighbours. ``note`` says why it is not sure; empty where it is."""

    upstream: str
    downstream: str
    kind: RelationKind
    edge: DeclaredEdge | MeasuredEdge
    note: str = ""

    @property
    def sure(self) -> bool:
        """Whether it leads from this very upstream node to this very downstream node beyond doubt."""
        return not self.note

    @property
    def declared(self) -> bool:
        """True for a declared edge, False for a measured one."""
        return isinstance(self.edge, DeclaredEdge)


class Joined:
    """The joined graph, read level by level. ``kinds`` bounds the relations that are followed; None: all of them."""

    def __init__(self, graph: GraphSource, kinds: Collection[RelationKind] | None = None) -> None:
        self._graph = graph
        self._kinds = None if kinds is None else frozenset(kinds)
        self._definitions: Mapping[RelationKind, RelationDefinition] = load_relations().kinds
        self._target_up = {kind: each.target == "upstream" for kind, each in self._definitions.items()}
        self._held: dict[str, Sequence[Held]] = {}
        self._admitted: dict[tuple[str, str], Mapping[str, int]] = {}

    def below(self, keys: Sequence[str]) -> Iterator[Link]:
        """The links from these nodes to what was made of them, in a fixed order."""
        return self._links(keys, "upstream")

    def above(self, keys: Sequence[str]) -> Iterator[Link]:
        """The links from these nodes to what they were made of, in a fixed order."""
        return self._links(keys, "downstream")

    def versions(self, names: Collection[str]) -> Mapping[str, Sequence[Held]]:
        """The versions that are held of these names, ascending."""
        new = [name for name in names if name not in self._held]
        if new:
            found = self._graph.versions_of(new)
            self._held |= {name: found.get(name, ()) for name in new}
        return {name: self._held[name] for name in names}

    def _links(self, keys: Sequence[str], end: Side) -> Iterator[Link]:
        wanted = set(keys)
        measured = list(self._graph.measured(keys))
        apart: dict[frozenset[str], list[MeasuredEdge]] = defaultdict(list)
        for edge in measured:
            if edge.label == "independent":
                apart[frozenset((edge.a, edge.b))].append(edge)
        return chain(self._declared(wanted, end, apart), self._measured(measured, wanted, end))

    def _declared(self, wanted: set[str], end: Side, apart: Apart) -> Iterator[Link]:
        near: dict[str, list[str]] = defaultdict(list)
        for key in sorted(wanted):
            near[name_of(key) or key].append(key)
        edges = [e for e in self._graph.declared(list(near), end) if self._followed(e)]
        self.versions({edge.target for edge in edges})
        for edge in edges:
            target_up = self._target_up[edge.kind]
            targets = self._admitted.get((edge.target, edge.range)) or self._targets(edge.target, edge.range)
            own = edge.key
            doubtful = apart or len(targets) > 1 or edge.standing & _DENIED  # most edges leave no doubt
            if target_up == (end == "upstream"):  # the wanted end is the target
                ends = [key for key in near[edge.target] if key in targets]
            else:  # the wanted end is the record that declares
                ends = list(targets) if own in wanted else []
            for target in ends:
                note = self._doubt(edge, target, targets, apart, own) if doubtful else ""
                yield (
                    Link(target, own, edge.kind, edge, note) if target_up else Link(own, target, edge.kind, edge, note)
                )

    def _followed(self, edge: DeclaredEdge) -> bool:
        """Whether it is an edge at all: a denial without grounds is none."""
        return edge.standing != _DENIED and (self._kinds is None or edge.kind in self._kinds)

    def _targets(self, name: str, span: str) -> Mapping[str, int]:
        """The nodes that a range leads to, the newest version first, each with its place."""
        versions = admitted(self._held.get(name, ()), Range.parse(span))
        keys = [f"{name}@{version}" for version in versions] or [name]
        found = self._admitted[name, span] = {key: place for place, key in enumerate(keys)}
        return found

    def _doubt(self, edge: DeclaredEdge, target: str, targets: Mapping[str, int], apart: Apart, own: str) -> str:
        if edge.standing & _DENIED:
            return "the declaration is also denied"
        pair = frozenset((target, own))
        if pair in apart and self._definitions[edge.kind].weight_edge:
            upstream = target if self._target_up[edge.kind] else own
            if any(_contradicts(edge.kind, turned(ruling, upstream)) for ruling in apart[pair]):
                return "the weights speak against this declaration"
        if targets[target]:
            newest = version_text(next(iter(targets)))
            asked = "any version" if edge.range == "*" else edge.range
            return f"{edge.key} asks for {asked}, of which {newest} is the newest"
        return ""

    def _measured(self, edges: Iterable[MeasuredEdge], wanted: set[str], end: Side) -> Iterator[Link]:
        for edge in edges:
            kind = relation_of(edge)
            if self._kinds is not None and kind not in self._kinds:
                continue
            for way, sure in ways(edge).items():
                up, down = (edge.a, edge.b) if way == "a->b" else (edge.b, edge.a)
                if (up if end == "upstream" else down) in wanted and up != down:
                    yield Link(up, down, kind, edge, "" if sure else "which of the two came first is not established")


def _contradicts(kind: RelationKind, ruling: MeasuredEdge) -> bool:
    return judge(kind, ruling).verdict is Verdict.CONTRADICTED
