"""Raise alerts: in one transaction with the advisory, record or ruling that caused them, with what is to be sent.

Whatever the process does afterwards, either the cause and all its alerts and deliveries are there, or nothing is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from stemma.advisories import Advisory
from stemma.immutable import immutable
from stemma.lineage import from_store, impact_of, reach, to_store
from stemma.lineage.alerts import Change, alert_changes, names_for
from stemma.lineage.audience import Audience, Readers
from stemma.lineage.quiet import uncollected
from stemma.registry import Alert, AlertState, MeasuredEdge, Registry

BATCH = 2_000


@immutable
class Raised:
    """What happened to alerts: how many were told anew or again, changed silently, are over; and how many messages."""

    told: int = 0
    changed: int = 0
    resolved: int = 0
    deliveries: int = 0

    def __add__(self, other: Raised) -> Raised:
        return Raised(
            self.told + other.told,
            self.changed + other.changed,
            self.resolved + other.resolved,
            self.deliveries + other.deliveries,
        )


@immutable
class Kept:
    """What became of an advisory that was put in: ``fresh`` where it is now the newest version."""

    advisory: Advisory
    fresh: bool
    raised: Raised


def keep_advisories(registry: Registry, advisories: Sequence[Advisory], when: str) -> list[Kept]:
    """Put advisories in and bring their alerts up to date, all of them or none."""
    kept = []
    with registry.transaction():
        for advisory in advisories:
            fresh = registry.advisories.put(to_store(advisory))
            kept.append(Kept(advisory, fresh, _raise(registry, advisory, when) if fresh else Raised()))
    return kept


def keep_records(registry: Registry, texts: Iterable[str], when: str, *, replace: bool = False) -> Raised:
    """Put records in, and raise alerts where they come under an advisory, all of it or nothing."""
    with registry.transaction():
        keys = [registry.records.put(text, replace=replace).key for text in texts]
        return raise_around(registry, keys, when)


def keep_rulings(registry: Registry, edges: Iterable[MeasuredEdge], when: str) -> Raised:
    """Put rulings in, and raise alerts where they show a way down from an advisory, all of it or nothing."""
    with registry.transaction():
        new = [edge for edge in edges if registry.rulings.put(edge)]
        return raise_around(registry, {key for edge in new for key in (edge.a, edge.b)}, when)


def raise_around(registry: Registry, keys: Collection[str], when: str) -> Raised:
    """Bring alerts up to date where nodes, or edges at them, have changed; to be called in the same transaction."""
    above = {node for key in keys for node in reach(registry.graph, key, "ancestors").nodes}
    found = {each.id: each for each in registry.advisories.naming(names_for(above, registry.identities))}
    for key in keys:
        for alert in registry.alerts.find(subject=key):
            found[alert.advisory] = registry.advisories.get(alert.advisory)
    below = any(len(reach(registry.graph, key, "descendants", limit=2).nodes) > 1 for key in keys)
    raised = Raised()
    for _, stored in sorted(found.items()):
        if below:
            raised += _raise(registry, from_store(stored), when)
        else:  # every way to these nodes comes from above them
            raised += _raise(registry, from_store(stored), when, subjects=keys, within=above)
    return raised


def refresh(registry: Registry, when: str) -> Raised:
    """Bring all alerts up to date: for records that were changed by other means than Stemma, such as Git."""
    raised = Raised()
    with registry.transaction():
        for identity in registry.advisories.ids():
            raised += _raise(registry, from_store(registry.advisories.get(identity)), when)
    return raised


def _raise(
    registry: Registry,
    advisory: Advisory,
    when: str,
    *,
    subjects: Collection[str] | None = None,
    within: Collection[str] | None = None,
) -> Raised:
    impact = impact_of(advisory, registry.graph, registry.identities, within=within)
    known = {alert.id: alert for alert in _known(registry, advisory.id, subjects)}
    readers = Readers(registry.subscriptions.all())
    audience = Audience(registry.graph)
    raised = Raised()
    with uncollected():
        for batch in _batches(alert_changes(impact, known, when, subjects=subjects)):
            registry.alerts.put(change.alert for change in batch)
            sent = list(audience.deliveries([change.alert for change in batch if change.told], readers, when))
            registry.outbox.add(sent)
            raised += _counted(batch, len(sent))
    return raised


def _known(registry: Registry, advisory: str, subjects: Collection[str] | None) -> Iterator[Alert]:
    if subjects is None:
        yield from registry.alerts.find(advisory=advisory)
        return
    for subject in sorted(subjects):
        yield from registry.alerts.find(advisory=advisory, subject=subject)


def _batches(changes: Iterator[Change]) -> Iterator[list[Change]]:
    while batch := list(islice(changes, BATCH)):
        yield batch


def _counted(batch: Sequence[Change], deliveries: int) -> Raised:
    over = sum(change.alert.state is AlertState.RESOLVED for change in batch)
    told = sum(change.told for change in batch)
    return Raised(told - over, len(batch) - told, over, deliveries)
