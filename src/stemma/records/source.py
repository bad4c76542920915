"""Where records come from, and which version of one is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from stemma.errors import UnresolvedRecord
from stemma.identity import Requirement, Version
from stemma.records.record import Record


class RecordSource(Protocol):
    """Records by name and version. A registry is one; so is :class:`MemorySource`.

    Both methods are pure lookups: the same source always answers the same.
    """

    def versions(self, name: str) -> Sequence[Version]:
        """Every version of a record, yanked ones too, in any order; empty where the name is unknown."""
        ...

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none."""
        ...


class MemorySource:
    """Records held in memory."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: dict[str, dict[Version, Record]] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Put a record in, in place of one of the same name and version."""
        self._records.setdefault(record.name, {})[record.version] = record

    def versions(self, name: str) -> Sequence[Version]:
        """Every version of a record."""
        return tuple(self._records.get(name, ()))

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none."""
        return self._records[name][version]


def choose(source: RecordSource, asked: Requirement, *, prereleases: bool = False) -> Record | None:
    """The newest version that ``asked`` allows, by semantic version; None where there is none.

    Pre-releases are left out unless ``prereleases`` is set or the lower bound of the range names one. Yanked versions
    are left out unless the range holds that one version alone. Of versions that differ in build metadata alone, the
    greatest build wins, in code point order.
    """
    pinned = asked.range.pinned is not None
    early = prereleases or pinned or asked.range.names_prerelease
    for version in sorted(source.versions(asked.name), reverse=True):
        if version not in asked.range or (version.prerelease and not early):
            continue
        record = source.get(asked.name, version)
        if pinned or record.status.state != "yanked":
            return record
    return None


def require(source: RecordSource, asked: Requirement, *, by: str = "", prereleases: bool = False) -> Record:
    """As :func:`choose`; raises UnresolvedRecord, with the versions there are, where nothing fits."""
    found = choose(source, asked, prereleases=prereleases)
    if found is not None:
        return found
    path = [by, str(asked)] if by else [str(asked)]
    raise UnresolvedRecord(missing_message(source, asked), path, advice="Add it, or ask for another version.")


def missing_message(source: RecordSource, asked: Requirement) -> str:
    """Why nothing fits, with the versions that there are."""
    there = [str(version) for version in sorted(source.versions(asked.name))]
    some = f"there are versions {', '.join(there[-10:])}" if there else "there is no record of that name"
    return f"No record fits {asked}: {some}."
