"""By what weights and data are recognised: digests, and repositories on a hub.

A mark is ``sha256:...`` (a file, or any digest of a record's identity), ``huggingface:org/name``, or the same with
``@revision``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from stemma.advisories import repository_of_purl
from stemma.registry.interface import RecordStore

_DIGEST_MARKS = ("sha256:", "blake3:")
DIGESTS = ("root", "tensors", "fingerprint")


def marks_in(data: Mapping[str, Any]) -> frozenset[str]:
    """Everything by which the identity that a record writes says it can be recognised."""
    identity: Any = data.get("identity") or {}
    found = {f"sha256:{file['sha256']}" for file in identity.get("files", ()) if "sha256" in file}
    found |= {identity[key] for key in DIGESTS if key in identity}
    for hub in identity.get("hubs", ()):
        name = f"{hub['hub']}:{hub['id']}"
        found |= {name, *([f"{name}@{hub['revision']}"] if "revision" in hub else [])}
    for purl in identity.get("purls", ()):
        name = repository_of_purl(purl)
        revision = purl.partition("?")[0].partition("#")[0].partition("@")[2]
        found |= {name, *([f"{name}@{revision}"] if revision else [])} if name else set()
    return frozenset(found)


def owners_of(publisher: str, marks: Iterable[str]) -> frozenset[str]:
    """The publisher, and the accounts on hubs that marks name, in lower case."""
    places = [mark.partition(":")[2] for mark in marks if not mark.startswith(_DIGEST_MARKS)]
    accounts = {place.partition("/")[0].casefold() for place in places if "/" in place}
    return frozenset(accounts | ({publisher.casefold()} if publisher else set()))


def without_revision(mark: str) -> str:
    """A repository for one of its revisions, any other mark as it is: what is looked up."""
    return mark if mark.startswith(_DIGEST_MARKS) else mark.partition("@")[0]


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
