"""Build a site out of a whole registry; pages that would come out the same are left alone.

1. Read and resolve every record, and turn relations round, so that each knows what is made from it.
2. For each record, digest what its page is made of; render and write only where that digest is new.
3. Write the list and the manifest last, then take away files that the last build made and this one did not.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stemma.errors import InputError, StemmaError
from stemma.identity import Missing, parse_requirement
from stemma.immutable import immutable
from stemma.publish.graph import dot_document
from stemma.publish.record import lineage_graph, record_json, record_view
from stemma.publish.site import (
    INDEX,
    MANIFEST,
    Addresses,
    Manifest,
    SiteEntry,
    code_digest,
    entries_json,
    history_page,
    index_page,
    read_manifest,
    record_files,
    site_entry,
)
from stemma.records import Record, Relation, ResolvedRecord, Resolver, Survey, choose, shipped_surveys
from stemma.usecases.registry import Chosen, open_registry, sets_beside

if TYPE_CHECKING:
    from stemma.registry import RecordStore

Progress = Callable[[int, int], None]  # records done, records in all


@immutable
class SiteReport:
    """What a build did, in files."""

    records: int
    written: int
    unchanged: int
    removed: int


def build_site(
    registry: Chosen, out: Path, *, title: str = "Model records", progress: Progress = lambda done, total: None
) -> SiteReport:
    """Build the site of a registry into ``out``, which is made, or was made by an earlier build.

    Raises:
        InputError: a record breaks the rules, or ``out`` holds something that is no site.
        UnresolvedRecord: records run in a circle.
        StemmaError: a file could not be written.
    """
    store = open_registry(registry)
    records = read_all(store)
    if not records:
        raise InputError("There are no records to publish.", advice="Name the directory that holds them.")
    before = _earlier(out)
    writer = _Writer(out, before)
    site = _Site(store, records, sets_beside(store))
    for done, resolved in enumerate(site.resolved()):
        _record(site, writer, resolved)
        progress(done + 1, len(records))
    for name in dict.fromkeys(record.name for record in records):
        place, text = history_page(site.history(name), site.addresses)
        writer.put(place, text)
    entries = site.entries()
    writer.put(INDEX, index_page(entries, site.addresses, title))
    writer.put("index.json", entries_json(entries))
    return writer.finish(len(records))


def read_all(store: RecordStore) -> list[Record]:
    """Every version of every name, by name, newest first. Raises as the store does for a record it cannot read."""
    return [
        store.get(name, version) for name in store.names() for version in sorted(store.versions(name), reverse=True)
    ]


class _Site:
    """The records of a site with what leads to each."""

    def __init__(self, store: RecordStore, records: Sequence[Record], sets: Mapping[str, Survey]) -> None:
        self.sets = sets
        self.told_of_sets = str([*sets.values()][len(shipped_surveys()) :])  # those that ship are part of the code
        self.resolver = Resolver(store, dangling="report")
        self.addresses = Addresses([record.key for record in records])
        self._store, self._records = store, records
        self._histories: dict[str, list[Record]] = defaultdict(list)
        self._downstream: dict[str, list[tuple[Record, Relation]]] = defaultdict(list)
        self._entries: dict[str, SiteEntry] = {}
        for record in records:
            self._histories[record.name].append(record)
            for edge in self.resolver.edges(record):
                if not isinstance(edge.target, Missing):
                    self._downstream[edge.target.key].append((record, edge.relation))

    def resolved(self) -> Iterator[ResolvedRecord]:
        """Every record resolved; the newest usable version of each name becomes its entry in the list."""
        newest = {name: self._newest(name).key for name in self._histories}
        for record in self._records:
            resolved = self.resolver.resolve(record)
            if newest[record.name] == record.key:
                self._entries[record.name] = site_entry(resolved, len(self._histories[record.name]))
            yield resolved

    def history(self, name: str) -> list[Record]:
        """All versions, newest first."""
        return self._histories[name]

    def downstream(self, key: str) -> list[tuple[Record, Relation]]:
        """What leads to a record."""
        return self._downstream.get(key, [])

    def entries(self) -> list[SiteEntry]:
        """The list, by title."""
        return sorted(self._entries.values(), key=lambda entry: (entry.title.casefold(), entry.name))

    def _newest(self, name: str) -> Record:
        return choose(self._store, parse_requirement(name)) or self._histories[name][0]


def _record(site: _Site, writer: _Writer, resolved: ResolvedRecord) -> None:
    record = resolved.record
    downstream = site.downstream(record.key)
    view = record_view(
        resolved,
        links=site.addresses.beside,
        versions=[each.key for each in site.history(record.name)],
        downstream=downstream,
        surveys=site.sets,
    )
    picture = lineage_graph(
        record, site.resolver.edges, up=1, downstream=downstream, links=site.addresses.beside, more="#downstream"
    )
    parts = (record_json(view), view.notice, view.versions, view.downstream, dot_document(picture), site.told_of_sets)
    told = "\0".join(map(str, parts))
    made = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
    if not writer.kept(record.key, made):
        for place, text in record_files(view, picture):
            writer.put(place, text, made)


class _Writer:
    """Writes what is new, whole or not at all, and keeps account."""

    def __init__(self, out: Path, before: Manifest) -> None:
        self._out = out
        self._before = before if before.code == code_digest() else Manifest()
        self._stale = set(before.pages)
        self._pages: dict[str, tuple[str, int]] = {}
        self._written = self._unchanged = 0
        self._folders: set[Path] = set()

    def kept(self, key: str, made: str) -> bool:
        """Whether all files of a record were made out of the same, and are still there; then they stay."""
        name, _, version = key.partition("@")
        places = [f"records/{name}/{version}{ending}" for ending in (".html", ".json", ".jsonld", ".md")]
        if not all(self._same(place, made) for place in places):
            return False
        for place in places:
            self._pages[place] = self._before.pages[place]
        self._unchanged += len(places)
        return True

    def put(self, place: str, text: str, made: str = "") -> None:
        """Write one file; where ``made`` is empty, what it is made of is its own text."""
        data = text.encode("utf-8", "backslashreplace")
        made = made or hashlib.sha256(data).hexdigest()
        if self._same(place, made):
            self._unchanged += 1
        else:
            self._write(place, data)
            self._written += 1
        self._pages[place] = (made, len(data))

    def finish(self, records: int) -> SiteReport:
        """Write the manifest, then take away what no page of this build is."""
        self._write(MANIFEST, Manifest(code_digest(), self._pages).text().encode())
        stale = sorted(self._stale - set(self._pages))
        for place in stale:
            (self._out / place).unlink(missing_ok=True)
        return SiteReport(records, self._written, self._unchanged, len(stale))

    def _same(self, place: str, made: str) -> bool:
        before = self._before.pages.get(place)
        if before is None or before[0] != made:
            return False
        file = self._out / place
        return file.is_file() and not file.is_symlink() and file.stat().st_size == before[1]

    def _write(self, place: str, data: bytes) -> None:
        target = self._out / place
        temporary = target.with_name(f".{secrets.token_hex(6)}")
        try:
            if target.parent not in self._folders:
                target.parent.mkdir(parents=True, exist_ok=True)
                self._folders.add(target.parent)
            try:
                temporary.write_bytes(data)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise StemmaError(
                f"{target} could not be written: {error.strerror or error}.", advice="Choose another directory."
            ) from error


def _earlier(out: Path) -> Manifest:
    """The manifest of an earlier build; an empty one for a directory that is new or empty."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return Manifest()
    file = out / MANIFEST
    found = read_manifest(file.read_text("utf-8", "replace")) if out.is_dir() and file.is_file() else None
    if found is None:
        raise InputError(
            f"{out} holds something that is no site.", advice="Name a new directory, or one that this command made."
        )
    return found
