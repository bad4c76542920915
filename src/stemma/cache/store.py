"""A bounded memory of bytes on disk, shared by concurrent processes.

- A value appears whole or not at all: temporary file, fsync, rename.
- The least recently read values go first when the limit is reached; the bound holds across processes.
- A damaged entry is dropped and reported, never used.
- The folder belongs to its user alone (0700): whoever can write it could hand out false values.

The cache knows bytes and keys. A key is any string that names everything the value depends on.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from stemma.cache.entries import decode, encode, file_name, stage, trouble
from stemma.cache.locks import exclusive
from stemma.errors import InputError, LimitExceeded
from stemma.identity import Missing
from stemma.immutable import immutable

DEFAULT_LIMIT = 10 << 30
_STALE_SECONDS = 3600.0
_log = logging.getLogger(__name__)


def default_directory() -> Path:
    """``STEMMA_CACHE``, else ``stemma`` in the platform's cache folder (``XDG_CACHE_HOME`` on Linux)."""
    if own := os.environ.get("STEMMA_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "stemma" / "Cache"
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "stemma"
    home = Path.home()
    return (home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache") / "stemma"


@immutable
class CacheStats:
    """What the cache holds. Sizes in bytes."""

    directory: Path
    entries: int
    size: int
    limit: int


@immutable
class Damage:
    """An entry that was dropped, and why."""

    file: str
    reason: str


@immutable
class _Held:
    path: Path
    size: int
    read_at: int


class FeatureCache:
    """Values by key in a directory of at most ``limit_bytes``.

    Args:
        directory: made with mode 0700 where it is not there.
        now: seconds since the epoch; decides which values were read last.

    Raises:
        InputError: the directory cannot be made, or belongs to another user.
    """

    def __init__(
        self, directory: Path, limit_bytes: int = DEFAULT_LIMIT, *, now: Callable[[], float] = time.time
    ) -> None:
        self.directory = directory
        self.limit = limit_bytes
        self._now = now
        self._values = directory / "values"
        self._staging = directory / "staging"
        self._lock = directory / "lock"
        self._tally = directory / "size"
        _own(directory)
        for folder in (self._values, self._staging):
            _own(folder)

    def get(self, key: str) -> bytes | Missing:
        """The value of a key, or why there is none; marks it as read now."""
        path = self._values / file_name(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return Missing("the cache holds nothing under this key")
        except OSError as error:
            raise trouble(self.directory, error) from error
        found = decode(data, key)
        if isinstance(found, Missing):
            self._drop(path, found.reason)
            return Missing(f"a damaged entry was dropped: {found.reason}")
        self._touch(path)
        return found[1]

    def put(self, key: str, value: bytes) -> None:
        """Store a value, in place of an older one; the least recently read ones make room.

        Raises:
            LimitExceeded: the value is larger than the whole cache may be, or the disk is full.
            InputError: the directory cannot be written.
        """
        data = encode(key, value)
        if len(data) > self.limit:
            raise LimitExceeded(
                f"A value of {len(data)} bytes does not fit a cache of {self.limit}.", advice="Raise the cache's limit."
            )
        staged = stage(self._staging, data)
        target = self._values / file_name(key)
        try:
            with exclusive(self._lock):
                target.parent.mkdir(mode=0o700, exist_ok=True)
                self._admit(target, len(data))
                self._touch(staged)
                staged.replace(target)
        except OSError as error:
            raise trouble(self.directory, error) from error
        finally:
            staged.unlink(missing_ok=True)

    def discard(self, key: str) -> bool:
        """Forget a key; says whether there was one."""
        path = self._values / file_name(key)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def stats(self) -> CacheStats:
        """How much is held now."""
        with exclusive(self._lock):
            held = list(self._scan())
        return CacheStats(self.directory, len(held), sum(entry.size for entry in held), self.limit)

    def trim(self, limit_bytes: int | None = None) -> int:
        """Drop the least recently read values above a limit, and what dead writers left; returns the bytes freed."""
        with exclusive(self._lock):
            oldest = self._now() - _STALE_SECONDS
            for path in self._staging.iterdir():
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)
            return self._make_room(self.limit if limit_bytes is None else limit_bytes)

    def clear(self) -> int:
        """Drop everything; returns the bytes freed."""
        with exclusive(self._lock):
            return self._make_room(0)

    def verify(self) -> tuple[Damage, ...]:
        """Read every entry, drop the damaged ones and name them."""
        damaged: list[Damage] = []
        for entry in list(self._scan()):
            try:
                found = decode(entry.path.read_bytes(), None)
            except FileNotFoundError:
                continue
            name = entry.path.relative_to(self._values).as_posix()
            if not isinstance(found, Missing) and file_name(found[0]) == name:
                continue
            reason = found.reason if isinstance(found, Missing) else "the entry belongs to another key"
            self._drop(entry.path, reason)
            damaged.append(Damage(name, reason))
        return tuple(damaged)

    def _scan(self) -> Iterator[_Held]:
        for folder in sorted(path for path in self._values.iterdir() if path.is_dir()):
            with os.scandir(folder) as found:
                for item in found:
                    try:
                        status = item.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    yield _Held(Path(item.path), status.st_size, status.st_mtime_ns)

    def _admit(self, target: Path, size: int) -> None:
        """Count a value in, and make room for it where the limit is reached.

        The tally never falls below what is there: only this method adds, under the lock, before the value appears.
        Drops elsewhere leave it too high until the next look at the whole folder.
        """
        tally = self._read_tally()
        if tally is None or tally + size > self.limit:
            self._make_room(max(0, self.limit - self.limit // 20 - size), sparing=target)
            tally = sum(entry.size for entry in self._scan() if entry.path != target)
        self._tally.write_text(f"{tally + size}\n", encoding="ascii")

    def _read_tally(self) -> int | None:
        try:
            text = self._tally.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        return int(text) if text.endswith("\n") and text[:-1].isdigit() else None

    def _make_room(self, limit: int, sparing: Path | None = None) -> int:
        self._tally.unlink(missing_ok=True)
        kept = (entry for entry in self._scan() if entry.path != sparing)
        held = sorted(kept, key=lambda entry: (entry.read_at, entry.path))
        size, freed = sum(entry.size for entry in held), 0
        for entry in held:
            if size - freed <= limit:
                break
            entry.path.unlink(missing_ok=True)
            freed += entry.size
        return freed

    def _touch(self, path: Path) -> None:
        moment = int(self._now() * 1e9)
        try:
            os.utime(path, ns=(moment, moment))
        except FileNotFoundError:
            return

    def _drop(self, path: Path, reason: str) -> None:
        _log.warning("dropped a damaged cache entry %s: %s", path, reason)
        path.unlink(missing_ok=True)


def _own(folder: Path) -> None:
    """Make a folder for its user alone, or see that it is one."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if sys.platform == "win32":
            return
        if status.st_uid != os.geteuid() and os.geteuid() != 0:
            raise InputError(
                f"The cache {folder} belongs to another user.", advice="Set STEMMA_CACHE to a folder of yours."
            )
        if status.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise trouble(folder, error) from error
