"""A registry that stays open for many readers at once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from stemma.registry import DirectoryRegistry, Registry
from stemma.usecases.registry import Chosen, opened

T = TypeVar("T")


class Holding:
    """Opens a registry on entry and lends it out; threads may share it.

    A database takes any number at once. A directory takes one at a time, and is looked at for changes that others made
    (such as ``git pull``) at most every ``refresh_seconds``. ``generation`` goes up with every such change.
    """

    def __init__(self, chosen: Chosen, refresh_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._chosen, self._every, self._clock = chosen, refresh_seconds, clock
        self._stack = ExitStack()
        self._lock = threading.RLock()
        self._registry: Registry | None = None
        self._looked, self._signature = 0.0, 0
        self._kept: dict[str, object] = {}
        self.generation = 0

    def __enter__(self) -> Holding:
        self._registry = self._stack.enter_context(opened(self._chosen))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._registry = None

    def use(self) -> AbstractContextManager[Registry]:
        """The registry, to read or to write."""
        registry = self._registry
        if registry is None:
            raise RuntimeError("the registry is not open: enter the holding first")
        return self._alone(registry) if isinstance(registry, DirectoryRegistry) else _shared(registry)

    def look(self) -> AbstractContextManager[Registry]:
        """The registry, to read alone: many questions cost less than with :meth:`use`."""
        registry = self._registry
        return self.use() if registry is None or isinstance(registry, DirectoryRegistry) else _steady(registry)

    def keep(self, name: str, make: Callable[[], T]) -> T | None:
        """What was made of the directory as it stands, made once for all readers; None of a database, which changes.

        Call it within ``use``.
        """
        if not isinstance(self._registry, DirectoryRegistry):
            return None
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]  # type: ignore[return-value]  # a name always stands for one kind of thing

    @contextmanager
    def _alone(self, registry: DirectoryRegistry) -> Iterator[Registry]:
        with self._lock:
            if self._clock() - self._looked >= self._every:
                self._look(registry)
            yield registry

    def _look(self, registry: DirectoryRegistry) -> None:
        signature = _signature(registry.path)
        if signature != self._signature:
            registry.records.forget()  # type: ignore[attr-defined]
            self._kept.clear()
            self._signature, self.generation = signature, self.generation + 1
        self._looked = self._clock()


@contextmanager
def _steady(registry: Registry) -> Iterator[Registry]:
    with registry.steady():
        yield registry


@contextmanager
def _shared(registry: Registry) -> Iterator[Registry]:
    yield registry


def _signature(path: Path) -> int:
    """Of every file a level down: where it lies, when it changed, how large it is."""
    seen = []
    with os.scandir(path) as folders:
        for folder in folders:
            if folder.is_dir(follow_symlinks=False):
                with os.scandir(folder.path) as files:
                    found = [(file.path, file.stat(follow_symlinks=False)) for file in files]
                seen += [(name, stat.st_mtime_ns, stat.st_size) for name, stat in found]
    return hash(tuple(sorted(seen)))
