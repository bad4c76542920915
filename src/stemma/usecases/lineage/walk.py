"""Show the joined graph around a node, and walk it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from stemma.errors import BadReference, BadVersion, InputError, LimitExceeded
from stemma.identity import Version, parse_loose_requirement
from stemma.identity.version import VERSION
from stemma.lineage import MODEL, Joined, Link, conflicts, is_held, name_of, reach, step_of
from stemma.lineage.measured import ways
from stemma.lineage.reach import MAX_NODES, MAX_PATHS, Reach, Towards
from stemma.publish.lineage.model import ConflictReport, EdgeLine, LineageReport, NodeLine, Source
from stemma.registry import Registry
from stemma.registry.edges import DeclaredEdge, MeasuredEdge
from stemma.usecases.lineage.subjects import find_record
from stemma.usecases.registry import Chosen, opened
from stemma.vocabulary import Grounds, RelationKind
from stemma.vocabulary.relations import Side


def find_node(asked: str, registry: Registry) -> str:
    """The key of the node that ``asked`` names: ``NAME[@RANGE]`` of a record, or ``model:REFERENCE``.

    A name that no record has but that some record refers to is a node as well.

    Raises:
        InputError: it is none of these.
    """
    if asked.startswith(MODEL):
        return asked
    record = find_record(asked, registry)
    if record is not None:
        return record.key
    try:
        name = parse_loose_requirement(asked).name
    except (BadReference, BadVersion) as error:
        advice = "Name a record, NAME or NAME@RANGE, or model:REFERENCE."
        raise InputError(f"{asked!r} is no node of the graph.", advice=advice) from error
    sides: tuple[Side, ...] = ("upstream", "downstream")
    if not any(True for side in sides for _ in registry.graph.declared([name], side, 1)):
        raise InputError(f"Nothing in the registry is called, or refers to, {asked}.", advice="See: stemma record")
    return name


def show_node(asked: str, registry: Chosen) -> LineageReport:
    """The edges of one node, both ways, each with everything that speaks for and against it."""
    with opened(registry) as stores:
        return show_node_in(stores, asked)


def show_node_in(stores: Registry, asked: str) -> LineageReport:
    """The same in a registry that is open."""
    key = find_node(asked, stores)
    joined = Joined(stores.graph)
    above, below = list(joined.above([key])), list(joined.below([key]))
    twice = {link.edge for link in above if not link.declared} & {link.edge for link in below}
    links = [*above, *(link for link in below if link.edge not in twice)]
    edges = [edge_line(link, stores, directed=link.edge not in twice) for link in links]
    edges += [_ruling_line(edge) for edge in stores.graph.measured([key]) if not ways(edge)]
    keys = dict.fromkeys([key, *(end for edge in edges for end in (edge.upstream, edge.downstream))])
    nodes = tuple(_node(each, int(each != key), (), stores) for each in keys)
    return LineageReport(key, "show", nodes, tuple(edges), (), True, VERSION)


def walk(
    asked: str,
    towards: Towards,
    registry: Chosen,
    *,
    kinds: Collection[RelationKind] | None = None,
    depth: int | None = None,
    limit: int = MAX_NODES,
) -> LineageReport:
    """Everything above or below a node, near before far, with a shortest path to each."""
    with opened(registry) as stores:
        return walk_in(stores, asked, towards, kinds=kinds, depth=depth, limit=limit)


def walk_in(
    stores: Registry,
    asked: str,
    towards: Towards,
    *,
    kinds: Collection[RelationKind] | None = None,
    depth: int | None = None,
    limit: int = MAX_NODES,
) -> LineageReport:
    """The same in a registry that is open."""
    key = find_node(asked, stores)
    found = reach(stores.graph, key, towards, kinds=kinds, depth=depth, limit=limit)
    nodes = tuple(_node(each, found.nodes[each].depth, found.path(each), stores) for each in found.nodes)
    return LineageReport(key, towards, nodes, (), (), found.complete, VERSION)


def find_paths(
    upstream: str, downstream: str, registry: Chosen, *, every: bool = False, limit: int = MAX_PATHS
) -> LineageReport:
    """The ways that lead from one node down to another: a shortest one, or ``every`` one up to ``limit``."""
    with opened(registry) as stores:
        return find_paths_in(stores, upstream, downstream, every=every, limit=limit)


def find_paths_in(
    stores: Registry, upstream: str, downstream: str, *, every: bool = False, limit: int = MAX_PATHS
) -> LineageReport:
    """The same in a registry that is open."""
    start, end = find_node(upstream, stores), find_node(downstream, stores)
    found = reach(stores.graph, end, "ancestors", keep_all=every)
    ways = _ways(found, start, every=every, limit=limit)
    paths = tuple(tuple(step_of(link) for link in way) for way in ways)
    keys = dict.fromkeys(end for way in ways for link in way for end in (link.upstream, link.downstream))
    nodes = tuple(_node(each, 0, (), stores) for each in keys)
    return LineageReport(end, "path", nodes, (), paths, found.complete, VERSION)


def list_conflicts(names: Iterable[str], registry: Chosen) -> ConflictReport:
    """Where sources disagree, around some records or in the whole registry."""
    with opened(registry) as stores:
        return list_conflicts_in(stores, names)


def list_conflicts_in(stores: Registry, names: Iterable[str], most: int | None = None) -> ConflictReport:
    """The same in a registry that is open; raises LimitExceeded where it has more than ``most`` names and none was
    chosen."""
    chosen = tuple(sorted({name_of(find_node(name, stores)) for name in names}))
    wanted = chosen or tuple(islice(stores.records.names(), None if most is None else most + 1))
    if most is not None and len(wanted) > most:
        advice = "Name some records, or look where the registry is: stemma lineage conflicts --registry."
        raise LimitExceeded(f"There are more than {most:,} records to look at.", advice=advice)
    return ConflictReport(chosen, tuple(conflicts(stores.graph, wanted)), VERSION)


def edge_line(link: Link, registry: Registry, *, directed: bool) -> EdgeLine:
    """An edge with its evidence: of a declared one from the record that declares it, of a measured one the ruling."""
    step, edge = step_of(link), link.edge
    shown = (link.upstream, link.downstream, step.basis, step.kind)
    if not isinstance(edge, DeclaredEdge):
        return EdgeLine(*shown, "", "", edge.component, directed, link.note, (_ruling_source(edge),))
    relation = registry.records.get(edge.name, Version.parse(edge.version)).relations[edge.position]
    sources = tuple(
        Source(str(e.grounds), e.source, e.date, e.by, e.denies, e.signature, e.note) for e in relation.evidence
    )
    asked = str(edge.requirement)
    return EdgeLine(*shown, asked, relation.method, relation.component, directed, link.note, sources)


def _ruling_line(edge: MeasuredEdge) -> EdgeLine:
    """A ruling that leads nowhere: the two are independent, or descend from a third."""
    linked = edge.label == "linked"
    kind = str(edge.kinship) if linked else f"{edge.label} ({edge.established})"
    return EdgeLine(edge.a, edge.b, "measured", kind, "", "", edge.component, False, "", (_ruling_source(edge),))


def _ruling_source(edge: MeasuredEdge) -> Source:
    told = edge.reasons[-1] if edge.reasons else ""
    read = f"weights, read from {edge.basis}"
    return Source(str(Grounds.E2), read, edge.date, f"stemma {edge.stemma}", False, "", told)


def _ways(found: Reach, start: str, *, every: bool, limit: int) -> list[tuple[Link, ...]]:
    if start not in found:
        return []
    return list(found.paths(start, limit)) if every else [found.path(start)]


def _node(key: str, depth: int, path: tuple[Link, ...], registry: Registry) -> NodeLine:
    facts = registry.graph.facts([key]).get(key) if is_held(key) else None
    kind = str(facts.type) if facts else "model" if key.startswith(MODEL) else "not in the registry"
    title = facts.title if facts else ""
    return NodeLine(key, kind, title, depth, tuple(step_of(link) for link in path))
