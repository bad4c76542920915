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

from stemma.lineage.claims import Verdict, judge
from stemma.lineage.keys import names_in, version_text
from stemma.lineage.measured import relation_of, turned, ways
from stemma.registry.edges import DeclaredEdge, Held, MeasuredEdge, Standing, admitted
from stemma.registry.interface import GraphSource
from stemma.vocabulary import RelationDefinition, RelationKind, load_relations
from stemma.vocabulary.relations import Side

Apart = Mapping[frozenset[str], Sequence[MeasuredEdge]]
Lead = tuple[Sequence[str], Sequence[str]]
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
    """The joined graph, read level by level.

    ``kinds`` bounds the relations that are followed, ``most`` how many declared edges and how many rulings of a level
    are read; None: all of them. ``cut`` is True once there were more.
    """

    def __init__(
        self, graph: GraphSource, kinds: Collection[RelationKind] | None = None, most: int | None = None
    ) -> None:
        self._graph = graph
        self._most = None if most is None else most + 1
        self.cut = False
        self._kinds = None if kinds is None else frozenset(kinds)
        self._definitions: Mapping[RelationKind, RelationDefinition] = load_relations().kinds
        self._target_up = {kind: each.target == "upstream" for kind, each in self._definitions.items()}
        self._held: dict[str, Sequence[Held]] = {}

    def below(self, keys: Sequence[str]) -> Iterator[Link]:
        """The links from these nodes to what was made of them, in a fixed order."""
        return self._links(keys, "upstream")

    def above(self, keys: Sequence[str]) -> Iterator[Link]:
        """The links from these nodes to what they were made of, in a fixed order."""
        return self._links(keys, "downstream")

    def versions(self, names: Collection[str]) -> Mapping[str, Sequence[Held]]:
        """The versions that are held of these names, ascending."""
        self._learn(names)
        return {name: self._held[name] for name in names}

    def _learn(self, names: Collection[str]) -> None:
        new = [name for name in names if name not in self._held]
        if new:
            self._held.update(dict.fromkeys(new, ()))
            self._held.update(self._graph.versions_of(new))

    def _links(self, keys: Sequence[str], end: Side) -> Iterator[Link]:
        wanted = set(keys)
        measured = list(self._graph.measured(wanted, self._most))
        self.cut |= len(measured) == self._most
        apart: dict[frozenset[str], list[MeasuredEdge]] = defaultdict(list)
        for edge in measured:
            if edge.label == "independent" and not edge.component:  # of a part it says nothing of the rest
                apart[frozenset((edge.a, edge.b))].append(edge)
        return chain(self._declared(wanted, end, apart), self._measured(measured, wanted, end))

    def _declared(self, wanted: set[str], end: Side, apart: Apart) -> Iterator[Link]:
        edges = self._graph.declared(names_in(wanted), end, self._most)
        if self._most is not None:
            edges = list(edges)
            self.cut |= len(edges) == self._most
        if self._kinds is not None:
            edges = [edge for edge in edges if edge.kind in self._kinds]
        self._learn({edge.target for edge in edges})
        leads: dict[tuple[str, str], Lead] = {}
        target_up, make = self._target_up, tuple.__new__
        for edge in edges:
            name, version, _, kind, target, span, standing = edge
            if standing == _DENIED:
                continue  # a denial without grounds is no edge at all
            lead = leads.get((target, span))
            if lead is None:
                lead = leads[target, span] = self._lead(target, span, wanted)
            targets, ends = lead
            own = f"{name}@{version}" if version else name
            up = target_up[kind]
            if up != (end == "upstream"):  # the wanted end is the record that declares
                ends = targets if own in wanted else ()
            doubtful = standing & _DENIED or len(targets) > 1 or apart  # most edges leave no doubt
            for key in ends:
                note = self._doubt(edge, key, targets, apart) if doubtful else ""
                yield make(Link, (key, own, kind, edge, note) if up else (own, key, kind, edge, note))

    def _lead(self, name: str, span: str, wanted: set[str]) -> Lead:
        """The nodes that a range leads to, the newest version first; and those of them that are wanted, sorted."""
        versions = admitted(self._held[name], span)
        targets = tuple([f"{name}@{version.text}" for version in versions]) or (name,)
        return targets, tuple(sorted([key for key in targets if key in wanted]))

    def _doubt(self, edge: DeclaredEdge, target: str, targets: Sequence[str], apart: Apart) -> str:
        if edge.standing & _DENIED:
            return "the declaration is also denied"
        pair = frozenset((target, edge.key))
        if pair in apart and self._definitions[edge.kind].weight_edge:
            upstream = target if self._target_up[edge.kind] else edge.key
            if any(_contradicts(edge.kind, turned(ruling, upstream)) for ruling in apart[pair]):
                return "the weights speak against this declaration"
        if target != targets[0]:
            asked = "any version" if edge.range == "*" else edge.range
            meant, perhaps = version_text(targets[0]), version_text(target)
            return f"{edge.key} asks for {asked}: it may have {perhaps}, but {meant} is the newest"
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
