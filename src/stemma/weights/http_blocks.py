"""A bounded memory of blocks, shared by the files of one model."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock


class BlockCache:
    """Least recently used blocks of bytes, at most ``limit`` bytes in all. Safe to share between threads."""

    def __init__(self, limit: int = 32 << 20) -> None:
        self._limit = limit
        self._held = 0
        self._blocks: OrderedDict[tuple[object, int], bytes] = OrderedDict()
        self._lock = Lock()

    @property
    def held(self) -> int:
        """Bytes held now."""
        return self._held

    def get(self, owner: object, index: int) -> bytes | None:
        """The block, or None if it is not held."""
        with self._lock:
            block = self._blocks.get((owner, index))
            if block is not None:
                self._blocks.move_to_end((owner, index))
            return block

    def put(self, owner: object, index: int, block: bytes) -> None:
        """Hold a block, dropping the least recently used ones for it."""
        if len(block) > self._limit:
            return
        with self._lock:
            old = self._blocks.pop((owner, index), b"")
            self._blocks[owner, index] = block
            self._held += len(block) - len(old)
            while self._held > self._limit:
                self._held -= len(self._blocks.popitem(last=False)[1])
