"""By what weights and data are recognised: digests, and repositories on a hub.

A mark is ``sha256:...`` (a file, or any digest of a record's identity), ``huggingface:org/name``, or the same with
``@revision``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from stemma.advisories import repository_of_purl
from stemma.identity import Version
from stemma.lineage.keys import is_held
from stemma.records import Record
from stemma.registry.interface import RecordStore

DIGESTS = ("root", "tensors", "fingerprint")


class Identities(Protocol):
    """Who bears which mark."""

    def marks(self, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The marks of records by key; a record without any has an empty set, an unknown one is left out."""
        ...

    def bearers(self, marks: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Keys of the records that bear each of these marks, sorted; marks that none bears are left out."""
        ...


class RecordMarks:
    """Implements :class:`Identities` over any store of records; who bears a mark is found by looking at all once."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records
        self._bearers: dict[str, list[str]] | None = None

    def marks(self, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The marks of records by key."""
        found = {}
        for key in sorted(set(keys)):
            name, _, version = key.partition("@")
            if is_held(key) and Version.parse(version) in self._records.versions(name):
                found[key] = marks_of(self._records.get(name, Version.parse(version)))
        return found

    def bearers(self, marks: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Keys of the records that bear each of these marks."""
        if not marks:
            return {}
        if self._bearers is None:
            index: dict[str, list[str]] = defaultdict(list)
            for name in self._records.names():
                for version in self._records.versions(name):
                    for mark in marks_of(self._records.get(name, version)):
                        index[mark].append(f"{name}@{version}")
            self._bearers = dict(index)
        return {mark: sorted(self._bearers[mark]) for mark in sorted(set(marks)) if mark in self._bearers}


class Marked:
    """Implements :class:`Identities`: another one, with the marks of one more node, such as unrecorded weights."""

    def __init__(self, others: Identities, key: str, marks: frozenset[str]) -> None:
        self._others, self._key, self._marks = others, key, marks

    def marks(self, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The marks of nodes by key."""
        found = dict(self._others.marks(keys))
        if self._key in keys:
            found[self._key] = found.get(self._key, frozenset()) | self._marks
        return found

    def bearers(self, marks: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Keys of the nodes that bear each of these marks."""
        found = dict(self._others.bearers(marks))
        for mark in sorted(self._marks & set(marks)):
            found[mark] = sorted({*found.get(mark, ()), self._key})
        return found


def marks_of(record: Record) -> frozenset[str]:
    """Everything by which the identity of a record says it can be recognised."""
    identity: Any = record.data.get("identity") or {}
    found = {f"sha256:{file['sha256']}" for file in identity.get("files", ())}
    found |= {identity[key] for key in DIGESTS if key in identity}
    for hub in identity.get("hubs", ()):
        name = f"{hub['hub']}:{hub['id']}"
        found |= {name, *([f"{name}@{hub['revision']}"] if "revision" in hub else [])}
    for purl in identity.get("purls", ()):
        name = repository_of_purl(purl)
        revision = purl.partition("?")[0].partition("#")[0].partition("@")[2]
        found |= {name, *([f"{name}@{revision}"] if revision else [])} if name else set()
    return frozenset(found)


def files_of(marks: frozenset[str]) -> frozenset[str]:
    """Of some marks those that are digests of files or of weights."""
    return frozenset(mark for mark in marks if mark.startswith(("sha256:", "blake3:")))
