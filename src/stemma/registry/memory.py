"""A registry in memory: for tests, and for jobs that need to remember nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stemma.errors import InputError
from stemma.identity import Version
from stemma.records import Record, parse_record
from stemma.registry.audit import digest_of
from stemma.registry.interface import RecordStore
from stemma.registry.record_graph import RecordGraph
from stemma.registry.record_identities import RecordIdentities
from stemma.registry.search import RecordSearch
from stemma.registry.table_files import KINDS
from stemma.registry.table_sightings import TableSightings
from stemma.registry.table_stores import (
    TableAdvisories,
    TableAlerts,
    TableAudit,
    TableFingerprints,
    TableOutbox,
    TableRulings,
    TableSubscriptions,
)
from stemma.registry.tables import Clock, TablesHeld


class TableRegistry(TablesHeld):
    """The stores over tables, beside a store of records."""

    def __init__(self, records: RecordStore, clock: Clock, actor: str) -> None:
        super().__init__(clock, actor)
        self.records = records
        self.graph = RecordGraph(records, lambda: self.tables.rulings)
        self.identities = RecordIdentities(records)
        self.search = RecordSearch(records, self.graph)
        self.rulings = TableRulings(self)
        self.fingerprints = TableFingerprints(self)
        self.advisories = TableAdvisories(self)
        self.alerts = TableAlerts(self)
        self.subscriptions = TableSubscriptions(self)
        self.outbox = TableOutbox(self)
        self.sightings = TableSightings(self)
        self.audit = TableAudit(self)

    def undo(self) -> None:
        """What was indexed may be of records that are no more."""
        self.forget()

    def forget(self) -> None:
        """Records were written: what was indexed of them holds no more."""
        self.graph.forget()
        self.identities.forget()
        self.search.forget()

    def counts(self) -> Mapping[str, int]:
        """How much there is of everything, by name of table."""
        return {**self.graph.counts(), **{name: len(getattr(self.tables, name)) for name in KINDS}}

    def close(self) -> None:
        """Nothing is held."""


class MemoryRegistry(TableRegistry):
    """Implements :class:`stemma.registry.Registry`. ``clock`` tells the time to the audit log."""

    def __init__(self, clock: Clock, actor: str = "") -> None:
        self._records = MemoryRecords(self)
        super().__init__(self._records, clock, actor)

    def begin(self) -> None:
        """Remember the records as they are."""
        self._before = {name: dict(versions) for name, versions in self._records.held.items()}

    def undo(self) -> None:
        """Go back to them."""
        self._records.held = self._before
        super().undo()


class MemoryRecords:
    """Implements :class:`stemma.registry.RecordStore`."""

    def __init__(self, registry: MemoryRegistry) -> None:
        self._registry = registry
        self.held: dict[str, dict[Version, tuple[str, Record]]] = {}

    def names(self) -> Sequence[str]:
        """Every name, sorted."""
        return sorted(name for name, versions in self.held.items() if versions)

    def versions(self, name: str) -> Sequence[Version]:
        """Every version of a name, ascending."""
        return sorted(self.held.get(name, ()))

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none."""
        return self.held[name][version][1]

    def text(self, name: str, version: Version) -> str:
        """A record as it was written; raises KeyError where there is none."""
        return self.held[name][version][0]

    def texts(self) -> Iterator[tuple[str, Version, str]]:
        """Name, version and text of every record, by name, then version as text."""
        for name in self.names():
            for version in sorted(self.held[name], key=str):
                yield name, version, self.held[name][version][0]

    def put(self, text: str, *, replace: bool = False) -> Record:
        """Add a record. Raises as ``RecordStore.put``."""
        record = parse_record(text)
        there = self.held.get(record.name, {}).get(record.version)
        if there is not None and there[0] == text:
            return there[1]
        if there is not None and not replace:
            raise taken(record)
        with self._registry.transaction():
            self.held.setdefault(record.name, {})[record.version] = (text, record)
            self._registry.forget()
            self._registry.audit.append(put_action(there is not None), record.key, digest_of(text))
        return record

    def remove(self, name: str, version: Version) -> None:
        """Take a record out; raises KeyError where there is none."""
        with self._registry.transaction():
            del self.held[name][version]
            self._registry.forget()
            self._registry.audit.append("record.remove", f"{name}@{version}")


def put_action(replaced: bool) -> str:
    """What the audit log calls it when a record was put."""
    return "record.replace" if replaced else "record.put"


def taken(record: Record, where: str = "") -> InputError:
    """The error where another record has the name and version."""
    return InputError(
        f"{record.key} is there already, with other content{where}.",
        advice="Give the change a version of its own (stemma record bump), or replace it with --force.",
    )
