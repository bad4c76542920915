"""One record to look at: resolved, with the way that every inherited value came, what changed, and what hangs on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice, pairwise

from stemma.errors import BadReference, BadVersion, LimitExceeded
from stemma.identity import Missing, Version, parse_requirement
from stemma.immutable import immutable
from stemma.publish.graph import Graph
from stemma.publish.record import Item, RecordView, lineage_graph, record_view, with_notes
from stemma.records import Change, Record, Relation, ResolvedField, Resolver, choose, diff_records
from stemma.registry import Alert, AlertState, MeasuredEdge, Registry, Standing, admitted, newest

MOST_VERSIONS = 20
MOST_DOWNSTREAM = 20
_LOOKED_AT = 200
MOST_RULINGS = 50
MOST_NEEDED = 2_000
_ANY = "*"
Links = Callable[[str], str | None]


@immutable
class VersionLine:
    """One version beside the one before it; ``before`` is empty for the first, or where that is not looked at."""

    key: str
    state: str
    before: str
    bump: str
    changes: tuple[Change, ...]


@immutable
class ShownRecord:
    """Everything of one version of one record. ``text`` is as it was written; ``downstream`` counts what is made of it,
    ``lineage`` draws all that it was made from."""

    view: RecordView
    nearby: Graph
    lineage: Graph
    text: str
    versions: tuple[VersionLine, ...]
    fields: tuple[ResolvedField, ...]
    downstream: int
    alerts: tuple[Alert, ...]
    rulings: tuple[MeasuredEdge, ...]


def newest_version(name: str, registry: Registry) -> Version | None:
    """The newest usable version of a name, else the newest; None where there is none."""
    held = registry.graph.versions_of([name]).get(name, ())
    return (newest(held, _ANY) or held[-1].version) if held else None


def find_record(name: str, version: str, registry: Registry) -> Record | None:
    """A record; None where there is none."""
    try:
        parsed = Version.parse(version)
    except BadVersion:
        return None
    return registry.records.get(name, parsed) if parsed in registry.records.versions(name) else None


def show(record: Record, registry: Registry, *, links: Links, alert_link: Callable[[Alert], str]) -> ShownRecord:
    """A record with everything that is to be shown of it.

    Raises:
        UnresolvedRecord: the records run in a circle.
    """
    resolver = Resolver(registry.records, dangling="report")
    resolved = resolver.resolve(record)
    versions = sorted(registry.records.versions(record.name), reverse=True)
    downstream, count = _downstream(record, registry)
    alerts = tuple(registry.alerts.find(subject=record.key, states=(AlertState.OPEN, AlertState.ACKNOWLEDGED)))
    view = record_view(
        resolved,
        links=links,
        versions=[f"{record.name}@{version}" for version in versions],
        downstream=downstream,
        alerts=[Item(_alert_words(alert), alert_link(alert)) for alert in alerts],
    )
    return ShownRecord(
        view=with_notes(view, _notes(record, resolver)),
        nearby=lineage_graph(record, resolver.edges, up=1, downstream=downstream, links=links, more="#downstream"),
        lineage=lineage_graph(record, resolver.edges),
        text=registry.records.text(record.name, record.version),
        versions=history(record.name, versions, registry),
        fields=tuple(resolved.fields.values()),
        downstream=count,
        alerts=alerts,
        rulings=tuple(islice(registry.graph.measured([record.key]), MOST_RULINGS)),
    )


def ways_to_ancestors(record: Record, resolver: Resolver) -> Mapping[str, tuple[str, ...]]:
    """For every record that hands something down, a shortest way over which it comes, that record first."""
    ways: dict[str, tuple[str, ...]] = {record.key: (record.key,)}
    waiting = deque([record])
    while waiting:
        below = waiting.popleft()
        for edge in resolver.edges(below):
            target = edge.target
            if edge.relation.definition.inherits and not isinstance(target, Missing) and target.key not in ways:
                ways[target.key] = (target.key, *ways[below.key])
                waiting.append(target)
    return ways


def _notes(record: Record, resolver: Resolver) -> Mapping[str, str]:
    ways = ways_to_ancestors(record, resolver)
    return {key: "Inherited: " + " → ".join(way) for key, way in ways.items() if key != record.key}


def _downstream(record: Record, registry: Registry) -> tuple[list[tuple[Record, Relation]], int]:
    """The first records that were made from this one, and how many there are; of very many, for all its versions."""
    edges, total = registry.search.made_of(record.name, _LOOKED_AT)
    held = registry.graph.versions_of([record.name]).get(record.name, ())
    made = [
        edge
        for edge in edges
        if edge.target_is_upstream and edge.standing != Standing.DENIED and record.version in admitted(held, edge.range)
    ]
    shown = []
    for edge in made[:MOST_DOWNSTREAM]:
        below = registry.records.get(edge.name, Version.parse(edge.version))
        shown.append((below, below.relations[edge.position]))
    return shown, len({edge.key for edge in made}) if total <= _LOOKED_AT else total


def history(name: str, versions: Sequence[Version], registry: Registry) -> tuple[VersionLine, ...]:
    """Versions, newest first, each beside the one before it."""
    looked = [registry.records.get(name, version) for version in versions[: MOST_VERSIONS + 1]]
    lines = []
    for newer, older in pairwise(looked):
        found = diff_records(older, newer)
        lines.append(VersionLine(newer.key, newer.status.state, older.key, found.bump.name.lower(), found.changes))
    if looked and len(looked) <= MOST_VERSIONS:
        lines.append(VersionLine(looked[-1].key, looked[-1].status.state, "", "", ()))
    return tuple(lines)


def _alert_words(alert: Alert) -> str:
    what = ", ".join((*alert.risks, *([alert.severity] if alert.severity else [])))
    return f"{alert.advisory}: {alert.certainty}" + (f" ({what})" if what else "")


def texts_for(asked: str, registry: Registry) -> tuple[str, tuple[str, ...]] | None:
    """The key of the record that NAME or NAME@RANGE asks for, and the texts of it and of all that is needed to resolve
    it; None where there is none.

    Raises:
        LimitExceeded: it needs too many.
    """
    try:
        record = choose(registry.records, parse_requirement(asked))
    except (BadReference, BadVersion):
        return None
    if record is None:
        return None
    resolver = Resolver(registry.records, dangling="report")
    needed, waiting = {record.key: record}, [record]
    while waiting:
        for edge in resolver.edges(waiting.pop()):
            if isinstance(edge.target, Missing) or edge.target.key in needed:
                continue
            needed[edge.target.key] = edge.target
            if edge.relation.definition.inherits:
                waiting.append(edge.target)
            if len(needed) > MOST_NEEDED:
                raise LimitExceeded(f"{record.key} needs more than {MOST_NEEDED:,} other records.")
    return record.key, tuple(registry.records.text(each.name, each.version) for each in needed.values())
