"""One database: connections, transactions with one writer at a time, and errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, CompoundSelect, Connection, Select, create_engine, event, exc, make_url, text
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from stemma.errors import InputError, RegistryUnavailable

Query = Select[Any] | CompoundSelect[Any]
WAIT_SECONDS = 60
IDLE_SECONDS = 5.0
_WRITERS = 0x5354454D4D41  # the advisory lock of PostgreSQL that writers of a registry hold
_SQLITE_SET_UP = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # what was acknowledged is on the disk
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 268435456",
    "PRAGMA temp_store = FILE",
)


class Database:
    """A database by its URL (``sqlite:///PATH`` or ``postgresql://...``). Threads may share it."""

    def __init__(self, url: str, *, create: bool = False, pooled: bool = True) -> None:
        self.url = _url(url)
        plain = self.url.set(drivername=self.url.get_backend_name())
        self.shown = plain.render_as_string(hide_password=True)
        self.dialect = self.url.get_backend_name()
        self._local = threading.local()
        options = _engine_options(self.url, create) | {"poolclass": QueuePool if pooled else NullPool}
        self._engine = create_engine(self.url, **options)
        self._reads = self._engine.execution_options(isolation_level="AUTOCOMMIT")  # saves two trips to a server each
        event.listen(self._engine, "checkin", _used)
        event.listen(self._engine, "checkout", self._ping)
        if self.dialect == "sqlite":
            event.listen(self._engine, "connect", _set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with: that of the transaction of this thread, if it has one."""
        held = self._held or self._steady
        with self._clear_errors():
            if held is not None:
                yield held
            else:
                with self._reads.connect() as connection:
                    yield connection

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Read with one connection throughout a block of this thread: many short questions cost half as much then."""
        if self._held is not None or self._steady is not None:
            yield
            return
        with self._clear_errors(), self._reads.connect() as connection:
            self._local.steady = connection
            try:
                yield
            finally:
                self._local.steady = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction; a block within another is part of it. Writers wait for one another.

        Within a steady block there is none: it would take a second connection while it holds the first.
        """
        held = self._held
        if held is not None:
            yield held
            return
        if self._steady is not None:
            raise RuntimeError("a steady block reads alone")
        with self._clear_errors(), self._engine.connect() as plain:
            connection = plain.execution_options(stemma_writes=True)
            with connection.begin():
                if self.dialect == "postgresql":
                    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITERS})
                self._local.connection = connection
                try:
                    yield connection
                finally:
                    self._local.connection = None

    def rows(self, connection: Connection, query: Query, values: Mapping[str, Any]) -> Sequence[Any]:
        """What a query finds, as the driver gives it: for ten thousands of rows of plain numbers and texts."""
        cursor = connection.execute(query, values).cursor
        return [] if cursor is None else list(cursor.fetchall())

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _ping(self, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """A connection that lay idle may be dead: a new one takes its place then."""
        now = time.monotonic()
        if now - record.info.get("used", now) > IDLE_SECONDS:
            cursor = connection.cursor()
            try:
                cursor.execute("SELECT 1")
                connection.rollback()
            except self._engine.dialect.loaded_dbapi.Error as error:
                raise exc.DisconnectionError from error
            finally:
                cursor.close()

    @property
    def _held(self) -> Connection | None:
        return getattr(self._local, "connection", None)

    @property
    def _steady(self) -> Connection | None:
        return getattr(self._local, "steady", None)

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (exc.OperationalError, exc.InterfaceError, exc.InternalError) as error:
            raise self._unavailable(error) from error
        except exc.DatabaseError as error:  # such as a file that is no database
            if isinstance(error, exc.DataError):
                raise InputError(f"The registry {self.shown} cannot hold this value: {_reason(error)}.") from error
            if isinstance(error, exc.IntegrityError | exc.ProgrammingError):
                raise
            raise self._unavailable(error) from error
        except exc.TimeoutError as error:
            raise RegistryUnavailable(
                f"The registry {self.shown} has no connection left.", advice="Try again when others are done."
            ) from error

    def _unavailable(self, error: exc.DBAPIError) -> RegistryUnavailable:
        return RegistryUnavailable(
            f"The registry {self.shown} could not be used: {_reason(error)}.",
            advice="What was not reported as done was not done; try again when the database is there, with room.",
        )


def _reason(error: exc.DBAPIError) -> str:
    return str(error.orig).strip().split("\n")[0].rstrip(".")


def _url(given: str) -> URL:
    try:
        url = make_url(given)
    except exc.ArgumentError as error:
        raise InputError(
            "Got a registry that is no URL.", advice="Write sqlite:///PATH or postgresql://USER@HOST/NAME."
        ) from error
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise InputError(f"Got a registry in {url.get_backend_name()[:40]}.", advice="SQLite and PostgreSQL are supported.")


def _engine_options(url: URL, create: bool) -> dict[str, Any]:
    if url.get_backend_name() == "postgresql":
        return {"connect_args": {"connect_timeout": 10, "application_name": "stemma"}}
    path = url.database or ""
    if not create and not Path(path).is_file():
        raise InputError(
            f"There is no registry at {path or 'the path of no name'}.", advice="Make it with: stemma registry init"
        )

    if create and path and Path(path).parent.is_dir():
        Path(path).touch(0o600)  # it holds secrets of webhooks

    def connect() -> sqlite3.Connection:
        mode = "rwc" if create else "rw"
        return sqlite3.connect(
            f"file:{_quoted(path)}?mode={mode}", uri=True, timeout=WAIT_SECONDS, check_same_thread=False
        )

    return {"creator": connect}


def _quoted(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 one place needs it

    return quote(path)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    cursor = connection.cursor()
    for statement in _SQLITE_SET_UP:
        cursor.execute(statement)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("stemma_writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _used(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()
