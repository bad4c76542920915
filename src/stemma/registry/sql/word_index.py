"""The index over the words of records. PostgreSQL keeps it as any other; SQLite's is a table of its own, written here:
a trigger may not write to it, since schemas are not trusted.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

MAKE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE record_words USING fts5(words, content='records', content_rowid='id', detail='none',"
        " prefix='2 3', tokenize=\"ascii tokenchars '_'\")",
    ),
    "postgresql": (
        "CREATE INDEX ix_records_words ON records USING gin (array_to_tsvector(string_to_array(words, ' ')))",
    ),
}
DROP = {"sqlite": ("DROP TABLE record_words",), "postgresql": ("DROP INDEX ix_records_words",)}
_ADD = text("INSERT INTO record_words(rowid, words) SELECT id, words FROM records WHERE id > :after")
_ADD_ONE = text(
    "INSERT INTO record_words(rowid, words) SELECT id, words FROM records WHERE name = :name AND version = :version"
)
_TAKE = text(
    "INSERT INTO record_words(record_words, rowid, words)"
    " SELECT 'delete', id, words FROM records WHERE name = :name AND version = :version"
)


def add_word(connection: Connection, name: str, version: str) -> None:
    """A record was put in."""
    if connection.dialect.name == "sqlite":
        connection.execute(_ADD_ONE, {"name": name, "version": version})


def take_word(connection: Connection, name: str, version: str) -> None:
    """A record is about to be taken out."""
    if connection.dialect.name == "sqlite":
        connection.execute(_TAKE, {"name": name, "version": version})


def add_words(connection: Connection, after: int) -> None:
    """Records with numbers above ``after`` were put in."""
    if connection.dialect.name == "sqlite":
        connection.execute(_ADD, {"after": after})
