"""Byte sources for tests: bytes in memory, and a counter around any other source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stemma.errors import ModelNotFound, TruncatedSource
from stemma.identity import Digest, Missing
from stemma.weights.interface import ByteSource, FileSet


@dataclass
class Bytes:
    """A file that lies in memory."""

    name: str
    data: bytes
    is_local: bool = True
    known_sha256: Digest | Missing = field(default_factory=lambda: Missing("a test"))
    version: str | Missing = "1"

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        if offset < 0 or length < 0 or offset + length > len(self.data):
            raise TruncatedSource(f"{self.name}: {offset}+{length} of {len(self.data)}")
        return self.data[offset : offset + length]


@dataclass
class Files:
    """A folder that lies in memory."""

    contents: Mapping[str, bytes]
    label: str = "memory"

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.contents))

    def open(self, name: str) -> Bytes:
        if name not in self.contents:
            raise ModelNotFound(f"{name}: there is no such file.")
        return Bytes(name, self.contents[name])


class Counter:
    """Counts the bytes that are read through it."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.name, self.size, self.is_local = source.name, source.size, source.is_local
        self.known_sha256, self.version = source.known_sha256, source.version
        self.bytes_read = 0
        self.reads = 0

    def read(self, offset: int, length: int) -> bytes | bytearray | memoryview:
        self.bytes_read += length
        self.reads += 1
        return self._source.read(offset, length)


class CountedFiles:
    """A file set whose files are counted."""

    def __init__(self, files: FileSet) -> None:
        self._files = files
        self.label = files.label
        self.opened: dict[str, Counter] = {}

    def names(self) -> tuple[str, ...]:
        return self._files.names()

    def open(self, name: str) -> Counter:
        return self.opened.setdefault(name, Counter(self._files.open(name)))

    @property
    def bytes_read(self) -> int:
        return sum(counter.bytes_read for counter in self.opened.values())
