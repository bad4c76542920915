"""Files of this machine as byte ranges: read by ``pread``, never mapped, never outside their folder.

A folder shows only what lies in it. Symbolic links that leave it are refused, with one exception: in the
cache of ``huggingface_hub`` a snapshot's files are links into the ``blobs`` folder of the same repository.
"""

from __future__ import annotations

import os
import stat
import weakref
from pathlib import Path, PurePosixPath

from stemma.errors import (
    LimitExceeded,
    ModelNotFound,
    SourceChanged,
    SourceError,
    TruncatedSource,
    UnsafeFile,
)
from stemma.identity import Digest, Missing

MAX_FILES = 100_000
MAX_DEPTH = 12
_SKIPPED_FOLDERS = frozenset({".git", ".cache", ".svn", "__pycache__"})
_UNVOUCHED = Missing("nobody vouches for a local file: its digest is taken from its bytes")
_Stamp = tuple[int, int, int, int]


def local_files(path: Path) -> LocalFolder | SingleFile:
    """The files at ``path``, a directory or a single file.

    Raises:
        ModelNotFound: nothing is there.
        UnsafeFile: it is a pipe, a socket or a device.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise ModelNotFound(f"{path}: {_why(error)}.", advice="Check the path.") from error
    return LocalFolder(path) if stat.S_ISDIR(mode) else SingleFile(path)


class LocalFile:
    """A regular file. Every read notices if it was replaced, changed or deleted since it was opened."""

    is_local = True
    known_sha256: Digest | Missing = _UNVOUCHED

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._path = path
        self._fd = _open_regular(path, name)
        self._close = weakref.finalize(self, os.close, self._fd)
        self._stamp = _stamp(os.fstat(self._fd))
        self.size = self._stamp[2]
        self.version: str | Missing = f"{self._stamp[3]}-{self.size}-{self._stamp[1]}"

    def read(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``; raises TruncatedSource or SourceChanged."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise TruncatedSource(
                f"{self.name}: bytes {offset} to {offset + length} were asked for, the file has {self.size}.",
                advice="The file is incomplete: fetch it again.",
            )
        try:
            data = os.pread(self._fd, length, offset)
            while len(data) < length and (more := os.pread(self._fd, length - len(data), offset + len(data))):
                data += more
        except OSError as error:
            raise SourceError(f"{self.name}: {_why(error)}.", advice="Check the disk.") from error
        self._check_unchanged()
        if len(data) < length:
            raise TruncatedSource(f"{self.name}: the file ends at byte {offset + len(data)}, {self.size} expected.")
        return data

    def _check_unchanged(self) -> None:
        try:
            now = _stamp(self._path.stat())
        except OSError as error:
            raise SourceChanged(
                f"{self.name}: the file vanished while it was being read ({_why(error)}).",
                advice="Run again when nothing writes to it.",
            ) from error
        if now != self._stamp:
            raise SourceChanged(
                f"{self.name}: the file changed while it was being read.",
                advice="Run again when nothing writes to it.",
            )


class SingleFile:
    """One file as a whole model."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._path = path
        self._name = path.name

    def names(self) -> tuple[str, ...]:
        return (self._name,)

    def open(self, name: str) -> LocalFile:
        if name != self._name:
            raise ModelNotFound(f"{self.label} is one file; there is no {name} beside it.")
        return LocalFile(_resolved(self._path, name), name)


class LocalFolder:
    """A directory as a model; files in subdirectories have names like ``1_Pooling/config.json``."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._root = _resolved(path, str(path))
        self._blobs = _hub_blobs(self._root)
        self._names: tuple[str, ...] | None = None

    def names(self) -> tuple[str, ...]:
        """Every name that is no directory, sorted; links to directories are not followed."""
        if self._names is None:
            self._names = tuple(sorted(self._walk("", 0)))
        return self._names

    def _walk(self, prefix: str, depth: int) -> list[str]:
        found: list[str] = []
        try:
            with os.scandir(self._root / prefix) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        if not (entry.is_symlink() and entry.is_dir()):
                            found.append(prefix + entry.name)
                    elif depth < MAX_DEPTH and entry.name not in _SKIPPED_FOLDERS:
                        found.extend(self._walk(f"{prefix}{entry.name}/", depth + 1))
                    if len(found) > MAX_FILES:
                        raise LimitExceeded(
                            f"{self.label} holds more than {MAX_FILES} files.",
                            advice="Name the model's own folder or file.",
                        )
        except OSError as error:
            raise SourceError(f"{self.label}/{prefix}: {_why(error)}.", advice="Check its permissions.") from error
        return found

    def open(self, name: str) -> LocalFile:
        """The file of that name.

        Raises:
            ModelNotFound: there is none.
            UnsafeFile: the name or a link on its way leaves the folder, or it is no regular file.
        """
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\0" in name or "\\" in name:
            raise UnsafeFile(f"{name!r} points outside {self.label}.", advice="Only files of the folder are read.")
        target = _resolved(self._root / pure, name)
        allowed = [self._root] if self._blobs is None else [self._root, self._blobs]
        if not any(target.is_relative_to(folder) for folder in allowed):
            raise UnsafeFile(
                f"{name} is a link that leaves {self.label}.",
                advice="Copy the file into the folder, or name the folder it lies in.",
            )
        return LocalFile(target, name)


def _hub_blobs(root: Path) -> Path | None:
    for folder in (root, *root.parents[:2]):
        repository = folder.parent.parent
        if folder.parent.name == "snapshots" and repository.name.startswith(("models--", "datasets--")):
            return repository / "blobs"
    return None


def _resolved(path: Path, name: str) -> Path:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelNotFound(f"{name}: {_why(error)}.", advice="Check the path.") from error


def _open_regular(path: Path, name: str) -> int:
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise UnsafeFile(f"{name} is no regular file.", advice="Pipes, sockets and devices are not read.")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        raise ModelNotFound(f"{name}: there is no such file.", advice="Check the path.") from error
    except OSError as error:
        raise SourceError(f"{name}: {_why(error)}.", advice="Check its permissions.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnsafeFile(f"{name} is no regular file.", advice="Pipes, sockets and devices are not read.")
    return descriptor


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
