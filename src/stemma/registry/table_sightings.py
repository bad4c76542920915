"""How repositories on hubs were last seen, over tables in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stemma.registry.audit import digest_of_all
from stemma.registry.notices import Sighting
from stemma.registry.table_stores import TableStore


def is_news(before: Sighting | None, now: Sighting) -> bool:
    """Whether anything but the time differs: that is what the audit log tells."""
    return before is None or replace(before, at=now.at) != now


class TableSightings(TableStore):
    """Implements :class:`stemma.registry.SightingStore`."""

    def put(self, sighting: Sighting) -> None:
        """Keep how a repository looks now, in place of how it looked."""
        key = (sighting.repository, sighting.revision)
        with self._held.transaction():
            news = is_news(self._held.tables.sightings.get(key), sighting)
            self._held.tables.sightings[key] = sighting
            if news:
                self._log("sighting.put", f"{sighting.repository}@{sighting.revision}", digest_of_all([sighting]))

    def get(self, repository: str, revision: str) -> Sighting:
        """How a repository looked; raises KeyError where it was never seen."""
        return self._held.tables.sightings[repository, revision]

    def all(self) -> Iterator[Sighting]:
        """Every repository, by name and revision."""
        yield from (each for _, each in sorted(self._held.tables.sightings.items()))
