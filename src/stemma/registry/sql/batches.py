"""Many values in one statement, and rows kept whether or not they are there, for both databases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import JSON, Connection, FromClause, Table, Text, bindparam, cast, func

from stemma.registry.forms import canonical_texts

T = TypeVar("T")
PAGE = 2_000


def words(dialect: str) -> FromClause:
    """A table of one column ``value`` out of the parameter ``values`` (see :func:`given`)."""
    if dialect == "sqlite":
        return func.json_each(bindparam("values")).table_valued("value", name="given")
    array = cast(bindparam("values", type_=Text), JSON)
    return func.json_array_elements_text(array).table_valued("value", name="given").render_derived()


def given(values: Collection[str]) -> dict[str, Any]:
    """The parameter that holds the values."""
    return {"values": canonical_texts(values)}


def insert_new(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows, in the order of the columns; those whose key is there stay as they are."""
    if rows:
        connection.exec_driver_sql(f"{_insertion(connection, table)} ON CONFLICT DO NOTHING", rows)


def upsert(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows, in the order of the columns, in place of those with their keys."""
    if rows:
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        others = (f'"{column.name}"' for column in table.columns if not column.primary_key)
        changes = ", ".join(f"{name} = excluded.{name}" for name in others)
        statement = f"{_insertion(connection, table)} ON CONFLICT ({keys}) DO UPDATE SET {changes}"
        connection.exec_driver_sql(statement, rows)


def _insertion(connection: Connection, table: Table) -> str:
    """As the driver takes it: with a hundred thousand rows, to name their values would be half of the work."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    gap = "?" if connection.dialect.name == "sqlite" else "%s"
    return f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join([gap] * len(table.columns))})"


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most ``size`` of the values."""
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk
