"""Work that several models ask for at the same time, done once: two models often have one tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values by key for as long as somebody uses them; who asks while one is being made waits for it."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[K, V] = WeakValueDictionary()
        self._making: dict[K, Lock] = {}
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of ``key``; what ``make`` raises is raised, and nothing is kept."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        try:
            with making:
                value = self._held.get(key)
                if value is None:
                    value = self._held[key] = make()
                return value
        finally:
            with self._lock:
                self._making.pop(key, None)
