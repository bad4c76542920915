"""Many values in one statement, and rows kept whether or not they are there, for both databases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import JSON, Connection, FromClause, Table, Text, bindparam, cast, func
from sqlalchemy.dialects import postgresql, sqlite

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


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose key is there stay as they are."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, in place of those with their keys."""
    if rows:
        statement = _insert(connection, table)
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def _insert(connection: Connection, table: Table) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most ``size`` of the values."""
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk
