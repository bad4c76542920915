"""Records and their declared relations as a graph to draw, as far up and down as is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from stemma.identity import Missing
from stemma.publish.graph import Direction, Edge, Graph, Kind, Node, State, Style
from stemma.publish.record.values import Links, nobody
from stemma.records import Edge as Declared
from stemma.records import Record, Relation
from stemma.vocabulary import Grounds, RelationKind

Edges = Callable[[Record], Sequence[Declared]]

WORDS: Mapping[RelationKind, str] = {
    RelationKind.FINETUNED_FROM: "fine-tuning",
    RelationKind.CONTINUED_FROM: "further pretraining",
    RelationKind.DISTILLED_FROM: "distillation",
    RelationKind.QUANTISED_FROM: "quantisation",
    RelationKind.PRUNED_FROM: "pruning",
    RelationKind.MERGED_FROM: "merge",
    RelationKind.ADAPTER_OF: "adapter",
    RelationKind.CONVERTED_FROM: "conversion",
    RelationKind.COPY_OF: "copy",
    RelationKind.COMPOSED_FROM: "part",
    RelationKind.COMPONENT_OF: "part",
    RelationKind.TRAINED_ON: "training data",
    RelationKind.EVALUATED_ON: "evaluation",
    RelationKind.DRAWN_FROM: "data drawn",
    RelationKind.GENERATED_BY: "data generated",
    RelationKind.VARIANT_OF: "variant",
}
"""The step from the upstream side to the downstream side, as a word on an arrow."""

MOST_NODES = 300
MOST_DOWNSTREAM = 18


def lineage_graph(
    root: Record,
    edges: Edges,
    *,
    up: int = MOST_NODES,
    downstream: Sequence[tuple[Record, Relation]] = (),
    links: Links = nobody,
    more: str | None = None,
    alerts: Collection[str] = (),
) -> Graph:
    """``root`` with what it was made from, ``up`` steps far, and the given records made from it.

    What a model was only measured on is shown, but not where that comes from. At most ``MOST_NODES`` nodes; of the
    records downstream the first ``MOST_DOWNSTREAM`` are drawn, the rest stand as one node that leads to ``more``.
    ``alerts`` are the keys of records that an advisory reaches.
    """
    drawing = _Drawing(root, links, alerts)
    layer = [root]
    for _ in range(up):
        layer = [found for record in layer for found in drawing.upstream(record, edges(record))]
        if not layer:
            break
    drawing.downstream(downstream, more)
    return drawing.graph()


class _Drawing:
    def __init__(self, root: Record, links: Links, alerts: Collection[str]) -> None:
        self._root = root
        self._alerts = frozenset(alerts)
        self._links = links
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, RelationKind, str], Edge] = {}
        self._node(root, State.FOCUS)

    def graph(self) -> Graph:
        title = f"Lineage of {self._root.title} {self._root.version}"
        return Graph(tuple(self._nodes.values()), tuple(self._edges.values()), title, Direction.AUTO)

    def upstream(self, record: Record, edges: Sequence[Declared]) -> list[Record]:
        """Draw the relations of a record; the new records that lie upstream by more than a measurement."""
        fresh = []
        for edge in edges:
            target = edge.target
            known = isinstance(target, Missing) or target.key in self._nodes
            if len(self._nodes) >= MOST_NODES and not known:
                continue
            if isinstance(target, Missing):
                self._edge(record.key, self._absent(str(edge.relation.target)), edge.relation, Style.UNRESOLVED)
                continue
            self._node(target)
            self._edge(record.key, target.key, edge.relation, _style(edge.relation))
            further = edge.relation.definition.target == "upstream"
            if not known and further and edge.relation.kind is not RelationKind.EVALUATED_ON:
                fresh.append(target)
        return fresh

    def downstream(self, records: Sequence[tuple[Record, Relation]], more: str | None) -> None:
        for record, relation in records[:MOST_DOWNSTREAM]:
            self._node(record)
            self._edge(record.key, self._root.key, relation, _style(relation))
        rest = len({record.key for record, _ in records[MOST_DOWNSTREAM:]} - set(self._nodes))
        if rest:
            self._nodes["and more"] = Node("and more", (f"{rest:,} more",), Kind.OTHER, link=more)
            self._edges[self._root.key, "and more", RelationKind.VARIANT_OF, ""] = Edge(self._root.key, "and more")

    def _node(self, record: Record, state: State = State.PLAIN) -> None:
        if record.key in self._nodes:
            return
        inside = state is State.FOCUS
        if record.key in self._alerts:
            state = State.ALERT
        elif state is State.PLAIN and record.status.state != "active":
            state = State.WITHDRAWN
        below = str(record.version) if record.title == record.name else record.key
        self._nodes[record.key] = Node(
            record.key,
            (record.title, below),
            Kind(str(record.type)),
            state,
            None if inside else self._links(record.key),
        )

    def _absent(self, asked: str) -> str:
        identifier = f"missing {asked}"
        self._nodes.setdefault(identifier, Node(identifier, (asked,), Kind.OTHER, State.MISSING))
        return identifier

    def _edge(self, record: str, target: str, relation: Relation, style: Style) -> None:
        ends = (target, record) if relation.definition.target == "upstream" else (record, target)
        told = [relation.method, f"share {relation.coefficient:g}" if relation.coefficient is not None else ""]
        remark = ", ".join(part for part in told if part)
        drawn = Edge(*ends, WORDS[relation.kind], style, remark=remark)
        self._edges.setdefault((*ends, relation.kind, relation.component), drawn)


def _style(relation: Relation) -> Style:
    """Declared; in conflict where a source denies it; confirmed where checkpoints were compared."""
    if any(each.denies for each in relation.evidence):
        return Style.CONFLICTING
    if any(each.grounds is Grounds.E2 for each in relation.evidence):
        return Style.CONFIRMED
    return Style.DECLARED
