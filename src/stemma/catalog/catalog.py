"""The catalog: a directory of fingerprints that one can scan against."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.catalog.archive import read_archive, write_archive
from stemma.catalog.batch import batch
from stemma.catalog.files import locked
from stemma.catalog.interface import Addition, Entry, Fault, Match, Repair, Summary, VectorIndex
from stemma.catalog.journal import Journal
from stemma.catalog.names import checked_name, name_from_label
from stemma.catalog.search import ExactIndex
from stemma.catalog.store import Store
from stemma.catalog.summary import summary_of
from stemma.catalog.vectors import map_rows
from stemma.catalog.verify import find_faults, rebuild
from stemma.errors import InputError, MalformedFile, SourceChanged, StemmaError
from stemma.fingerprint import Fingerprint, from_bytes, to_bytes
from stemma.weights.local import LocalFile


class Catalog:
    """The fingerprints in ``directory``. Nothing is read or made until it is asked for.

    Reading needs no lock; writers in any number of processes take turns. A change happens whole or not at all. Every
    method raises StemmaError where the directory cannot be read or written, MalformedFile where its index is damaged.
    """

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)
        self._store = Store(self.directory)
        self._index: tuple[Journal, VectorIndex] | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a catalog; the first addition makes one, and reading what is not there is an InputError."""
        return self._store.exists

    @property
    def size(self) -> int:
        """How many fingerprints it holds."""
        return len(self._store.journal().entries)

    @property
    def schema(self) -> str:
        """The fingerprint schema that all entries follow."""
        return self._store.journal().head.schema

    def names(self) -> tuple[str, ...]:
        """Names of the entries, sorted."""
        return tuple(sorted(self._store.journal().entries))

    def entries(self) -> tuple[Entry, ...]:
        """The entries, sorted by name."""
        held = self._store.journal().entries
        return tuple(held[name] for name in sorted(held))

    def add(self, fingerprint: Fingerprint, *, name: str | None = None, replace: bool = False) -> Addition:
        """Add one fingerprint, under its label made safe unless ``name`` is given; the same one twice changes nothing.

        Raises:
            InputError: the name is no name, or is taken by other content and ``replace`` is not set.
            IncompatibleFingerprint: the catalog holds another schema.
        """
        return self.add_all([(name, fingerprint)], replace=replace)[0]

    def add_all(
        self, fingerprints: Iterable[tuple[str | None, Fingerprint]], *, replace: bool = False
    ) -> tuple[Addition, ...]:
        """Add ``(name or None, fingerprint)`` in one change: all or none. Raises as :meth:`add` does."""
        with batch(self._store, replace=replace) as change:
            for name, fingerprint in fingerprints:
                chosen = name_from_label(fingerprint.label) if name is None else checked_name(name)
                change.put(chosen, fingerprint, to_bytes(fingerprint))
            return change.commit()

    def remove(self, name: str) -> Entry:
        """Remove an entry and its file; returns what it was. Raises InputError if there is none of that name."""
        _entry(self._store.journal(), name, self.directory)
        with locked(self.directory):
            before = self._store.journal()
            entry = _entry(before, name, self.directory)
            self._store.append(before, (), [name])
            self._store.file(entry).unlink(missing_ok=True)
        return entry

    def get(self, name: str) -> Fingerprint:
        """The fingerprint of that name, checked against its digest.

        Raises:
            InputError: there is none of that name.
            MalformedFile: its file is damaged.
            SourceChanged: its file is gone.
        """
        entry = _entry(self._store.journal(), name, self.directory)
        try:
            data = self._store.read(entry)
        except SourceChanged:
            now = _entry(self._store.journal(), name, self.directory)
            if now == entry:
                raise
            data = self._store.read(now)
        return from_bytes(data, self._store.file(entry).name)

    def show(self, name: str) -> Summary:
        """The facts of an entry, from the head of its file. Raises as :meth:`get` does, but for the digest."""
        entry = _entry(self._store.journal(), name, self.directory)
        return summary_of(entry, self._store.file(entry))

    def search(self, vector: NDArray[np.floating[Any]], limit: int) -> tuple[Match, ...]:
        """The ``limit`` entries whose search vectors are most similar to ``vector`` (a fingerprint's ``sketch``).

        Exact, most similar first, equal ones by name.

        Raises:
            InputError: ``vector`` has another length, is zero or not finite, or ``limit`` is below 1.
        """
        return self._vector_index().search(vector, limit)

    def export(self, path: Path | str) -> int:
        """Write the whole catalog to one file, the same bytes for the same entries; returns their number.

        Raises:
            MalformedFile, SourceChanged: an entry's file is damaged or gone; nothing is written.
        """
        journal = self._store.journal()
        write_archive(Path(path), journal.head.schema, journal.entries.values(), self._store.read)
        return len(journal.entries)

    def import_(self, path: Path | str, *, replace: bool = False) -> tuple[Addition, ...]:
        """Add every fingerprint of an exported file in one change: all or none.

        Raises:
            MalformedFile, UnsafeFile, LimitExceeded: the file is damaged or hostile.
            InputError, IncompatibleFingerprint: as :meth:`add` does.
        """
        source = LocalFile(Path(path), Path(path).name)
        schema, contents = read_archive(source)
        with batch(self._store, replace=replace) as change:
            for name, data in contents:
                fingerprint = from_bytes(data, f"{source.name}: {name}")
                if fingerprint.schema != schema:
                    raise MalformedFile(f"{source.name}: {name}", f"the schema {fingerprint.schema}", schema)
                change.put(name, fingerprint, data)
            return change.commit()

    def verify(self) -> tuple[Fault, ...]:
        """Everything that is wrong with it; empty for a sound catalog. Every file is read and decoded.

        Raises:
            InputError: there is no catalog.
        """
        return find_faults(self._store)

    def repair(self) -> Repair:
        """Write the index anew from the intact files; see :func:`stemma.catalog.verify.rebuild`."""
        self._index = None
        return rebuild(self._store)

    def _vector_index(self) -> VectorIndex:
        try:
            return self._indexed(self._store.journal())
        except StemmaError:
            # A repair in another process may have moved the vectors between the two reads.
            return self._indexed(self._store.journal())

    def _indexed(self, journal: Journal) -> VectorIndex:
        if self._index is not None and self._index[0] is journal:
            return self._index[1]
        vectors = map_rows(self.directory / journal.head.vectors, journal.rows, journal.head.length)
        names: list[str | None] = [None] * journal.rows
        for entry in journal.entries.values():
            names[entry.row] = entry.name
        index = ExactIndex(vectors, names)
        self._index = journal, index
        return index


def _entry(journal: Journal, name: str, directory: Path) -> Entry:
    entry = journal.entries.get(name)
    if entry is None:
        raise InputError(
            f"The catalog at {directory} holds no {name[:80]!r}.", advice="See its names with: stemma catalog list."
        )
    return entry
