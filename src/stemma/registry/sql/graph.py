"""The graph in rows: one statement a call, however many names it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Column, CompoundSelect, Integer, Select, any_, bindparam, func, select, text, union

from stemma.registry.edges import DeclaredEdge, Facts, Held, MeasuredEdge
from stemma.registry.forms import texts_of, value_of
from stemma.registry.marks import owners_of
from stemma.registry.sql.batches import given, words
from stemma.registry.sql.codes import KINDS, STATES, TO_UPSTREAM, TYPES, YANKED
from stemma.registry.sql.database import Database, Query
from stemma.registry.sql.schema import edges, records, rulings
from stemma.vocabulary.relations import Side


class SqlGraph:
    """Implements :class:`stemma.registry.GraphSource`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        sides: tuple[Side, ...] = ("upstream", "downstream")
        self._sides = {side: _edges_query(database.dialect, side) for side in sides}
        self._versions = _versions_query(database.dialect)
        self._facts = _facts_query(database.dialect)
        self._rulings = _rulings_query(database.dialect)
        self._bounded = _bounded_queries(database.dialect)

    def declared(self, names: Collection[str], side: Side, limit: int | None = None) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        asked = set(names)
        found = edges_of(self._rows(self._sides[side], asked) if limit is None else self._first(side, asked, limit))
        found.sort(key=itemgetter(0))  # comparing names alone is fast; then little is left to do
        found.sort()
        return found

    def measured(self, subjects: Collection[str], limit: int | None = None) -> Iterable[MeasuredEdge]:
        """The rulings that one of these subjects has a part in."""
        asked = set(subjects)
        found = dict(self._rows(self._rulings, asked) if limit is None else self._first_rulings(asked, limit))
        return [value_of(MeasuredEdge, line, id) for id, line in sorted(found.items())]  # noqa: A001

    def versions_of(self, names: Collection[str]) -> Mapping[str, Sequence[Held]]:
        """The versions of these names, ascending."""
        found: dict[str, list[Held]] = {}
        for name, version, yanked in self._rows(self._versions, set(names)):
            found.setdefault(name, []).append(_held(version, yanked))
        for held in found.values():
            if len(held) > 1:
                held.sort(key=attrgetter("version"))
        return found

    def facts(self, keys: Collection[str]) -> Mapping[str, Facts]:
        """What these records write of themselves."""
        asked, found = set(keys), {}
        names = {key.partition("@")[0] for key in asked}
        for name, version, of, state, title, publisher, licenses, marks in self._rows(self._facts, names):
            key = f"{name}@{version}"
            if key in asked:
                owners = owners_of(publisher, texts_of(marks) if marks else ())
                found[key] = Facts(TYPES[of], STATES[state], title or name, publisher, _licences(licenses), owners)
        return {key: found[key] for key in sorted(found)}

    def question(self, side: Side, *, bounded: bool = False) -> Query:
        """The statement behind ``declared``, for those who look at plans; its parameter ``values`` is JSON; ``bounded``
        has another, ``most``."""
        return self._bounded[side] if bounded else self._sides[side]

    def _first(self, end: str, asked: Collection[str], limit: int) -> Sequence[Any]:
        return self._rows(self._bounded[end], asked, most=limit)

    def _first_rulings(self, asked: Collection[str], limit: int) -> Iterable[tuple[str, str]]:
        rows = sorted({tuple(row) for end in ("a", "b") for row in self._first(end, asked, limit)})
        return islice({id: line for _, id, line in rows}.items(), limit)  # noqa: A001

    def _rows(self, query: Query, asked: Collection[Any], **more: int) -> Sequence[Any]:
        if not asked:
            return ()
        with self._database.reading() as connection:
            return self._database.rows(connection, query, given(asked) | more)


def edges_of(rows: Iterable[Any]) -> list[DeclaredEdge]:
    """Rows of the table of edges, as edges."""
    new, edge, kinds, forward = tuple.__new__, DeclaredEdge, KINDS, TO_UPSTREAM
    return [
        new(edge, (down, version, position, kinds[code], up, span, standing))
        if code in forward
        else new(edge, (up, version, position, kinds[code], down, span, standing))
        for up, down, code, version, position, span, standing in rows
    ]


@lru_cache(maxsize=16_384)
def _held(version: str, yanked: int) -> Held:
    """One value for all records of a version: most are 1.0.0."""
    return Held(version, bool(yanked))


@lru_cache(maxsize=4_096)
def _licences(line: str) -> tuple[str, ...]:
    """One value for all records that are under the same."""
    return tuple(texts_of(line)) if line else ()


def _edges_query(dialect: str, side: Side) -> Select[Any]:
    asked = words(dialect)
    return select(edges).select_from(asked.join(edges, edges.c[side] == asked.c.value))


def _bounded_queries(dialect: str) -> Mapping[str, Select[Any]]:
    """The first rows by each end, of edges and of rulings, in the order of an index: the rest is not looked at."""
    by_ends = (edges.c.version, edges.c.position, edges.c.kind)
    return {
        "upstream": _first_rows(dialect, edges.c, edges.c.upstream, edges.c.downstream, *by_ends),
        "downstream": _first_rows(dialect, edges.c, edges.c.downstream, edges.c.upstream, *by_ends),
        "a": _first_rows(dialect, (rulings.c.a, rulings.c.id, rulings.c.line), rulings.c.a, rulings.c.id),
        "b": _first_rows(dialect, (rulings.c.b, rulings.c.id, rulings.c.line), rulings.c.b, rulings.c.id),
    }


def _first_rows(dialect: str, columns: Iterable[Column[Any]], end: Column[Any], *order: Column[Any]) -> Select[Any]:
    """As one list of values, not as a table to join: databases then walk an index in the order that is asked for."""
    asked = select(words(dialect).c.value)
    among = end.in_(asked) if dialect == "sqlite" else end == any_(func.array(asked.scalar_subquery()))
    return select(*columns).where(among).order_by(end, *order).limit(bindparam("most", type_=Integer))


def _versions_query(dialect: str) -> Select[Any]:
    """From indexes alone: few records are yanked, and an index holds those. SQLite has to be told to use it."""
    asked = words(dialect)
    found = text(
        "EXISTS (SELECT 1 FROM records AS yanked"
        f"{' INDEXED BY ix_records_yanked' if dialect == 'sqlite' else ''}"
        f" WHERE yanked.state = {YANKED} AND yanked.name = records.name AND yanked.version = records.version)"
    )
    columns = (records.c.name, records.c.version, found)
    return select(*columns).select_from(asked.join(records, records.c.name == asked.c.value))


def _facts_query(dialect: str) -> Select[Any]:
    asked = words(dialect)
    wanted = ("name", "version", "type", "state", "title", "publisher", "licenses", "marks")
    columns = [records.c[column] for column in wanted]
    return select(*columns).select_from(asked.join(records, records.c.name == asked.c.value))


def _rulings_query(dialect: str) -> CompoundSelect[Any]:
    asked = words(dialect)
    sides = (rulings.c.a, rulings.c.b)
    columns = (rulings.c.id, rulings.c.line)
    return union(*(select(*columns).select_from(asked.join(rulings, side == asked.c.value)) for side in sides))
