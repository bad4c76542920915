"""By what the records of any store that can be read whole are recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from stemma.registry.interface import RecordStore
from stemma.registry.marks import marks_in


class RecordIdentities:
    """Implements :class:`stemma.registry.IdentitySource` over any store; all records are looked at, once."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records
        self._bearers: Mapping[str, list[str]] | None = None

    def forget(self) -> None:
        """Records were written: look again."""
        self._bearers = None

    def marks(self, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The marks of records by key."""
        found = {}
        for key in sorted(set(keys)):
            name, _, text = key.partition("@")
            version = next((each for each in self._records.versions(name) if str(each) == text), None)
            if version is not None:
                found[key] = marks_in(self._records.get(name, version).data)
        return found

    def bearers(self, marks: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Keys of the records that bear each of these marks."""
        if not marks:
            return {}
        if self._bearers is None:
            self._bearers = self._index()
        return {mark: self._bearers[mark] for mark in sorted(set(marks)) if mark in self._bearers}

    def _index(self) -> Mapping[str, list[str]]:
        index: dict[str, list[str]] = defaultdict(list)
        held = ((name, version) for name in self._records.names() for version in self._records.versions(name))
        for name, version in held:
            for mark in marks_in(self._records.get(name, version).data):
                index[mark].append(f"{name}@{version}")
        return {mark: sorted(keys) for mark, keys in index.items()}
