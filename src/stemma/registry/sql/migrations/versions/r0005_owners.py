"""Words by which the records of an owner are found, and an index of the alerts on what has no record."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
_PAGE = 1000
_WORD = re.compile(r"[^\W_]+")
_WHOLE = {"sqlite": "INSERT INTO record_words(record_words) VALUES ('rebuild')"}
"""PostgreSQL keeps its index by itself."""


def upgrade() -> None:
    """Add the words of owners, which come from columns beside them."""
    connection = op.get_bind()
    query = "SELECT id, publisher, marks, words FROM records WHERE id > :last ORDER BY id LIMIT :most"
    for page in _pages(connection, query):
        _write(connection, [{"id": row.id, "words": " ".join((*_owners(row), row.words)).strip()} for row in page])
    _rebuild(connection)
    where = sa.text("subject NOT LIKE '%@%' OR subject LIKE 'model:%'")
    op.create_index("ix_alerts_unrecorded", "alerts", ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take them away; no other word begins so."""
    op.drop_index("ix_alerts_unrecorded", "alerts")
    connection = op.get_bind()
    query = "SELECT id, words FROM records WHERE id > :last ORDER BY id LIMIT :most"
    for page in _pages(connection, query):
        kept = ((row.id, [word for word in row.words.split(" ") if not word.startswith("owner_")]) for row in page)
        _write(connection, [{"id": number, "words": " ".join(words)} for number, words in kept])
    _rebuild(connection)


def _owners(row: Any) -> list[str]:
    places = [mark.partition(":")[2] for mark in (json.loads(row.marks) if row.marks else []) if _is_place(mark)]
    owners = {place.partition("/")[0].casefold() for place in places if "/" in place}
    owners |= {row.publisher.casefold()} if row.publisher else set()
    return list(dict.fromkeys(f"owner_{_joined(owner)[:40]}" for owner in sorted(owners)[:80]))


def _is_place(mark: str) -> bool:
    return not mark.startswith(("sha256:", "blake3:"))


def _joined(text: str) -> str:
    return "".join(word[:40] for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _write(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(sa.text("UPDATE records SET words = :words WHERE id = :id"), rows)


def _rebuild(connection: sa.Connection) -> None:
    if connection.dialect.name in _WHOLE:
        connection.exec_driver_sql(_WHOLE[connection.dialect.name])


def _pages(connection: sa.Connection, query: str) -> Iterator[list[Any]]:
    last = -1
    while rows := list(connection.execute(sa.text(query), {"last": last, "most": _PAGE})):
        yield rows
        last = rows[-1].id
