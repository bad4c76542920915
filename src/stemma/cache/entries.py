"""How one cached value lies on disk: a header that names its key and digest, then the bytes.

```
stemma-cache 1\\n  sha256 of the value (hex)\\n  length of the key\\n  length of the value\\n  key  value
```

A reader believes an entry only if key, length and digest agree; so a torn, swapped or rotten one is never used.
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

from stemma.errors import InputError, LimitExceeded
from stemma.identity import Missing

_MAGIC = b"stemma-cache 1"
_MAX_HEADER = 256
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def file_name(key: str) -> str:
    """Where the value of a key lies, relative to the cache: two levels by the key's SHA-256."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{digest[:2]}/{digest[2:]}"


def encode(key: str, value: bytes) -> bytes:
    """The file that holds ``value`` under ``key``."""
    name = key.encode()
    head = f"\n{hashlib.sha256(value).hexdigest()}\n{len(name)}\n{len(value)}\n".encode()
    return b"".join((_MAGIC, head, name, value))


def decode(data: bytes, key: str | None) -> tuple[str, bytes] | Missing:
    """``(key, value)`` out of a file, or why it cannot be used. ``key`` None accepts any."""
    lines = data[:_MAX_HEADER].split(b"\n", 4)
    if len(lines) < 5 or lines[0] != _MAGIC or not (lines[2].isdigit() and lines[3].isdigit()):
        return Missing("the entry has no readable header")
    begin = sum(len(line) + 1 for line in lines[:4])
    middle, end = begin + int(lines[2]), begin + int(lines[2]) + int(lines[3])
    if len(data) != end:
        return Missing(f"the entry has {len(data)} bytes, its header says {end}")
    name, value = data[begin:middle].decode("utf-8", "replace"), data[middle:]
    if key is not None and name != key:
        return Missing("the entry belongs to another key")
    if hashlib.sha256(value).hexdigest().encode() != lines[1]:
        return Missing("the entry's digest does not fit its bytes")
    return name, value


def stage(folder: Path, data: bytes) -> Path:
    """Write a temporary file, synced, that has only to be renamed; nothing stays behind if that fails.

    Raises:
        LimitExceeded: the disk, or the user's share of it, is full.
        InputError: the folder cannot be written.
    """
    try:
        import tempfile  # noqa: PLC0415 it brings archives and random numbers, and most commands only read

        descriptor, name = tempfile.mkstemp(dir=folder, prefix="new-")
    except OSError as error:
        raise trouble(folder, error) from error
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise trouble(folder, error) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def trouble(where: Path, error: OSError) -> InputError | LimitExceeded:
    """What an error of the disk means."""
    if error.errno in _FULL:
        return LimitExceeded(
            f"The disk of the cache {where} is full ({error.strerror}); nothing was stored.",
            advice="Free some space, or set STEMMA_CACHE to another disk.",
        )
    return InputError(
        f"The cache {where} cannot be used: {error.strerror or error}.", advice="Set STEMMA_CACHE to a folder of yours."
    )
