"""A part of the joined graph to look at: what lies around one node, and the ways between two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from stemma.errors import InputError, ModelNotFound
from stemma.immutable import immutable
from stemma.lineage import Link, is_held, reach, step_of
from stemma.lineage.reach import Reach
from stemma.publish.graph import Direction, Edge, Graph, Kind, Node, State, Style
from stemma.publish.record.pictures import WORDS
from stemma.registry import Alert, AlertState, Registry
from stemma.registry.notices import Step
from stemma.usecases.lineage.walk import find_node

MAX_NODES = 5_000
MAX_DEPTH = 8
MAX_WAYS = 20
MAX_SEARCHED = 100_000
EDGES_PER_NODE = 4
"""A walk reads so many edges of a level for every node that it may show: of a base with very many, not all."""
_MOST_ADVISORIES = 10
_KNOWN = (AlertState.OPEN, AlertState.ACKNOWLEDGED)


@immutable
class NodeSeen:
    """A node: how far above (negative) or below the one in the middle, and the alerts that it has."""

    key: str
    title: str
    kind: Kind
    state: State
    distance: int
    advisories: tuple[str, ...]


@immutable
class EdgeSeen:
    """All that speaks of one pair of nodes, upstream first. ``doubts`` say why the way is not sure."""

    upstream: str
    downstream: str
    relations: tuple[str, ...]
    style: Style
    directed: bool
    grounds: tuple[str, ...]
    doubts: tuple[str, ...]
    measured: bool = False

    @property
    def said(self) -> str:
        """The relations in words."""
        return ", ".join(self.relations)


@immutable
class Seen:
    """A part of the graph around ``root``; ``complete`` is False where a bound ended the walk."""

    root: str
    nodes: tuple[NodeSeen, ...]
    edges: tuple[EdgeSeen, ...]
    complete: bool


def find(asked: str, registry: Registry) -> str:
    """The key of the node that ``asked`` names; raises ModelNotFound where there is none."""
    try:
        return find_node(asked, registry)
    except InputError as error:
        raise ModelNotFound(error.message, advice="Name a record, NAME or NAME@RANGE, or model:REFERENCE.") from error


def around(root: str, registry: Registry, *, up: int = 1, down: int = 1, limit: int = 500) -> Seen:
    """What lies ``up`` steps above a node and ``down`` steps below, at most ``limit`` nodes, near before far."""
    share = max(2, limit // 2) if up and down else limit
    most = EDGES_PER_NODE * share
    above = reach(registry.graph, root, "ancestors", depth=up, limit=share, keep_all=True, edges=most)
    below = reach(registry.graph, root, "descendants", depth=down, limit=share, keep_all=True, edges=most)
    distances = {key: -found.depth for key, found in above.nodes.items()}
    for key, found in below.nodes.items():
        distances.setdefault(key, found.depth)
    links = [*_links(above), *_links(below)]
    return Seen(root, _nodes(root, distances, registry), _edges(links, distances), above.complete and below.complete)


def opened_out(seen: Seen, keys: Collection[str], registry: Registry, *, limit: int = 500) -> Seen:
    """The same with the neighbours of further nodes that it holds, in the order given, at most ``limit`` nodes."""
    nodes = {node.key: node for node in seen.nodes}
    edges = {(edge.upstream, edge.downstream): edge for edge in seen.edges}
    complete = seen.complete
    for key in keys:
        if key not in nodes or len(nodes) >= limit:
            complete = complete and key not in nodes
            continue
        more = around(key, registry, limit=limit - len(nodes) + 2)
        for node in more.nodes:
            shifted = replace(node, distance=node.distance + nodes[key].distance)
            nodes.setdefault(node.key, _unmarked(shifted))
        edges |= {(edge.upstream, edge.downstream): edge for edge in more.edges}
        complete = complete and more.complete
    return Seen(seen.root, tuple(nodes.values()), tuple(edges[ends] for ends in sorted(edges)), complete)


def _unmarked(node: NodeSeen) -> NodeSeen:
    return replace(node, state=State.PLAIN) if node.state is State.FOCUS else node


def ways(upstream: str, downstream: str, registry: Registry, *, limit: int = MAX_WAYS) -> tuple[tuple[Step, ...], ...]:
    """The ways that lead from one node down to another, short ones first; none where neither leads to the other."""
    found = reach(registry.graph, downstream, "ancestors", limit=MAX_SEARCHED, keep_all=True)
    if upstream not in found:
        return ()
    return tuple(sorted((tuple(map(step_of, way)) for way in found.paths(upstream, limit)), key=len))


def picture(seen: Seen, links: Mapping[str, str], highlight: Collection[str] = ()) -> Graph:
    """The same to be drawn on the server; ``links`` are addresses by key, relative to the page."""
    nodes = tuple(
        Node(
            node.key,
            (node.title, node.key) if node.title and node.title != node.key else (node.key,),
            node.kind,
            State.FOCUS if node.key in (seen.root, *highlight) else node.state,
            links.get(node.key),
            f"advisories: {', '.join(node.advisories)}" if node.advisories else "",
        )
        for node in seen.nodes
    )
    edges = tuple(
        Edge(edge.upstream, edge.downstream, edge.said, edge.style, edge.directed, "; ".join(edge.doubts))
        for edge in seen.edges
    )
    return Graph(nodes, edges, f"Lineage of {seen.root}", Direction.AUTO)


def _links(found: Reach) -> Iterable[Link]:
    return (link for links in found.links.values() for link in links)


def _nodes(root: str, distances: Mapping[str, int], registry: Registry) -> tuple[NodeSeen, ...]:
    facts = registry.graph.facts([key for key in distances if is_held(key)])
    alerts = _alerts(distances, registry)
    nodes = []
    for key, distance in sorted(distances.items(), key=lambda item: (abs(item[1]), item[1], item[0])):
        known = facts.get(key)
        advisories = tuple(alert.advisory for alert in alerts.get(key, ())[:_MOST_ADVISORIES])
        state = State.ALERT if advisories else State.FOCUS if key == root else State.PLAIN
        if known is None:
            state = state if state is State.ALERT or ":" in key else State.MISSING
        elif known.state != "active" and state is State.PLAIN:
            state = State.WITHDRAWN
        kind = Kind(str(known.type)) if known else Kind.MODEL if ":" in key else Kind.OTHER
        nodes.append(NodeSeen(key, known.title if known else "", kind, state, distance, advisories))
    return tuple(nodes)


def _alerts(keys: Collection[str], registry: Registry) -> Mapping[str, list[Alert]]:
    found: dict[str, list[Alert]] = defaultdict(list)
    for alert in registry.alerts.on(keys, _KNOWN):
        found[alert.subject].append(alert)
    return found


def _edges(links: Iterable[Link], nodes: Collection[str]) -> tuple[EdgeSeen, ...]:
    pairs: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for link in links:
        if link.upstream in nodes and link.downstream in nodes:
            both = (link.downstream, link.upstream)
            pairs[both if both in pairs and not link.declared else (link.upstream, link.downstream)].append(link)
    return tuple(_edge(ends, list(dict.fromkeys(found))) for ends, found in sorted(pairs.items()))


def _edge(ends: tuple[str, str], links: list[Link]) -> EdgeSeen:
    declared = [link for link in links if link.declared]
    measured = [link for link in links if not link.declared]
    doubts = tuple(dict.fromkeys(link.note for link in links if link.note))
    if any("denied" in doubt or "independent" in doubt for doubt in doubts):
        style = Style.CONFLICTING
    elif declared and measured:
        style = Style.CONFIRMED
    else:
        style = Style.DECLARED if declared else Style.MEASURED
    steps = [step_of(link) for link in links]
    relations = [WORDS[link.kind] for link in declared] or [step.kind for step in steps]
    grounds = tuple(sorted({ground for step in steps for ground in step.grounds}))
    directed = bool(declared) or len({(link.upstream, link.downstream) for link in measured}) == 1
    return EdgeSeen(*ends, tuple(dict.fromkeys(relations)), style, directed, grounds, doubts, bool(measured))
