"""A registry in a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import func, select

from stemma.errors import StemmaError
from stemma.registry.sql.alerts import SqlAlerts, SqlOutbox, SqlSubscriptions
from stemma.registry.sql.audit import SqlAudit
from stemma.registry.sql.database import Database
from stemma.registry.sql.graph import SqlGraph
from stemma.registry.sql.identities import SqlIdentities
from stemma.registry.sql.records import SqlRecords
from stemma.registry.sql.revisions import require_current
from stemma.registry.sql.schema import (
    advisories,
    alerts,
    audit,
    deliveries,
    edges,
    fingerprints,
    records,
    rulings,
    sightings,
    subscriptions,
)
from stemma.registry.sql.search import SqlSearch
from stemma.registry.sql.sightings import SqlSightings
from stemma.registry.sql.stores import SqlAdvisories, SqlFingerprints, SqlRulings
from stemma.registry.tables import Clock


class SqlRegistry:
    """Implements :class:`stemma.registry.Registry`. ``clock`` tells the time to the audit log; threads may share it.

    Without ``pooled`` no connection is kept between calls.

    Raises:
        RegistryUnavailable: the database does not answer.
        InputError: it is no registry, or one of another revision.
    """

    def __init__(self, url: str, clock: Clock, actor: str = "", *, pooled: bool = True) -> None:
        self.database = Database(url, pooled=pooled)
        try:
            require_current(self.database)
        except StemmaError:
            self.database.close()
            raise
        self.audit = SqlAudit(self.database, clock, actor)
        self.records = SqlRecords(self.database, self.audit)
        self.graph = SqlGraph(self.database)
        self.identities = SqlIdentities(self.database)
        self.search = SqlSearch(self.database, self.graph)
        self.rulings = SqlRulings(self.database, self.audit)
        self.fingerprints = SqlFingerprints(self.database, self.audit)
        self.advisories = SqlAdvisories(self.database, self.audit)
        self.alerts = SqlAlerts(self.database, self.audit)
        self.subscriptions = SqlSubscriptions(self.database, self.audit)
        self.outbox = SqlOutbox(self.database, self.audit)
        self.sightings = SqlSightings(self.database, self.audit)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block, or nothing; a block within another is part of it."""
        with self.database.writing():
            yield

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Many questions of this thread over one connection; nothing is written in the block."""
        with self.database.steady():
            yield

    def counts(self) -> Mapping[str, int]:
        """How much there is of everything, by name of table."""
        notices = (advisories, alerts, subscriptions, deliveries, sightings)
        tables = (records, edges, rulings, fingerprints, *notices, audit)
        with self.database.reading() as connection:
            return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}

    def close(self) -> None:
        """Let go of all connections."""
        self.database.close()
