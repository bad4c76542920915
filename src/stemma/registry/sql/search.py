"""Records found by words in a database: an index of beginnings of words, kept by the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select, text

from stemma.registry.edges import DeclaredEdge
from stemma.registry.interface import GraphSource
from stemma.registry.search import MOST, FoundPage, Query, page_of
from stemma.registry.sql.database import Database
from stemma.registry.sql.graph import edges_of
from stemma.registry.sql.schema import edges

_BY_WORDS = {
    "sqlite": (
        "SELECT r.name, r.version FROM record_words w JOIN records r ON r.id = w.rowid"
        " WHERE record_words MATCH :asked ORDER BY w.rowid LIMIT :most"
    ),
    "postgresql": (
        "SELECT name, version FROM records"
        " WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:asked AS tsquery) LIMIT :most"
    ),
}
_BY_NAME = "SELECT name, version FROM records WHERE name >= :low AND name < :high ORDER BY name LIMIT :most"
_ALL = "SELECT name, version FROM records ORDER BY name LIMIT :most"
_LAST = "\U0010ffff"


class SqlSearch:
    """Implements :class:`stemma.registry.SearchSource`."""

    def __init__(self, database: Database, graph: GraphSource) -> None:
        self._database, self._graph = database, graph

    def find(self, query: Query, *, offset: int = 0, limit: int = 20) -> FoundPage:
        """What fits a query; of more than ``MOST`` candidates those that came first."""
        with self._database.reading() as connection:
            rows = self._candidates(connection, query)
        most = any(len(part) >= MOST for part in rows)
        candidates = {(name, version) for part in rows for name, version in part}
        return page_of(candidates, self._graph, query, offset, limit, complete=not most)

    def keys(self, query: Query) -> Sequence[str]:
        """Every version that fits a query, as ``name@version``."""
        statement = text(_BY_WORDS[self._database.dialect] if not query.empty else _ALL)
        asked: dict[str, Any] = {"most": -1 if self._database.dialect == "sqlite" else None}
        if not query.empty:
            asked["asked"] = _asked(self._database.dialect, query)
        with self._database.reading() as connection:
            return sorted(f"{name}@{version}" for name, version in connection.execute(statement, asked))

    def made_of(self, name: str, limit: int) -> tuple[Sequence[DeclaredEdge], int]:
        """The first of the declared edges whose upstream end bears a name, and how many there are."""
        its = edges.c.upstream == name
        order = (edges.c.upstream, edges.c.downstream, edges.c.kind, edges.c.version, edges.c.position)
        with self._database.reading() as connection:
            count = connection.scalar(select(func.count()).select_from(edges).where(its)) or 0
            rows = connection.execute(select(edges).where(its).order_by(*order).limit(limit)).all()
        return sorted(edges_of(rows)), count

    def _candidates(self, connection: Connection, query: Query) -> list[list[Any]]:
        if query.empty:
            return [list(connection.execute(text(_ALL), {"most": MOST}))]
        asked = {"asked": _asked(self._database.dialect, query), "most": MOST}
        rows = [list(connection.execute(text(_BY_WORDS[self._database.dialect]), asked))]
        if query.beginnings and not query.marks:  # of very many candidates, not to miss the name itself
            low = "-".join(query.beginnings)
            rows.append(list(connection.execute(text(_BY_NAME), {"low": low, "high": low + _LAST, "most": MOST})))
        return rows


def _asked(dialect: str, query: Query) -> str:
    """The query in the words of the database; letters, digits and underscores are all that it holds."""
    if dialect == "sqlite":
        return " AND ".join([*(f'"{word}"*' for word in query.beginnings), *(f'"{mark}"' for mark in query.marks)])
    return " & ".join([*(f"'{word}':*" for word in query.beginnings), *(f"'{mark}'" for mark in query.marks)])
