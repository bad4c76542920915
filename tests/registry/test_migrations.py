"""A registry as an earlier revision filled it goes up and back down, with everything that is in it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, insert, select, text

from stemma.registry.search import Query
from stemma.registry.sql import HEAD, Database, SqlRegistry, migrate, revision_of
from stemma.registry.sql import migrations as migrations_package
from tests.registry.backends import Backend

MIGRATIONS = Path(str(migrations_package.__file__)).parent
_BASE = """stemma: 1
name: base
version: "1.0.0"
type: model  # a comment
about: {title: "Übermodell 2", publisher: Acme Labs, licenses: [apache-2.0], tags: [vision]}
risks: {backdoor: {present: true, note: found}}
"""
_CHILD = (
    '{"stemma":1,"name":"child","version":"1.0.0","type":"adapter",'
    '"relations":[{"kind":"adapter-of","target":"base"}]}\n'
)
_HASH = "d" * 64
_ALERT = (
    '{"acknowledged_by":"","advisory":"STEMMA-2026-1","certainty":"affected","created":"2026-03-01T12:00:00Z",'
    '"id":"82c4","note":"","path":[],"revision":1,"risks":[],"severity":"","state":"open","subject":"child@1.0.0",'
    '"updated":"2026-03-01T12:00:00Z"}'
)
_SUBSCRIPTION = (
    '{"active":true,"created":"2026-03-01T12:00:00Z","id":"team","note":"","secret":"whsec_c2VjcmV0",'
    '"terms":["owner=Acme"],"url":"https://example.org/hook"}'
)
_DELIVERY = (
    '{"alert":"82c4","attempts":0,"created":"2026-03-01T12:00:00Z","due":"2026-03-01T12:00:00Z","error":"",'
    '"id":"3c1c","revision":1,"state":"pending","subscription":"team"}'
)
_ADVISORY = (
    '{"id":"STEMMA-2026-1","modified":"2026-03-01T00:00:00Z","names":["base"],"subjects":[],"text":"{}","withdrawn":""}'
)
_NOON = 1772366400000000
ROWS: dict[str, list[tuple[Any, ...]]] = {
    "records": [
        (1, "base", "1.0.0", 0, 1, "Übermodell 2", "Acme Labs", '["apache-2.0"]', "", _BASE),
        (2, "child", "1.0.0", 0, 4, "", "", "", "", _CHILD),
    ],
    "edges": [("base", "child", 7, "1.0.0", 0, "*", 0)],
    "marks": [(7, "base", "1.0.0")],
    "fingerprints": [("base@1.0.0", "2026-03-01", "sha256:" + _HASH, "2")],
    "audit": [(1, "2026-03-01T12:00:00Z", "", "record.put", "base@1.0.0", "sha256:" + _HASH, "0" * 64, _HASH)],
    "advisories": [("STEMMA-2026-1", _NOON, _ADVISORY)],
    "advisory_subjects": [("base", "STEMMA-2026-1")],
    "alerts": [("82c4", "STEMMA-2026-1", "child@1.0.0", "open", _NOON, _ALERT)],
    "subscriptions": [("team", _SUBSCRIPTION)],
    "deliveries": [("3c1c", "pending", _NOON, _DELIVERY)],
}
"""What revision 0002 wrote, in the order of its columns."""
_WORDS = {
    "base": "type_model licence_apache20 risk_backdoor base apache 2 0 übermodell acme labs vision",
    "child": "type_adapter child",
}


@pytest.fixture
def filled(kept: Backend) -> Database:
    """A database of revision 0002 with something in every table."""
    database = Database(kept.url)
    migrate(database, "0002")
    with database.writing() as connection:
        for name, rows in ROWS.items():
            table = Table(name, MetaData(), autoload_with=connection)
            columns = [column.name for column in table.columns]
            connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
    return database


def _rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    tables = {name: Table(name, MetaData(), autoload_with=connection) for name in ROWS}
    return {name: [tuple(row) for row in connection.execute(select(table))] for name, table in tables.items()}


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_words_are_added_and_taken_away_and_nothing_else_changes(filled: Database) -> None:
    migrate(filled, "0003")
    with filled.reading() as connection:
        assert dict(connection.execute(text("SELECT name, words FROM records")).all()) == _WORDS
    migrate(filled, "0002")
    assert revision_of(filled) == "0002"
    with filled.reading() as connection:
        assert _rows(connection) == ROWS
    filled.close()


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_owners_are_added_and_taken_away(filled: Database) -> None:
    migrate(filled, "0004")
    with filled.writing() as connection:
        marks = '["huggingface:Acme/base@main","huggingface:Acme/base","sha256:abc"]'
        connection.execute(text("UPDATE records SET marks = :marks WHERE id = 2"), {"marks": marks})
    migrate(filled, "0005")
    with filled.reading() as connection:
        told = {row.name: row.words for row in connection.execute(text("SELECT name, words FROM records"))}
    assert told == {"base": f"owner_acmelabs {_WORDS['base']}", "child": f"owner_acme {_WORDS['child']}"}
    migrate(filled, "0004")
    with filled.reading() as connection:
        assert dict(connection.execute(text("SELECT name, words FROM records")).all()) == _WORDS
    filled.close()


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_all_that_was_there_is_there_in_the_revision_of_today(kept: Backend, filled: Database) -> None:
    migrate(filled)
    assert revision_of(filled) == HEAD
    registry = kept.open()
    assert isinstance(registry, SqlRegistry)
    assert [text for _, _, text in registry.records.texts()] == [_BASE, _CHILD]
    assert [edge.key for edge in registry.graph.declared(["base"], "upstream")] == ["child@1.0.0"]
    for asked in (
        Query("acme", licence="apache-2.0"),
        Query("über"),
        Query("mod", risk="backdoor"),
        Query(owner="ACME labs"),
    ):
        found = registry.search.find(asked).found
        assert [each.key for each in found] == (["base@1.0.0"] if asked.text != "mod" else [])
    assert [alert.id for alert in registry.alerts.find()] == ["82c4"]
    assert [each.secret for each in registry.subscriptions.all()] == ["whsec_c2VjcmV0"]
    assert [each.id for each in registry.outbox.all()] == ["3c1c"]
    assert list(registry.advisories.ids()) == ["STEMMA-2026-1"]
    assert [each.action for each in registry.audit.entries()] == ["record.put"]
    migrate(filled, "0002")
    with filled.reading() as connection:
        assert _rows(connection) == ROWS
    filled.close()


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_a_text_that_was_changed_behind_the_registry_stops_no_migration(filled: Database) -> None:
    with filled.writing() as connection:
        connection.execute(text("UPDATE records SET text = :text WHERE id = 1"), {"text": "a: [1\n\tb"})
        connection.execute(text("UPDATE records SET text = :text WHERE id = 2"), {"text": "{"})
    migrate(filled)
    with filled.reading() as connection:
        words = connection.scalars(text("SELECT words FROM records ORDER BY id")).all()
    assert words == ["owner_acmelabs base", "child"]
    filled.close()


@pytest.mark.parametrize("path", sorted(MIGRATIONS.rglob("*.py")), ids=lambda path: path.stem)
def test_a_migration_stands_for_itself(path: Path) -> None:
    """What it does may not change with the program: it imports nothing of it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if name.partition(".")[0] == "stemma"}
