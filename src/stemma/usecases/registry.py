"""Which registry is meant, and which record: shared by every use case about records.

A registry is named by a directory, ``sqlite:///PATH`` (or a file that ends in ``.db``) or ``postgresql://...``: what
was chosen, else what ``STEMMA_REGISTRY`` says, else the directory ``records``.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from stemma.errors import InputError
from stemma.identity import Version, parse_requirement
from stemma.immutable import immutable
from stemma.records import MemorySource, Record, RecordSource, Survey, parse_record, require, shipped_surveys
from stemma.registry import RecordDirectory
from stemma.registry.directory import SUFFIX, read_bounded, version_of
from stemma.registry.journal import HOME
from stemma.registry.question_sets import question_sets

if TYPE_CHECKING:
    from stemma.registry import DirectoryRegistry, RecordStore, Registry
    from stemma.registry.sql import SqlRegistry

ENVIRONMENT = "STEMMA_REGISTRY"
DEFAULT = Path("records")
Chosen = str | Path | None
_FILES = (".db", ".sqlite", ".sqlite3")


@immutable
class Located:
    """A record that was asked for: its text, and where its relations lead. ``file`` is where it lies, if in a file."""

    record: Record
    text: str
    source: RecordSource
    file: Path | None


def registry_place(chosen: Chosen) -> Path | str:
    """The directory, or the URL of the database, that is meant."""
    given = str(chosen or os.environ.get(ENVIRONMENT) or DEFAULT)
    if "://" in given:
        return given
    return f"sqlite:///{Path(given).resolve()}" if given.endswith(_FILES) and not Path(given).is_dir() else Path(given)


@contextmanager
def opened(chosen: Chosen = None, *, make: bool = False) -> Iterator[Registry]:
    """The whole registry, closed at the end.

    Args:
        chosen: a directory, or the URL or file of a database.
        make: make the directory where there is none; a database is made by ``stemma registry init``.

    Raises:
        InputError: there is none.
        RegistryUnavailable: the database does not answer.
    """
    place = registry_place(chosen)
    registry = _directory(place, make=make) if isinstance(place, Path) else database(place)
    try:
        yield registry
    finally:
        registry.close()


def database(url: str, *, pooled: bool = True) -> SqlRegistry:
    """The registry in a database; raises InputError where what it takes is not installed.

    Without ``pooled`` no connection outlives a call, so that nothing has to be closed.
    """
    require_extra(url)
    from stemma.registry.sql import SqlRegistry  # noqa: PLC0415 an extra, and slow to import

    return SqlRegistry(url, now, actor(), pooled=pooled)


def require_extra(url: str) -> None:
    """Raises InputError, which names the extra, where a database needs what is not installed."""
    extra, needed = "registry", ["sqlalchemy", "alembic"]
    if url.startswith("postgresql"):
        extra, needed = "postgres", [*needed, "psycopg"]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise InputError(
            f"A registry in a database needs {', '.join(missing)}.", advice=f"Run: pip install 'stemma[{extra}]'"
        )


def now() -> str:
    """The present moment, as registries write times."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def actor() -> str:
    """Who works with the registry, as its audit log has it: the account of the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else ""


def open_registry(chosen: Chosen = None) -> RecordStore:
    """The records to work with; of a directory nothing is looked at yet."""
    place = registry_place(chosen)
    return _records(place) if isinstance(place, Path) else database(place, pooled=False).records


def make_registry(chosen: Chosen = None) -> RecordStore:
    """As :func:`open_registry`, for writing: a directory is made where there is none."""
    place = registry_place(chosen)
    if isinstance(place, Path):
        _make(place)
    return open_registry(chosen)


def put_all(chosen: Chosen, texts: Sequence[str], *, replace: bool) -> None:
    """Put records into a registry that :func:`make_registry` would open; all or none, but in a plain directory.

    Where they come under an advisory of the registry, their alerts are raised with them.
    """
    place = registry_place(chosen)
    if isinstance(place, Path) and not (place / HOME).is_dir():
        store = make_registry(chosen)
        for text in texts:
            store.put(text, replace=replace)
        return
    from stemma.usecases.alerts.raising import keep_records  # noqa: PLC0415 reads the whole graph where alerts are kept

    with opened(chosen) as registry:
        keep_records(registry, texts, now(), replace=replace)


def existing_registry(chosen: Chosen = None) -> RecordStore | None:
    """As :func:`open_registry`; None where there is no such directory."""
    place = registry_place(chosen)
    return None if isinstance(place, Path) and not place.is_dir() else open_registry(chosen)


def place_of(store: RecordStore, name: str, version: Version) -> Path | str:
    """Where a record lies, or would: a file, or in a database its key."""
    directory = _directory_of(store)
    return f"{name}@{version}" if directory is None else directory.file(name, version)


def sets_beside(source: RecordSource) -> Mapping[str, Survey]:
    """The question sets that ship, and those that lie beside the records of a directory.

    Raises:
        MalformedFile: a file there is no question set.
    """
    directory = _directory_of(source)
    return shipped_surveys() if directory is None else question_sets(directory.path)


def _directory_of(source: RecordSource) -> RecordDirectory | None:
    """The directory in which records lie as files, where they do."""
    if isinstance(source, RecordDirectory | MemorySource):
        return source if isinstance(source, RecordDirectory) else None
    from stemma.registry.directory_registry import DirectoryRecords  # noqa: PLC0415 brings whole registries along

    return source.directory if isinstance(source, DirectoryRecords) else None


def locate(asked: str, registry: Chosen = None) -> Located:
    """The record that ``asked`` names: a YAML file, or ``NAME[@RANGE]`` in the registry.

    A file within a registry is read with that registry beside it, unless another is chosen.

    Raises:
        InputError: there is no such record, or it breaks the rules.
    """
    if _means_file(asked):
        return _from_file(Path(asked), registry)
    store = open_registry(registry)
    record = require(store, parse_requirement(asked))
    place = place_of(store, record.name, record.version)
    text = store.text(record.name, record.version)
    return Located(record, text, store, place if isinstance(place, Path) else None)


def record_paths(given: Sequence[Path]) -> Iterator[Path]:
    """The record files among ``given``: files as they are, of a directory all that end in .yaml, a level down."""
    for path in given:
        if path.is_dir():
            yield from (file for file in sorted(path.glob(f"*/*{SUFFIX}")) if not file.parent.name.startswith("."))
        else:
            yield path


def source_beside(path: Path, registry: Chosen = None) -> RecordSource:
    """Where the relations of the record in a file lead: the registry chosen, the one it lies in, or the default."""
    if registry is not None:
        return open_registry(registry)
    resolved = path.resolve()
    if version_of(f"{resolved.parent.name}/{resolved.name}") is not None:
        return RecordDirectory(resolved.parent.parent)
    return existing_registry() or MemorySource()


def _directory(path: Path, *, make: bool) -> DirectoryRegistry:
    if make:
        _make(path)
    from stemma.registry import DirectoryRegistry  # noqa: PLC0415 records alone need no whole registry

    if not path.is_dir():
        advice = "Make it with stemma registry init, or name another with --registry."
        raise InputError(f"There is no registry at {path}.", advice=advice)
    return DirectoryRegistry(path, now, actor())


def _records(path: Path) -> RecordStore:
    """Records alone are a matter for version control; a whole registry also keeps a log."""
    return _directory(path, make=False).records if (path / HOME).is_dir() else RecordDirectory(path)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{directory} could not be made: {error.strerror or error}.") from error


def _means_file(asked: str) -> bool:
    return asked.endswith((SUFFIX, ".yml")) or os.sep in asked


def _from_file(path: Path, registry: Chosen) -> Located:
    if not path.is_file():
        raise InputError(f"There is no file {path}.", advice="Name a YAML file, or a record of the registry.")
    text = read_bounded(path).decode("utf-8", errors="strict")
    record = parse_record(text, str(path))
    return Located(record, text, source_beside(path, registry), path)
