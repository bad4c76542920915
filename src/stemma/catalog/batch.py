"""One change of a catalog: files are staged and checked one by one, then all of them count, or none."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stemma.catalog.files import TEMPORARY, clear_errors, locked, new_file, write_all
from stemma.catalog.interface import Addition, Change, Entry
from stemma.catalog.journal import Head, Journal
from stemma.catalog.store import Item, Store, digest_of
from stemma.catalog.vectors import checked_vector
from stemma.errors import IncompatibleFingerprint, InputError, LimitExceeded
from stemma.fingerprint import Fingerprint
from stemma.fingerprint.store import LIMIT


class Batch:
    """What is to be added under one lock; ``replace`` allows names that are taken."""

    def __init__(self, store: Store, before: Journal | None, replace: bool) -> None:
        self.store, self.before, self.replace = store, before, replace
        self._held = {} if before is None else before.entries
        # Names that differ by case alone are one file on some disks.
        self._folded: dict[str, Entry | Item] = {name.casefold(): entry for name, entry in self._held.items()}
        self._head: Head | None = before.head if before is not None and before.entries else None
        self._is_new = self._head is None
        self._items: list[Item] = []
        self._changes: dict[str, Change] = {}
        self._staging: Path | None = None

    def put(self, name: str, fingerprint: Fingerprint, data: bytes) -> None:
        """Stage ``fingerprint``, whose file is ``data``, under ``name``.

        Raises:
            InputError: the name is taken by other content.
            IncompatibleFingerprint: the catalog holds another schema.
            LimitExceeded: the file is larger than a fingerprint may be.
        """
        if len(data) > LIMIT:
            raise LimitExceeded(
                f"{name} has {len(data)} bytes, a catalog takes at most {LIMIT}.",
                advice="Fingerprint the model again with this version of Stemma.",
            )
        self._check_schema(name, fingerprint)
        item = Item(name, digest_of(data), len(data), checked_vector(fingerprint.sketch, name))
        change = self._change(item)
        if change is not Change.UNCHANGED:
            with new_file(self._staged(item)) as handle:
                write_all(handle, data)
            self._items.append(item)
            self._folded[name.casefold()] = item
        self._changes.setdefault(name, change)

    def commit(self) -> tuple[Addition, ...]:
        """Make everything put count, in one step."""
        if self._items:
            self._write()
        entries = self.store.journal().entries if self._changes else {}
        return tuple(Addition(entries[name], change) for name, change in self._changes.items())

    def discard(self) -> None:
        """Remove what is still staged."""
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)

    def _check_schema(self, name: str, fingerprint: Fingerprint) -> None:
        length = int(fingerprint.sketch.size)
        if self._head is None:
            generation = self.before.head.generation + 1 if self.before is not None else 1
            self._head = Head(fingerprint.schema, length, generation)
        elif (self._head.schema, self._head.length) != (fingerprint.schema, length):
            raise IncompatibleFingerprint(
                f"{name} follows the schema {fingerprint.schema},"
                f" the catalog at {self.store.directory} holds {self._head.schema}.",
                advice="Fingerprint the model again with this version of Stemma, or keep a second catalog.",
            )

    def _change(self, item: Item) -> Change:
        taken = self._folded.get(item.name.casefold())
        if taken is None:
            return Change.ADDED
        if taken.name == item.name and taken.digest == item.digest:
            return Change.UNCHANGED
        if taken.name != item.name or not self.replace or item.name in self._changes:
            raise InputError(
                f"The name {item.name!r} is taken:"
                f" the catalog holds {taken.name!r} with {taken.digest}, this is {item.digest}.",
                advice="Give another one with --name"
                + (", or replace what is there with --replace." if taken.name == item.name else "."),
            )
        return Change.REPLACED

    def _staged(self, item: Item) -> Path:
        if self._staging is None:
            staging = self.store.directory / f"{TEMPORARY}{secrets.token_hex(8)}"
            with clear_errors(staging, "written"):
                staging.mkdir()
            self._staging = staging
        return self._staging / self.store.file(item).name

    def _write(self) -> None:
        if self._is_new and self._head is not None:
            self.store.begin(self._head)
        before = self.store.journal()
        placed: list[Path] = []
        try:
            with clear_errors(self.store.folder, "written"):
                for item in self._items:
                    path = self.store.file(item)
                    self._staged(item).replace(path)
                    placed.append(path)
            self.store.append(before, self._items)
        except BaseException:
            for path in placed:
                path.unlink(missing_ok=True)
            raise
        for item in self._items:
            old = before.entries.get(item.name)
            if old is not None:
                self.store.file(old).unlink(missing_ok=True)


@contextmanager
def batch(store: Store, *, replace: bool) -> Iterator[Batch]:
    """A batch under the catalog's lock; what was not committed at its end is discarded."""
    with locked(store.directory):
        change = Batch(store, store.journal() if store.exists else None, replace)
        try:
            yield change
        finally:
            change.discard()
