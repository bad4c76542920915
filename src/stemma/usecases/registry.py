"""Which registry is meant, and which record: shared by every use case about records."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stemma.errors import InputError
from stemma.identity import parse_requirement
from stemma.records import MemorySource, Record, RecordSource, parse_record, require
from stemma.registry import RecordDirectory, RecordStore
from stemma.registry.directory import SUFFIX, read_bounded, version_of

ENVIRONMENT = "STEMMA_REGISTRY"
DEFAULT = Path("records")


@dataclass(frozen=True)
class Located:
    """A record that was asked for: its text, and where its relations lead. ``file`` is where it lies."""

    record: Record
    text: str
    source: RecordSource
    file: Path


def registry_path(chosen: Path | None) -> Path:
    """The directory that was chosen, else the one that STEMMA_REGISTRY names, else ``records``."""
    return chosen or Path(os.environ.get(ENVIRONMENT) or DEFAULT)


def open_registry(chosen: Path | None = None) -> RecordStore:
    """The registry to work with; nothing is looked at yet."""
    return RecordDirectory(registry_path(chosen))


def make_registry(chosen: Path | None = None) -> RecordDirectory:
    """As :func:`open_registry`, for writing: the directory is made where there is none."""
    directory = registry_path(chosen)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{directory} could not be made: {error.strerror or error}.") from error
    return RecordDirectory(directory)


def locate(asked: str, registry: Path | None = None) -> Located:
    """The record that ``asked`` names: a YAML file, or ``NAME[@RANGE]`` in the registry.

    A file within a registry is read with that registry beside it, unless another is chosen.

    Raises:
        InputError: there is no such record, or it breaks the rules.
    """
    if _means_file(asked):
        return _from_file(Path(asked), registry)
    store = RecordDirectory(registry_path(registry))
    record = require(store, parse_requirement(asked))
    file = store.file(record.name, record.version)
    return Located(record, store.text(record.name, record.version), store, file)


def record_paths(given: Sequence[Path]) -> Iterator[Path]:
    """The record files among ``given``: files as they are, of a directory all that end in .yaml, a level down."""
    for path in given:
        if path.is_dir():
            yield from (file for file in sorted(path.glob(f"*/*{SUFFIX}")) if not file.parent.name.startswith("."))
        else:
            yield path


def source_beside(path: Path, registry: Path | None = None) -> RecordSource:
    """Where the relations of the record in a file lead: the registry chosen, the one it lies in, or the default."""
    if registry is not None:
        return RecordDirectory(registry)
    resolved = path.resolve()
    if version_of(f"{resolved.parent.name}/{resolved.name}") is not None:
        return RecordDirectory(resolved.parent.parent)
    default = registry_path(None)
    return RecordDirectory(default) if default.is_dir() else MemorySource()


def _means_file(asked: str) -> bool:
    return asked.endswith((SUFFIX, ".yml")) or os.sep in asked


def _from_file(path: Path, registry: Path | None) -> Located:
    if not path.is_file():
        raise InputError(f"There is no file {path}.", advice="Name a YAML file, or a record of the registry.")
    text = read_bounded(path).decode("utf-8", errors="strict")
    record = parse_record(text, str(path))
    return Located(record, text, source_beside(path, registry), path)
