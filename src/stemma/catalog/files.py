"""Files of a catalog: whole or not at all, one writer at a time, clear errors."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stemma.errors import StemmaError

TEMPORARY = ".new-"
_PATIENCE = 60.0
_PAUSE = 0.02


@contextmanager
def clear_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn an OSError into a StemmaError that says what could not be done to ``path``."""
    try:
        yield
    except OSError as error:
        raise StemmaError(
            f"{path} could not be {doing}: {error.strerror or error}.", advice=_advice(error, doing)
        ) from error


def _advice(error: OSError, doing: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "The catalog is as it was before. Make room, then try again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Choose a catalog that you may write to, with --catalog." if doing == "written" else ""
    return ""


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the catalog's lock; waits up to a minute for another writer."""
    with clear_errors(directory, "written"):
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with clear_errors(directory / "lock", "locked"):
            _wait(handle, directory)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, directory: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise StemmaError(
                    f"Another process has been writing to {directory} for {_PATIENCE:.0f} seconds.",
                    advice="Wait for it, or end it; its lock goes with it.",
                ) from error
            time.sleep(_PAUSE)


@contextmanager
def new_file(path: Path) -> Iterator[int]:
    """A descriptor to write ``path`` through; it appears under its name, synced, when the block ends well."""
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    with clear_errors(path, "written"):
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            try:
                yield handle
                os.fsync(handle)
            finally:
                os.close(handle)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write all of ``data``, however many calls that takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` last."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
