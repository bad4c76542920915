"""Words by which records are found, and the index over them.

Like every migration it stands for itself: what the program does today is no part of it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0003"
down_revision = "0002"
_PAGE = 1000
_WORD = re.compile(r"[^\W_]+")
_FIELDS = ("title", "publisher", "architecture", "model_type", "tags", "+tags", "tasks", "+tasks")
_MAKE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE record_words USING fts5(words, content='records', content_rowid='id', detail='none',"
        " prefix='2 3', tokenize=\"ascii tokenchars '_'\")",
        "INSERT INTO record_words(rowid, words) SELECT id, words FROM records",
    ),
    "postgresql": (
        "CREATE INDEX ix_records_words ON records USING gin (array_to_tsvector(string_to_array(words, ' ')))",
    ),
}
_DROP = {"sqlite": "DROP TABLE record_words", "postgresql": "DROP INDEX ix_records_words"}


def upgrade() -> None:
    """Add the words, then the index."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("records", sa.Column("words", text, nullable=False, server_default=""))
    connection = op.get_bind()
    update = sa.text("UPDATE records SET words = :words WHERE id = :id")
    for page in _pages(connection):
        connection.execute(update, [{"id": row.id, "words": _words(row.name, row.text)} for row in page])
    for statement in _MAKE[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """Take both away; they can be made again."""
    op.get_bind().exec_driver_sql(_DROP[op.get_bind().dialect.name])
    op.drop_column("records", "words")


def _pages(connection: sa.Connection) -> Iterator[list[Any]]:
    query = sa.text("SELECT id, name, text FROM records WHERE id > :last ORDER BY id LIMIT :most")
    last = -1
    while rows := list(connection.execute(query, {"last": last, "most": _PAGE})):
        yield rows
        last = rows[-1].id


def _words(name: str, text: str) -> str:
    """The words of a record; of a text that was changed behind the registry those of its name."""
    data = _data(text)
    about = data.get("about") or {}
    licences = _texts(about.get("licenses") or about.get("+licenses"))
    found = [
        *(_mark("type", each) for each in _texts(data.get("type"))),
        *(_mark("licence", each) for each in licences),
    ]
    found += [_mark("risk", risk) for risk, value in (data.get("risks") or {}).items() if _present(value)]
    for each in (name, *licences, *(each for field in _FIELDS for each in _texts(about.get(field)))):
        found += _split(each)
    return " ".join(list(dict.fromkeys(found))[:80])


def _data(text: str) -> dict[str, Any]:
    """The document; those that were loaded in bulk are a line of JSON, which is read a hundred times faster."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        data = json.loads(text) if text.startswith("{") else yaml.load(text, Loader=loader)
    except (ValueError, RecursionError, yaml.YAMLError):
        return {}
    return data if isinstance(data, dict) else {}


def _split(text: str) -> list[str]:
    return [word[:40] for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]


def _mark(name: str, value: str) -> str:
    return f"{name}_{''.join(_split(value))[:40]}"


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [] if value is None else [str(value)]


def _present(value: Any) -> bool:
    return value is True or (isinstance(value, dict) and value.get("present") is True)
