"""Files whose reading is counted as it happens: for progress, for what a result cost, for stopping the work."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from stemma.identity import Digest, Missing
from stemma.weights.interface import ByteSource, FileSet


class Meter:
    """Bytes read so far, by any thread; ``tell`` hears the sum after every read, and stops the work by raising."""

    def __init__(self, tell: Callable[[int], None] = lambda _read: None) -> None:
        self.tell = tell
        self.read = 0
        self._lock = Lock()

    def add(self, length: int) -> None:
        """Count ``length`` bytes more."""
        with self._lock:
            self.read += length
            read = self.read
        self.tell(read)


class _MeteredFile:
    """A byte source that counts."""

    def __init__(self, source: ByteSource, meter: Meter) -> None:
        self._source = source
        self._meter = meter

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def size(self) -> int:
        return self._source.size

    @property
    def known_sha256(self) -> Digest | Missing:
        return self._source.known_sha256

    @property
    def version(self) -> str | Missing:
        return self._source.version

    @property
    def is_local(self) -> bool:
        return self._source.is_local

    def read(self, offset: int, length: int) -> bytes | bytearray | memoryview:
        data = self._source.read(offset, length)
        self._meter.add(length)
        return data


class MeteredFiles:
    """The files of a model; what is read of them is counted by ``meter``."""

    def __init__(self, files: FileSet, meter: Meter) -> None:
        self._files = files
        self.meter = meter

    @property
    def label(self) -> str:
        return self._files.label

    def names(self) -> tuple[str, ...]:
        return self._files.names()

    def open(self, name: str) -> ByteSource:
        return _MeteredFile(self._files.open(name), self.meter)
