"""How repositories on hubs were last seen, in rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from stemma.registry.audit import digest_of_all
from stemma.registry.forms import line_of, value_of
from stemma.registry.notices import Sighting
from stemma.registry.sql.batches import upsert
from stemma.registry.sql.schema import sightings
from stemma.registry.sql.stores import SqlStore
from stemma.registry.table_sightings import is_news


class SqlSightings(SqlStore):
    """Implements :class:`stemma.registry.SightingStore`."""

    def put(self, sighting: Sighting) -> None:
        """Keep how a repository looks now, in place of how it looked."""
        key = _key(sighting.repository, sighting.revision)
        with self._database.writing() as connection:
            line = connection.scalar(select(sightings.c.line).where(sightings.c.id == key))
            before = None if line is None else value_of(Sighting, line, key)
            upsert(connection, sightings, [(key, line_of(sighting))])
            if is_news(before, sighting):
                self._audit.append("sighting.put", key, digest_of_all([sighting]))

    def get(self, repository: str, revision: str) -> Sighting:
        """How a repository looked; raises KeyError where it was never seen."""
        key = _key(repository, revision)
        with self._database.reading() as connection:
            line = connection.scalar(select(sightings.c.line).where(sightings.c.id == key))
        if line is None:
            raise KeyError(key)
        return value_of(Sighting, line, key)

    def all(self) -> Iterator[Sighting]:
        """Every repository, by name and revision."""
        for line in self._pages(select(sightings.c.line), sightings, sightings.c.id):
            yield value_of(Sighting, line, "sightings")


def _key(repository: str, revision: str) -> str:
    """Names of repositories hold no ``@``."""
    return f"{repository}@{revision}"
