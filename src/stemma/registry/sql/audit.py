"""The audit log in rows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from stemma.registry.audit import only_begun, require_sound
from stemma.registry.notices import GENESIS, AuditEntry, audit_entry
from stemma.registry.sql.batches import PAGE, chunks
from stemma.registry.sql.database import Database
from stemma.registry.sql.schema import audit
from stemma.registry.table_stores import has_log
from stemma.registry.tables import Clock


class SqlAudit:
    """Implements :class:`stemma.registry.AuditLog`."""

    def __init__(self, database: Database, clock: Clock, actor: str) -> None:
        self._database, self._clock, self._actor = database, clock, actor
        self._local = threading.local()

    def append(self, action: str, subject: str, digest: str = "") -> AuditEntry:
        """Add an entry; time and actor are the registry's."""
        last = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        with self._database.writing() as connection:
            restored: AuditEntry | None = getattr(self._local, "restored", None)
            if restored is not None:
                return restored
            found = connection.execute(last).one_or_none()
            seq, previous = (0, GENESIS) if found is None else (found.seq, found.hash)
            entry = audit_entry(seq + 1, self._clock(), self._actor, action, subject, digest, previous)
            connection.execute(insert(audit).values(asdict(entry)))
        return entry

    def entries(self, after: int = 0) -> Iterator[AuditEntry]:
        """Entries with a higher number than ``after``, in order."""
        while True:
            query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(PAGE)
            with self._database.reading() as connection:
                page = [AuditEntry(*row) for row in connection.execute(query)]
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].seq

    @contextmanager
    def restoring(self, entries: Iterable[AuditEntry]) -> Iterator[None]:
        """Take over the log of another registry; nothing else is logged within the block."""
        given = require_sound(entries)
        with self._database.writing() as connection:
            if not only_begun(self.entries()):
                raise has_log()
            connection.execute(delete(audit))
            for chunk in chunks(given, PAGE):
                connection.execute(insert(audit), [asdict(entry) for entry in chunk])
            self._local.restored = given[-1]
            try:
                yield
            finally:
                self._local.restored = None
