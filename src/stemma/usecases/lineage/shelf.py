"""Where the weights of a record are at hand, and which record a fingerprint of the catalog belongs to.

Looked at in this order: what the caller names (``--weights NAME=MODEL``), a stored fingerprint of the catalog, the
repository that the record's identity names, read by range. A stored fingerprint belongs to a record where the record
says so by digest, where it goes by the record's ``name@version``, or by its name alone while there is one version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stemma.catalog import Catalog
from stemma.catalog.names import name_from_label
from stemma.errors import InputError, SourceError
from stemma.fingerprint import SUFFIX
from stemma.identity import HubReference, Missing, PathReference, Version, is_present, parse_reference
from stemma.lineage import MODEL, is_held, model_key, name_of
from stemma.lineage.keys import version_text
from stemma.records import Record
from stemma.registry import Registry
from stemma.registry.edges import Basis
from stemma.usecases.lineage.rulings import Known
from stemma.usecases.models import FingerprintResult, fingerprint
from stemma.usecases.settings import Work

HUB = "huggingface"


class Shelf:
    """Fingerprints of subjects, each found once."""

    def __init__(
        self, registry: Registry, catalog: Catalog | None, named: Mapping[str, str], work: Work, *, network: bool
    ) -> None:
        self._registry, self._named, self._work, self._network = registry, named, work, network
        self.catalog = catalog if catalog is not None and catalog.exists and catalog.size else None
        self.marks = registry.identities
        self._entries = {} if self.catalog is None else {entry.name: entry for entry in self.catalog.entries()}
        self._found: dict[str, Known | Missing] = {}
        self._told: dict[str, Record] = {}

    def tell(self, record: Record) -> None:
        """Of a record that the registry need not hold."""
        self._told[record.key] = record

    def known(self, key: str) -> Known | Missing:
        """The fingerprint of a subject; Missing says why there is none."""
        if key not in self._found:
            found = self._find(key)
            self._found[key] = found if isinstance(found, Missing) else self._checked(found)
        return self._found[key]

    def read(self, key: str, reference: str) -> Known:
        """Fingerprint the model that is named for a subject.

        Raises:
            InputError, SourceError: it cannot be read.
        """
        return Known(key, fingerprint(reference, self._work), basis_of(reference))

    def subject_of(self, entry: str) -> str:
        """The key of the record that an entry of the catalog belongs to; ``model:ENTRY`` where there is none."""
        digest = str(self._entries[entry].digest) if entry in self._entries else ""
        stored = [found.subject for found in self._registry.fingerprints.with_digest(digest)] if digest else []
        marked = self.marks.bearers([digest, *_hub_marks(entry)])
        for keys in (stored, *marked.values()):
            records = [key for key in keys if is_held(key)]
            if len({name_of(key) for key in records}) == 1:  # who else names the same repository may be an impostor
                return max(records, key=lambda key: Version.parse(version_text(key)))
        return self._by_name(entry) or (stored[0] if stored else model_key(entry))

    def _by_name(self, entry: str) -> str:
        name, _, version = entry.partition("@")
        held = self._registry.graph.versions_of([name.lower()]).get(name.lower(), ())
        wanted = [each for each in held if str(each.version) == version] if version else list(held)
        return f"{name.lower()}@{wanted[0].version}" if len(wanted) == 1 else ""

    def _find(self, key: str) -> Known | Missing:
        reference = self._named.get(key) or self._named.get(name_of(key)) if name_of(key) else None
        if reference is not None:
            return self.read(key, reference)
        if key.startswith(MODEL):
            return self._tried(key, key.removeprefix(MODEL))
        stored = self._stored(key)
        if stored is not None:
            return stored
        return self._published(key) if is_held(key) else Missing(f"no version of {key} is in the registry")

    def _checked(self, known: Known) -> Known | Missing:
        """The same, unless all its files are others than the record names by digest: then it is not of the record."""
        record = self._record(known.key)
        stated = None if record is None else record.get("identity.files")
        entries = stated if isinstance(stated, list) else []
        named = {f"sha256:{file['sha256']}" for file in entries if isinstance(file, dict)}
        read = {str(file.sha256) for file in known.fingerprint.files if is_present(file.sha256)}
        if named and read and not named & read:
            return Missing(f"{known.result.reference} holds other files than those that {known.key} names by digest")
        return known

    def _record(self, key: str) -> Record | None:
        """The record of that key: one that was told of, or of the registry."""
        if key in self._told or not is_held(key):
            return self._told.get(key)
        name, version = name_of(key), Version.parse(version_text(key))
        return self._registry.records.get(name, version) if version in self._registry.records.versions(name) else None

    def _stored(self, key: str) -> Known | None:
        """The entry of the catalog that belongs to a record."""
        if self.catalog is None:
            return None
        candidates = [key, *(name for name in self._entries if name.lower() == name_of(key))]
        digests = {found.digest for found in self._registry.fingerprints.of(key)}
        if is_held(key):
            marks = self.marks.marks([key]).get(key, frozenset())
            digests |= {mark for mark in marks if mark.startswith("sha256:")}
            hubs = [mark.removeprefix(f"{HUB}:") for mark in sorted(marks) if mark.startswith(f"{HUB}:")]
            candidates += map(name_from_label, hubs)
        candidates = [name for name, entry in self._entries.items() if str(entry.digest) in digests] + candidates
        for name in candidates:
            if name in self._entries and self.subject_of(name) == key:
                found = FingerprintResult(name, self.catalog.get(name), {"seconds": 0.0, "bytes_read": 0})
                return Known(key, found, "fingerprint")
        return None

    def _published(self, key: str) -> Known | Missing:
        """The repository that the record names, read by range."""
        advice = f"name them with --weights {name_of(key)}=MODEL"
        record = self._record(key)
        reference = None if record is None else hub_reference(record.get("identity.hubs"))
        if reference is None:
            return Missing(f"the weights of {key} are not at hand: {advice}")
        if not self._network:
            return Missing(f"the weights of {key} are on the hub, which may not be used: {advice}")
        return self._tried(key, reference)

    def _tried(self, key: str, reference: str) -> Known | Missing:
        try:
            return self.read(key, reference)
        except (InputError, SourceError) as error:
            return Missing(f"the weights of {key} could not be read: {error.message}")


def basis_of(reference: str) -> Basis:
    """How a model that a reference names is read."""
    parsed = parse_reference(reference)
    if isinstance(parsed, PathReference):
        return "fingerprint" if parsed.path.suffix == SUFFIX else "weights"
    return "ranges"


def hub_reference(hubs: Any) -> str | None:
    """The reference of the first repository on the hub that an identity names; None where it names none."""
    entries = hubs if isinstance(hubs, list) else []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("hub") == HUB:
            return str(HubReference(str(entry["id"]), entry.get("revision") or None))
    return None


def _hub_marks(entry: str) -> Sequence[str]:
    """An entry that goes by a repository, ``org--name@revision``, as marks; the more exact first."""
    name, at, revision = entry.partition("@")
    owner, dashes, rest = name.partition("--")
    if not dashes:
        return ()
    mark = f"{HUB}:{owner}/{rest}"
    return (f"{mark}@{revision}",) if at else (mark,)
