"""A whole registry as a directory for version control: records where ``RecordDirectory`` has them, the rest as sorted
JSON lines in ``_registry/``. For a team: what is no record is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stemma.errors import InputError
from stemma.identity import Version
from stemma.records import Record, parse_record
from stemma.registry.audit import digest_of
from stemma.registry.directory import SUFFIX, RecordDirectory
from stemma.registry.journal import HOME, Journal
from stemma.registry.memory import TableRegistry, put_action, taken
from stemma.registry.table_files import KINDS, changed_tables, read_tables, table_file
from stemma.registry.tables import Clock, Tables

_Signature = tuple[tuple[int, int, int], ...]


class DirectoryRegistry(TableRegistry):
    """Implements :class:`stemma.registry.Registry`. ``clock`` tells the time to the audit log."""

    def __init__(self, path: Path, clock: Clock, actor: str = "") -> None:
        self.path = path
        self._journal = Journal(path)
        self._signature: _Signature | None = None
        self._loaded = Tables()
        self._records = DirectoryRecords(self)
        super().__init__(self._records, clock, actor)
        if self._journal.unfinished:
            with self._journal.locked():  # ends what a process that died had begun
                pass

    @property
    def tables(self) -> Tables:
        """What is no record, as it is on disk now, or as the transaction has it."""
        if not self._depth and self._signature != self._sign():
            with self._journal.locked():
                self._load()
            self._records.forget()
        return self._loaded

    @tables.setter
    def tables(self, tables: Tables) -> None:
        self._loaded = tables

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block, or nothing; other processes wait."""
        if self._depth:
            yield
            return
        with self._journal.locked():
            self._load()
            self._before = self._loaded.copy()
            self._records.forget()
            with super().transaction():
                yield

    def commit(self) -> None:
        """Write what changed, all at once."""
        files: dict[str, str | None] = dict(self._records.staged())
        changed = changed_tables(self._before, self._loaded)
        files |= {f"{HOME}/{table_file(name)}": text for name, text in changed.items()}
        if files:
            self._journal.change(files)
        self._signature = self._sign()
        self._records.forget()

    def undo(self) -> None:
        """Nothing was written."""
        self._records.forget()
        super().undo()

    def _load(self) -> None:
        signature = self._sign()
        if self._signature != signature:
            self._loaded = read_tables(self._journal.home)
            self._signature = signature

    def _sign(self) -> _Signature:
        return tuple(_stamp(self._journal.home / table_file(name)) for name in KINDS)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


class DirectoryRecords:
    """The records of a directory, with what the transaction has changed. Implements ``RecordStore``."""

    def __init__(self, registry: DirectoryRegistry) -> None:
        self._registry = registry
        self.directory = RecordDirectory(registry.path)
        self._changed: dict[str, dict[Version, str | None]] = {}

    def names(self) -> Sequence[str]:
        """Every name, sorted."""
        on_disk = self.directory.names() if self._registry.path.is_dir() else ()
        return sorted(name for name in {*on_disk, *self._changed} if self.versions(name))

    def versions(self, name: str) -> Sequence[Version]:
        """Every version of a name, ascending."""
        changed = self._changed.get(name, {})
        on_disk = self.directory.versions(name) if self._registry.path.is_dir() else ()
        return sorted({*on_disk, *changed} - {version for version, text in changed.items() if text is None})

    def file(self, name: str, version: Version) -> Path:
        """Where a record lies, or would."""
        return self.directory.file(name, version)

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none, InvalidRecord where it breaks the rules."""
        if version in self._changed.get(name, ()):
            return parse_record(self.text(name, version), f"{name}/{name}-{version}{SUFFIX}")
        return self.directory.get(name, version)

    def text(self, name: str, version: Version) -> str:
        """A record as it was written; raises KeyError where there is none."""
        if version not in self._changed.get(name, ()):
            return self.directory.text(name, version)
        text = self._changed[name][version]
        if text is None:
            raise KeyError((name, version))
        return text

    def texts(self) -> Iterator[tuple[str, Version, str]]:
        """Name, version and text of every record, by name, then version as text."""
        for name in self.names():
            for version in sorted(self.versions(name), key=str):
                yield name, version, self.text(name, version)

    def put(self, text: str, *, replace: bool = False) -> Record:
        """Add a record. Raises as ``RecordStore.put``; StemmaError where it cannot be written."""
        record = parse_record(text)
        with self._registry.transaction():
            there = record.version in self.versions(record.name)
            if there and self.text(record.name, record.version) == text:
                return self.get(record.name, record.version)
            if there and not replace:
                raise taken(record, f": {self.file(record.name, record.version)}")
            self._change(record.name, record.version, text)
            self._registry.audit.append(put_action(there), record.key, digest_of(text))
        return self.get(record.name, record.version)

    def remove(self, name: str, version: Version) -> None:
        """Take a record out; raises KeyError where there is none."""
        with self._registry.transaction():
            if version not in self.versions(name):
                raise KeyError((name, version))
            self._change(name, version, None)
            self._registry.audit.append("record.remove", f"{name}@{version}")

    def staged(self) -> dict[str, str | None]:
        """What the transaction changes, by place."""
        return {
            f"{name}/{name}-{version}{SUFFIX}": text
            for name, versions in self._changed.items()
            for version, text in versions.items()
        }

    def forget(self) -> None:
        """Look at the disk again, and at no transaction."""
        self._changed.clear()
        self.directory = RecordDirectory(self._registry.path)
        self._registry.forget()

    def _change(self, name: str, version: Version, text: str | None) -> None:
        self._changed.setdefault(name, {})[version] = text
        self._registry.forget()


def require_directory(path: Path) -> None:
    """Raises InputError where there is no directory."""
    if not path.is_dir():
        raise InputError(f"There is no directory {path}.", advice="Make it with: stemma registry init DIRECTORY")
