"""Every backend of the registry, for tests that must hold on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from stemma.registry import DirectoryRegistry, MemoryRegistry, Registry
from stemma.registry.sql import Database, SqlRegistry, migrate
from tools.postgres import Cluster

NOW = "2026-03-01T12:00:00Z"


@dataclass
class Backend:
    """Makes one registry, and opens the same again; ``durable`` where another process would find it."""

    name: str
    make: Callable[[], Registry]
    durable: bool = True
    url: str = ""
    _open: list[Registry] = field(default_factory=list)

    def open(self) -> Registry:
        """The registry, opened once more."""
        self._open.append(self.make())
        return self._open[-1]

    def close(self) -> None:
        """Close whatever was opened."""
        for registry in self._open:
            registry.close()
        self._open.clear()


Anew = Callable[[Path], AbstractContextManager[Backend]]


def clock() -> str:
    """A time that stands still."""
    return NOW


@contextmanager
def backend(name: str, path: Path, server: Callable[[], Cluster]) -> Iterator[Backend]:
    """A fresh registry of one kind; ``server`` is asked for where one is needed."""
    if name == "postgresql":
        with _postgresql(server()) as made:
            yield made
        return
    made = {"memory": _memory, "directory": _directory, "sqlite": _sqlite}[name](path)
    try:
        yield made
    finally:
        made.close()


def _memory(_path: Path) -> Backend:
    registry = MemoryRegistry(clock, "tests")
    return Backend("memory", lambda: registry, durable=False)


def _directory(path: Path) -> Backend:
    (path / "registry").mkdir()
    return Backend("directory", lambda: DirectoryRegistry(path / "registry", clock, "tests"))


def _sqlite(path: Path) -> Backend:
    url = f"sqlite:///{path}/registry.db"
    made_ready(url)
    return Backend("sqlite", lambda: SqlRegistry(url, clock, "tests"), url=url)


@contextmanager
def _postgresql(server: Cluster) -> Iterator[Backend]:
    url = server.fresh(_template(server))
    made = Backend("postgresql", lambda: SqlRegistry(url, clock, "tests"), url=url)
    try:
        yield made
    finally:
        made.close()
        server.drop(url)


@cache
def _template(server: Cluster) -> str:
    """A database with the tables, to be copied: that is faster than making them again and again."""
    made_ready(server.url("template"), create=lambda: server.create("template"))
    return "template"


def made_ready(url: str, create: Callable[[], object] = lambda: None) -> None:
    """Make the tables of a registry."""
    create()
    database = Database(url, create=True)
    migrate(database)
    database.close()
