"""Many records at once, from lines of JSON that were validated before: all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Connection, exc, func, select, text

from stemma.errors import InputError
from stemma.immutable import immutable
from stemma.registry.sql.audit import SqlAudit
from stemma.registry.sql.batches import chunks
from stemma.registry.sql.database import Database
from stemma.registry.sql.rows import Rows, rows_of
from stemma.registry.sql.schema import records
from stemma.registry.sql.word_index import DROP, MAKE, add_words

BATCH = 10_000
_RECORDS = ("name", "version", "state", "type", "title", "publisher", "licenses", "marks", "text", "words")
_EDGES = ("upstream", "downstream", "kind", "version", "position", "range", "standing")
_MARKS = ("mark", "name", "version")
_RECORDS_KEY = "CREATE UNIQUE INDEX uq_records_name_version ON records (name, version)"
_SORTED = {
    "edges": "upstream, downstream, kind, version, position, range, standing",
    "marks": "mark, name, version",
}
_DROP = {
    "sqlite": (
        "DROP INDEX uq_records_name_version",
        "DROP INDEX ix_edges_downstream",
        *(f"CREATE TEMPORARY TABLE given_{table} AS SELECT * FROM {table} WHERE 0" for table in _SORTED),
    ),
    "postgresql": (
        "DROP INDEX uq_records_name_version",
        "DROP INDEX ix_edges_downstream",
        "ALTER TABLE edges DROP CONSTRAINT pk_edges",
        "ALTER TABLE marks DROP CONSTRAINT pk_marks",
        *DROP["postgresql"],
        "SET LOCAL maintenance_work_mem = '256MB'",
    ),
}
"""An index is made faster at the end than row by row; a table that is one is filled faster in its order."""
_MAKE = {
    "sqlite": (
        _RECORDS_KEY,
        *(
            statement
            for table, order in _SORTED.items()
            for statement in (
                f"INSERT INTO {table} SELECT * FROM given_{table} ORDER BY {order}",
                f"DROP TABLE given_{table}",
            )
        ),
        "CREATE INDEX ix_edges_downstream ON edges (downstream)",
    ),
    "postgresql": (
        _RECORDS_KEY,
        "ALTER TABLE edges ADD CONSTRAINT pk_edges"
        " PRIMARY KEY (upstream, downstream, kind, version, position) INCLUDE (range, standing)",
        "CREATE INDEX ix_edges_downstream ON edges (downstream)",
        "ALTER TABLE marks ADD CONSTRAINT pk_marks PRIMARY KEY (mark, name, version)",
        *MAKE["postgresql"],
    ),
}


@immutable
class Loaded:
    """How much was taken in."""

    records: int
    edges: int


def load_lines(
    database: Database, audit: SqlAudit, lines: Iterable[bytes], tell: Callable[[int], None] | None = None
) -> Loaded:
    """Take in one record a line; ``tell`` hears how many there are so far.

    Raises:
        InputError: a line is no record, or a record is there already; nothing is taken in then.
    """
    whole = hashlib.sha256()
    count = edges = 0
    with database.writing() as connection:
        last = connection.scalar(select(func.max(records.c.id)))
        empty = last is None
        _run(connection, _DROP[database.dialect] if empty else ())
        try:
            for chunk in chunks(_rows(lines, whole), BATCH):
                _insert(connection, database.dialect, chunk, "given_" if empty else "")
                count += len(chunk)
                edges += sum(len(each.edges) for each in chunk)
                if tell is not None:
                    tell(count)
            _run(connection, _MAKE[database.dialect] if empty else ())
            add_words(connection, 0 if last is None else last)
        except exc.IntegrityError as error:
            raise InputError(
                "Two records have one name and version, or one is in the registry already.",
                advice="Take it out of the lines. Nothing was loaded.",
            ) from error
        audit.append("records.load", f"{count} records", f"sha256:{whole.hexdigest()}")
        connection.execute(text("ANALYZE"))
    return Loaded(count, edges)


def _rows(lines: Iterable[bytes], whole: Any) -> Iterator[Rows]:
    for number, line in enumerate(lines, 1):
        whole.update(line)
        try:
            read = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"Line {number}: got bytes that are no UTF-8.", advice="Write it as UTF-8.") from error
        yield rows_of(read, number)


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _insert(connection: Connection, dialect: str, rows: list[Rows], into: str) -> None:
    tables = (
        ("records", _RECORDS, [each.record for each in rows]),
        ("edges", _EDGES, sorted(chain.from_iterable(each.edges for each in rows))),
        ("marks", _MARKS, sorted(chain.from_iterable(each.marks for each in rows))),
    )
    for table, columns, values in tables:
        if dialect == "postgresql":
            _copy(connection, table, columns, values)
        elif values:
            connection.exec_driver_sql(_insertion(f"{into}{table}" if table in _SORTED else table, columns), values)


def _insertion(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    quoted = ", ".join(f'"{column}"' for column in columns)
    statement = f"COPY {table} ({quoted}) FROM STDIN"
    cursor: Any = connection.connection.cursor()
    driver = connection.dialect.loaded_dbapi
    try:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        raise exc.DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error
    finally:
        cursor.close()
