"""A catalog's directory: what lies in it, and how it is read without a lock.

```
index.jsonl              what counts (see stemma.catalog.journal)
vectors-000001.f32       the search vectors, a row a fingerprint added
fingerprints/NAME.DIGEST.stemma
lock                     held while writing
```

Fingerprint files are never overwritten and vectors only appended, so the one write to the index is the moment of
change: whatever is cut off before it leaves files that nothing points to, and the catalog as it was.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from stemma.catalog.files import clear_errors, new_file, sync_directory, write_all
from stemma.catalog.interface import Entry
from stemma.catalog.journal import FILE, Head, Journal, change_line, head_line, read_journal
from stemma.catalog.names import file_name
from stemma.catalog.vectors import Array, write_rows
from stemma.errors import InputError, LimitExceeded, MalformedFile, SourceChanged
from stemma.fingerprint.store import LIMIT
from stemma.identity import Digest
from stemma.immutable import immutable

FOLDER = "fingerprints"
VERIFY_ADVICE = "See what else is wrong with: stemma catalog verify."


@immutable(eq=False)
class Item:
    """What the index says of a fingerprint file, and its search vector."""

    name: str
    digest: Digest
    size: int
    vector: Array


def digest_of(data: bytes) -> Digest:
    """SHA-256 of a file's bytes: its content address."""
    return Digest("sha256", hashlib.sha256(data).hexdigest())


class Store:
    """The files of the catalog at ``directory``; what changes them is for the holder of the lock."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.folder = directory / FOLDER
        self.index = directory / FILE
        self._journal: Journal | None = None

    @property
    def exists(self) -> bool:
        """Whether there is an index."""
        with clear_errors(self.index, "read"):
            return self.index.exists()

    def journal(self) -> Journal:
        """The index as it stands on disk.

        Raises:
            InputError: there is no catalog at the directory.
            MalformedFile: the index is damaged.
        """
        if not self.exists:
            raise InputError(
                f"There is no catalog at {self.directory}.",
                advice="Make one with `stemma catalog add`, or import one with `stemma catalog import`.",
            )
        self._journal = read_journal(self.index, self._journal)
        return self._journal

    def file(self, entry: Entry | Item) -> Path:
        """Where a fingerprint lies."""
        return self.folder / file_name(entry.name, entry.digest)

    def read(self, entry: Entry) -> bytes:
        """The bytes of an entry's fingerprint, checked against the index.

        Raises:
            MalformedFile: the file has another size or digest.
            SourceChanged: the file is gone.
        """
        path = self.file(entry)
        if entry.size > LIMIT:
            raise LimitExceeded(f"{path} has {entry.size} bytes, at most {LIMIT} are read.", advice=VERIFY_ADVICE)
        with clear_errors(path, "read"):
            try:
                with path.open("rb") as stream:
                    data = stream.read(entry.size + 1)
            except FileNotFoundError as error:
                raise SourceChanged(f"{path} is gone.", advice=VERIFY_ADVICE) from error
        if len(data) != entry.size or digest_of(data) != entry.digest:
            raise MalformedFile(str(path), "other content", str(entry.digest), advice=VERIFY_ADVICE)
        return data

    def begin(self, head: Head, items: Sequence[Item] = ()) -> None:
        """Write the index anew, over ``items`` whose files are in place."""
        with clear_errors(self.directory, "written"):
            self.folder.mkdir(exist_ok=True)
            (self.directory / head.vectors).unlink(missing_ok=True)
        write_rows(self.directory / head.vectors, 0, [item.vector for item in items])
        with new_file(self.index) as handle:
            write_all(handle, head_line(head))
            if items:
                write_all(handle, change_line((i.name, i.digest, i.size) for i in items))
        with clear_errors(self.directory, "written"):
            sync_directory(self.directory)
            for old in self.directory.glob("vectors-*.f32"):
                if old.name != head.vectors:
                    old.unlink(missing_ok=True)

    def append(self, before: Journal, items: Sequence[Item], removed: Sequence[str] = ()) -> None:
        """Add ``items``, whose files are in place, and remove names, in one step."""
        write_rows(self.directory / before.head.vectors, before.rows, [item.vector for item in items])
        line = change_line(((i.name, i.digest, i.size) for i in items), removed)
        with clear_errors(self.index, "written"):
            sync_directory(self.folder)
            handle = os.open(self.index, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                os.ftruncate(handle, before.end)
                os.lseek(handle, before.end, os.SEEK_SET)
                try:
                    write_all(handle, line)
                    os.fsync(handle)
                except BaseException:
                    os.ftruncate(handle, before.end)
                    raise
            finally:
                os.close(handle)
