"""What registries in memory and in a directory hold beside records, and the copy that a transaction goes back to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace

from stemma.immutable import immutable
from stemma.registry.edges import FingerprintDigest, MeasuredEdge
from stemma.registry.notices import Alert, AuditEntry, Delivery, Sighting, StoredAdvisory, Subscription

Clock = Callable[[], str]
"""Tells the time as RFC 3339 in UTC."""


@immutable
class Tables:
    """Everything but records, each under its identity."""

    rulings: dict[str, MeasuredEdge] = field(default_factory=dict)
    fingerprints: dict[tuple[str, str, str, str], FingerprintDigest] = field(default_factory=dict)
    advisories: dict[tuple[str, int], StoredAdvisory] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    sightings: dict[tuple[str, str], Sighting] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)

    def copy(self) -> Tables:
        """Another with the same values."""
        return replace(
            self,
            rulings=dict(self.rulings),
            fingerprints=dict(self.fingerprints),
            advisories=dict(self.advisories),
            alerts=dict(self.alerts),
            subscriptions=dict(self.subscriptions),
            deliveries=dict(self.deliveries),
            sightings=dict(self.sightings),
            audit=list(self.audit),
        )


class TablesHeld:
    """Tables with transactions over them; ``begin``, ``commit`` and ``undo`` are for those that also keep files."""

    def __init__(self, clock: Clock, actor: str) -> None:
        self.clock, self.actor = clock, actor
        self.tables = Tables()
        self.silent = False
        self._depth = 0

    @contextmanager
    def steady(self) -> Iterator[None]:
        """All of it is at hand anyway."""
        yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block, or nothing; a block within another is part of it."""
        if self._depth:
            yield
            return
        self.begin()
        before = self.tables.copy()
        self._depth = 1
        try:
            yield
            self.commit()
        except BaseException:
            self.tables = before
            self.undo()
            raise
        finally:
            self._depth = 0

    def begin(self) -> None:
        """Called before the first thing of a transaction."""

    def commit(self) -> None:
        """Called after the last thing of a transaction: make it durable."""

    def undo(self) -> None:
        """Called where a transaction failed, after the tables went back."""
