"""Bytes at hand as a ByteSource: stored fingerprints, members of archives, tests."""

from __future__ import annotations

from hashlib import sha256

from stemma.errors import TruncatedSource
from stemma.identity import Digest, Missing


class MemoryFile:
    """``data`` under a name."""

    is_local = True
    known_sha256: Digest | Missing = Missing("held in memory")

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.size = len(data)
        self._data = memoryview(data)

    @property
    def version(self) -> str | Missing:
        return sha256(self._data).hexdigest()

    def read(self, offset: int, length: int) -> memoryview:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise TruncatedSource(f"{self.name}: wanted {length} bytes at {offset}, it has {self.size}.")
        return self._data[offset : offset + length]
