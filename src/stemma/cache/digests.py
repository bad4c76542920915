"""SHA-256 of local files, remembered, so that an unchanged file is not read again.

A file counts as unchanged while path, length, inode, device, modification and status-change time are the same.

The trade-off: a file whose bytes change while all of these stay is not noticed. Programs cannot set the
status-change time, so this takes a write to the raw disk, bit rot, a clock set back, or a file system that keeps
no such times. A file modified less than :data:`SETTLED` seconds ago is not remembered, since a second write may
fall into the same tick of the clock. ``verify=True`` reads every file anyway and reports what does not fit.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from stemma.cache.store import FeatureCache
from stemma.errors import ModelNotFound, SourceChanged, SourceError
from stemma.identity import Digest, Missing
from stemma.immutable import immutable

SETTLED = 2.0
_CHUNK = 1 << 20


@immutable
class FileIdentity:
    """What tells a file from another state of itself. Times in nanoseconds."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: Path) -> FileIdentity:
        """The identity now, links followed. Raises ModelNotFound where there is no file."""
        try:
            real = path.resolve(strict=True)
            return cls._from(str(real), real.stat())
        except (OSError, RuntimeError) as error:
            raise ModelNotFound(f"{path}: there is no such file.", advice="Check the path.") from error

    @classmethod
    def _from(cls, path: str, status: os.stat_result) -> FileIdentity:
        return cls(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)

    @property
    def key(self) -> str:
        """The key under which its digest is remembered."""
        numbers = (self.size, self.mtime_ns, self.ctime_ns, self.inode, self.device)
        return f"file-sha256 1\0{'.'.join(map(str, numbers))}\0{self.path}"


class DigestMemo:
    """Remembered digests of files. With ``verify`` nothing is believed unread."""

    def __init__(self, cache: FeatureCache, *, verify: bool = False, now: Callable[[], float] = time.time) -> None:
        self._cache = cache
        self._verify = verify
        self._now = now

    def recall(self, identity: FileIdentity) -> Digest | Missing:
        """The digest remembered for a file in this state, without reading it; Missing in verify mode."""
        if self._verify:
            return Missing("remembered digests are not believed in verify mode")
        return self._remembered(identity)

    def remember(self, identity: FileIdentity, digest: Digest) -> bool:
        """Keep a digest taken from the file while it had this identity; says whether it is worth keeping.

        Take the identity before the first byte is read. Nothing is kept where the file has changed since, or is
        so young that it may still change unnoticed.
        """
        if self._now() - max(identity.mtime_ns, identity.ctime_ns) / 1e9 < SETTLED:
            return False
        if FileIdentity.of(Path(identity.path)) != identity:
            return False
        self._cache.put(identity.key, str(digest).encode())
        return True

    def sha256(self, path: Path) -> Digest:
        """The file's SHA-256: remembered, or taken from its bytes and remembered.

        Raises:
            ModelNotFound: there is no such file.
            SourceChanged: it changed while it was read; or, in verify mode, its bytes are not those remembered.
            SourceError: it cannot be read.
        """
        identity = FileIdentity.of(path)
        known = self.recall(identity)
        if isinstance(known, Digest):
            return known
        digest = _hash(identity)
        before = self._remembered(identity) if self._verify else digest
        if isinstance(before, Digest) and before != digest:
            self._cache.discard(identity.key)
            raise SourceChanged(
                f"{path}: got {digest}, expected {before} as remembered, though length and times are the same.",
                advice="Check the disk. The remembered digest was dropped; run again to take the new one.",
            )
        self.remember(identity, digest)
        return digest

    def _remembered(self, identity: FileIdentity) -> Digest | Missing:
        held = self._cache.get(identity.key)
        if isinstance(held, Missing):
            return held
        try:
            return Digest.parse(held.decode("ascii", "replace"))
        except ValueError:
            self._cache.discard(identity.key)
            return Missing("what was remembered is no digest")


def _hash(identity: FileIdentity) -> Digest:
    digest = hashlib.sha256()
    try:
        with Path(identity.path).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise SourceError(f"{identity.path}: {error.strerror or error}.", advice="Check its permissions.") from error
    if FileIdentity.of(Path(identity.path)) != identity:
        raise SourceChanged(f"{identity.path} changed while it was being read.", advice="Run again.")
    return Digest("sha256", digest.hexdigest())
