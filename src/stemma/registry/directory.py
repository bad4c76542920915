"""A registry as a directory for version control: ``NAME/NAME-VERSION.yaml``, read and written by people too.

Whatever else lies there is left alone; names that begin with a dot are not looked at. Links are not followed, so that
nothing outside the directory is read.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stemma.errors import BadVersion, InputError, InvalidRecord, LimitExceeded, Problem, StemmaError, UnsafeFile
from stemma.identity import Version, name_problem
from stemma.records import MAX_BYTES, Record, parse_record

SUFFIX = ".yaml"


class RecordDirectory:
    """The records below ``path``. A folder is listed once, when first asked for; records are read when wanted.

    Implements :class:`stemma.registry.RecordStore`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folders: dict[str, dict[Version, str]] = {}
        self._read: dict[tuple[str, Version], Record] = {}

    def names(self) -> Sequence[str]:
        """Every name, sorted."""
        return [name for name in folders_of(self.path) if self._folder(name)]

    def versions(self, name: str) -> Sequence[Version]:
        """Every version of a name, ascending."""
        return sorted(self._folder(name))

    def file(self, name: str, version: Version) -> Path:
        """Where a record lies, or would."""
        return self.path / name / f"{name}-{version}{SUFFIX}"

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none, InvalidRecord where it breaks the rules."""
        if (name, version) not in self._read:
            place = self._place(name, version)
            record = parse_record(read_bounded(self.path / place), place)
            problem = misplaced(record, place)
            if problem is not None:
                raise InvalidRecord([problem])
            self._read[name, version] = record
        return self._read[name, version]

    def text(self, name: str, version: Version) -> str:
        """A record as it was written; raises KeyError where there is none."""
        return read_bounded(self.path / self._place(name, version)).decode("utf-8")

    def texts(self) -> Iterator[tuple[str, Version, str]]:
        """Name, version and text of every record, by name, then version as text."""
        for name in self.names():
            for version in sorted(self._folder(name), key=str):
                yield name, version, self.text(name, version)

    def put(self, text: str, *, replace: bool = False) -> Record:
        """Add a record. Raises as ``RecordStore.put``; StemmaError where it cannot be written."""
        record = parse_record(text)
        target = self.file(record.name, record.version)
        if record.version in self._folder(record.name):
            target = self.path / self._place(record.name, record.version)
            if self.text(record.name, record.version) == text:
                return self.get(record.name, record.version)
            if not replace:
                raise InputError(
                    f"{record.key} is there already, with other content: {target}.",
                    advice="Give the change a version of its own (stemma record bump), or replace it with --force.",
                )
        write_text(target, text)
        self._forget(record.name, record.version)
        return self.get(record.name, record.version)

    def remove(self, name: str, version: Version) -> None:
        """Take a record out; raises KeyError where there is none."""
        place = self.path / self._place(name, version)
        with clear_errors(place, "removed"):
            place.unlink()
        self._forget(name, version)

    def _folder(self, name: str) -> dict[Version, str]:
        """The files of one name by version."""
        if name not in self._folders:
            places = ((version_of(f"{name}/{file}"), f"{name}/{file}") for file in self._files(name))
            self._folders[name] = {version: place for version, place in places if version is not None}
        return self._folders[name]

    def _files(self, name: str) -> list[str]:
        folder = self.path / name
        if name_problem(name) is None and folder.is_dir() and not folder.is_symlink():
            with clear_errors(folder, "listed"):
                return sorted(_visible(folder, directories=False))
        _check_there(self.path)
        return []

    def _place(self, name: str, version: Version) -> str:
        return self._folder(name)[version]

    def _forget(self, name: str, version: Version) -> None:
        self._folders.pop(name, None)
        self._read.pop((name, version), None)


def folders_of(directory: Path) -> list[str]:
    """Folders one level down, sorted; those that begin with a dot are not looked at, links are not followed.

    Raises:
        InputError: there is no such directory.
    """
    _check_there(directory)
    with clear_errors(directory, "listed"):
        return sorted(_visible(directory, directories=True))


def _check_there(directory: Path) -> None:
    if not directory.is_dir():
        raise InputError(
            f"There is no directory {directory}.",
            advice="Make it, or name the directory of records with --registry.",
        )


def record_files(directory: Path) -> Iterator[str]:
    """Paths of YAML files one level down, relative to ``directory``, with ``/``, sorted.

    Raises:
        InputError: there is no such directory.
    """
    folders = folders_of(directory)
    with clear_errors(directory, "listed"):
        for folder in folders:
            for file in sorted(_visible(directory / folder, directories=False)):
                yield f"{folder}/{file}"


def version_of(place: str) -> Version | None:
    """The version that a path ``NAME/NAME-VERSION.yaml`` tells; None where it is no such path."""
    folder, _, file = place.partition("/")
    stem = file.removesuffix(SUFFIX)
    if name_problem(folder) is not None or not stem.startswith(f"{folder}-"):
        return None
    try:
        return Version.parse(stem[len(folder) + 1 :])
    except BadVersion:
        return None


def misplaced(record: Record, place: str) -> Problem | None:
    """What is wrong where a record does not lie at the place that its name and version ask for."""
    expected = f"{record.name}/{record.name}-{record.version}{SUFFIX}"
    if place == expected:
        return None
    return Problem(place, 1, 1, f"Got {record.key} at {place}.", f"Expected it at {expected}: rename one.", "place")


def read_bounded(path: Path) -> bytes:
    """The bytes of a plain file of at most ``MAX_BYTES``; links are not followed."""
    with clear_errors(path, "read"):
        if path.is_symlink() or not path.is_file():
            raise UnsafeFile(f"{path} is no plain file.", advice="Links are not followed: put the file itself there.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"{path} is larger than {MAX_BYTES} bytes, the most that a record may have.")
    return data


def write_text(target: Path, text: str) -> None:
    """Write a file whole or not at all; its directory is made. Raises StemmaError where it cannot be written."""
    with clear_errors(target, "written"):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.parent.is_symlink():
            raise UnsafeFile(f"{target.parent} is a link.", advice="Links are not followed: use a directory.")
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def clear_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn an OSError into a StemmaError that says what could not be done to ``path``."""
    try:
        yield
    except OSError as error:
        raise StemmaError(f"{path} could not be {doing}: {error.strerror or error}.") from error


def _visible(directory: Path, *, directories: bool) -> list[str]:
    with os.scandir(directory) as entries:
        return [
            entry.name
            for entry in entries
            if not entry.name.startswith(".")
            and (entry.is_dir(follow_symlinks=False) if directories else entry.name.endswith((SUFFIX, ".yml")))
        ]
