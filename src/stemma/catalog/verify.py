"""Whether a catalog is sound, and how to make it sound again: the files of the fingerprints decide."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from stemma.catalog.files import TEMPORARY, clear_errors, locked
from stemma.catalog.interface import Entry, Fault, FaultKind, Repair
from stemma.catalog.journal import FILE, Head, Journal
from stemma.catalog.names import file_name, name_of_file
from stemma.catalog.store import Item, Store, digest_of
from stemma.catalog.vectors import checked_vector, map_rows
from stemma.errors import InputError, StemmaError
from stemma.fingerprint import Fingerprint, from_bytes
from stemma.fingerprint.store import LIMIT


def find_faults(store: Store) -> tuple[Fault, ...]:
    """Everything that is wrong, in the order it is found; none for a sound catalog.

    Raises:
        InputError: there is no catalog at all.
    """
    _require(store)
    try:
        journal = store.journal()
    except StemmaError as error:
        return (Fault(FaultKind.INDEX, FILE, str(error)), *_loose_files(store, None))
    return tuple(_index_faults(store, journal)) + tuple(_loose_files(store, journal))


def rebuild(store: Store) -> Repair:
    """Write the index anew from the files.

    Entries whose file is intact are kept; intact files that the index does not know are taken in, unless their name
    is taken; the rest is dropped from the index. Damaged files stay where they are.

    Raises:
        InputError: there is no catalog, or no intact fingerprint in it.
    """
    _require(store)
    with locked(store.directory):
        try:
            before: Journal | None = store.journal()
        except StemmaError:
            before = None
        kept, dropped = _intact_entries(store, before)
        schema = before.head.schema if before is not None and kept else None
        adopted, refused = _intact_files(store, {item.name for item, _ in kept}, schema)
        items = sorted([item for item, _ in (*kept, *adopted)], key=lambda item: item.name)
        first = next(iter((*kept, *adopted)), None)
        if first is None:
            raise InputError(f"{store.directory} holds no intact fingerprint.", advice="Import or add them again.")
        head = Head(first[1], len(first[0].vector), _next_generation(store))
        store.begin(head, items)
        _sweep(store)
    return Repair(tuple(i.name for i, _ in kept), tuple(i.name for i, _ in adopted), (*dropped, *refused))


def _require(store: Store) -> None:
    with clear_errors(store.directory, "read"):
        if not store.index.exists() and not store.folder.is_dir():
            raise InputError(f"There is no catalog at {store.directory}.", advice="Make one with `stemma catalog add`.")


def _index_faults(store: Store, journal: Journal) -> Iterator[Fault]:
    if journal.torn:
        yield Fault(FaultKind.INDEX, FILE, f"{journal.torn} bytes of a write that was cut off stand at its end")
    try:
        vectors = map_rows(store.directory / journal.head.vectors, journal.rows, journal.head.length)
    except StemmaError as error:
        yield Fault(FaultKind.INDEX, journal.head.vectors, str(error))
        vectors = None
    for name in sorted(journal.entries):
        entry = journal.entries[name]
        found = _loaded(store, entry)
        if isinstance(found, Fault):
            yield found
        elif found.schema != journal.head.schema or found.sketch.size != journal.head.length:
            yield Fault(FaultKind.WRONG_SCHEMA, name, f"it follows {found.schema}, the index {journal.head.schema}")
        elif vectors is not None and not np.array_equal(vectors[entry.row], found.sketch):
            yield Fault(FaultKind.WRONG_VECTOR, name, "its search vector in the index is not that of its file")


def _loaded(store: Store, entry: Entry) -> Fingerprint | Fault:
    path = store.file(entry)
    if not path.is_file():
        return Fault(FaultKind.MISSING_FILE, entry.name, f"{path.name} is gone")
    try:
        data = store.read(entry)
    except StemmaError as error:
        return Fault(FaultKind.WRONG_DIGEST, entry.name, str(error))
    try:
        return from_bytes(data, path.name)
    except StemmaError as error:
        return Fault(FaultKind.UNREADABLE, entry.name, str(error))


def _loose_files(store: Store, journal: Journal | None) -> Iterator[Fault]:
    """Files that no entry points to."""
    known = set() if journal is None else {store.file(entry).name for entry in journal.entries.values()}
    schema = journal.head.schema if journal is not None and journal.entries else None
    for path in _files(store):
        if path.name in known:
            continue
        name = name_of_file(path.name)
        if name is None:
            yield Fault(FaultKind.STRAY, path.name, "no fingerprint of a catalog is called so; it is left alone")
        elif isinstance(found := _adopted(path, name, schema), Fault):
            yield replace(found, detail=f"{found.detail}; the index does not know it, and it is left alone")
        else:
            yield Fault(
                FaultKind.NOT_INDEXED,
                path.name,
                "the index does not know it; a repair takes it in where its name is free",
            )
    with clear_errors(store.directory, "read"):
        for path in sorted(store.directory.glob(f"{TEMPORARY}*")):
            yield Fault(FaultKind.STRAY, path.name, "a write that was cut off left it; a repair removes it")


def _files(store: Store) -> list[Path]:
    with clear_errors(store.folder, "read"):
        return sorted(store.folder.iterdir()) if store.folder.is_dir() else []


def _intact_entries(store: Store, before: Journal | None) -> tuple[list[tuple[Item, str]], list[Fault]]:
    kept: list[tuple[Item, str]] = []
    dropped: list[Fault] = []
    for name, entry in sorted(before.entries.items() if before is not None else ()):
        found = _loaded(store, entry)
        if isinstance(found, Fault):
            dropped.append(found)
        elif before is not None and found.schema != before.head.schema:
            dropped.append(Fault(FaultKind.WRONG_SCHEMA, name, f"it follows {found.schema}"))
        else:
            kept.append((Item(name, entry.digest, entry.size, found.sketch), found.schema))
    return kept, dropped


def _intact_files(store: Store, taken: set[str], schema: str | None) -> tuple[list[tuple[Item, str]], list[Fault]]:
    """Files outside the index whose content is what their name says; of two with one name the younger."""
    adopted: list[tuple[Item, str]] = []
    refused: list[Fault] = []
    for path in sorted(_files(store), key=lambda p: (-p.lstat().st_mtime_ns, p.name)):
        name = name_of_file(path.name)
        if name is None or name in taken:
            continue
        found = _adopted(path, name, schema)
        if isinstance(found, Fault):
            refused.append(found)
        else:
            adopted.append(found)
            taken.add(name)
            schema = found[1]
    return sorted(adopted, key=lambda pair: pair[0].name), refused


def _adopted(path: Path, name: str, schema: str | None) -> tuple[Item, str] | Fault:
    try:
        with clear_errors(path, "read"), path.open("rb") as stream:
            data = stream.read(LIMIT + 1)
        digest = digest_of(data)
        if len(data) > LIMIT or path.name != file_name(name, digest):
            return Fault(FaultKind.WRONG_DIGEST, path.name, f"its content is {digest}")
        found = from_bytes(data, path.name)
        item = Item(name, digest, len(data), checked_vector(found.sketch, path.name))
    except StemmaError as error:
        return Fault(FaultKind.UNREADABLE, path.name, str(error))
    if schema is not None and found.schema != schema:
        return Fault(FaultKind.WRONG_SCHEMA, path.name, f"it follows {found.schema}")
    return item, found.schema


def _next_generation(store: Store) -> int:
    numbers = [path.stem.removeprefix("vectors-") for path in store.directory.glob("vectors-*.f32")]
    return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)


def _sweep(store: Store) -> None:
    """Remove what writes that were cut off left; the holder of the lock is the only writer."""
    with clear_errors(store.directory, "written"):
        for path in store.directory.glob(f"{TEMPORARY}*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
