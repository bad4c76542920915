"""Words by which records are found, and the index over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from stemma.records import parse_record
from stemma.registry.search import words_of
from stemma.registry.sql.word_index import DROP, MAKE, add_words

revision = "0003"
down_revision = "0002"
_PAGE = 1000


def upgrade() -> None:
    """Add the words, then the index."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("records", sa.Column("words", text, nullable=False, server_default=""))
    connection = op.get_bind()
    update = sa.text("UPDATE records SET words = :words WHERE id = :id")
    for page in _pages(connection):
        connection.execute(update, [{"id": id_, "words": words_of(_data(text_))} for id_, text_ in page])
    for statement in MAKE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    add_words(connection, -1)


def downgrade() -> None:
    """Take both away; they can be made again."""
    for statement in DROP[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
    op.drop_column("records", "words")


def _data(text: str) -> Any:
    """The document; those that were loaded in bulk are a line of JSON, which is read a hundred times faster."""
    return json.loads(text) if text.startswith("{") else parse_record(text).data


def _pages(connection: sa.Connection) -> Iterator[list[Any]]:
    query = sa.text("SELECT id, text FROM records WHERE id > :last ORDER BY id LIMIT :most")
    last = -1
    while rows := list(connection.execute(query, {"last": last, "most": _PAGE})):
        yield rows
        last = rows[-1][0]
