"""``stemma registry ...``, and commands on records in every kind of registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.registry.hub import hub, lines
from stemma.registry.sql import HEAD
from tests.cli.conftest import Command
from tests.cli.test_commands import valid
from tests.registry.conftest import postgres
from tools.postgres import Cluster

__all__ = ["postgres"]


@pytest.fixture(params=["directory", "file", "url", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """How a registry is named that is not there yet; of PostgreSQL an empty database is."""
    if request.param != "postgresql":
        names = {"directory": "records", "file": "models.db", "url": "models.db"}
        yield f"{'sqlite:///' if request.param == 'url' else ''}{tmp_path}/{names[request.param]}"
        return
    server: Cluster = request.getfixturevalue("postgres")
    url = server.fresh()
    yield url
    server.drop(url)


def test_a_registry_from_its_making_to_its_export(stemma: Command, place: str, tmp_path: Path) -> None:
    assert stemma("registry", "init", place).err == "made\n"
    assert stemma("registry", "init", place).err == "It is there already; nothing changed.\n"
    assert stemma("record", "new", "base", "-r", place).code == 0
    assert stemma("record", "new", "child", "--from", "base", STEMMA_REGISTRY=place).code == 0
    bumped = stemma("record", "bump", "child", "--level", "minor", "-r", place)
    assert bumped.out.strip().endswith(("child@1.1.0", "child-1.1.0.yaml"))
    shown = json.loads(stemma("record", "show", "child", "-r", place, "--format", "json").out)
    assert shown["order"] == ["child@1.1.0", "base@1.0.0"]
    assert stemma("publish", "child", "-r", place, "--format", "markdown").code == 0
    found = valid(stemma("registry", "stats", "-r", place, "--format", "json").out, "stemma.registry-statistics/1")
    assert (found["counts"]["records"], found["counts"]["edges"], found["counts"]["audit"]) == (3, 2, 4)
    sound = valid(stemma("registry", "verify", "-r", place, "--format", "json").out, "stemma.registry-verification/1")
    assert (sound["sound"], sound["records"], sound["unlogged"], sound["head"]) == (True, 3, 0, found["head"])
    out = tmp_path / "out"
    assert "3 records" in stemma("registry", "export", str(out), "-r", place).err
    assert stemma("registry", "export", str(out), "-r", place).code == 3
    other = str(tmp_path / "other.db")
    stemma("registry", "init", other)
    assert stemma("registry", "import", str(out), "-r", other).code == 0
    assert "3" in stemma("registry", "stats", "-r", other).out


def test_what_was_changed_behind_the_log_is_told(stemma: Command, tmp_path: Path) -> None:
    place = str(tmp_path / "records")
    stemma("registry", "init", place)
    stemma("record", "new", "base", "-r", place)
    file = tmp_path / "records" / "base" / "base-1.0.0.yaml"
    file.write_text(file.read_text() + "about: {title: Other}\n")
    found = stemma("registry", "verify", "-r", place)
    assert found.code == 3
    assert "base@1.0.0 is not what was put there." in found.out
    assert stemma("registry", "verify", "-r", place, "--format", "json").code == 3


def test_a_plain_directory_stays_one(stemma: Command, tmp_path: Path) -> None:
    stemma("record", "new", "base", "-r", str(tmp_path))
    assert [each.name for each in tmp_path.iterdir()] == ["base"]


def test_lines_are_loaded_into_a_database_alone(stemma: Command, tmp_path: Path) -> None:
    file, place = tmp_path / "hub.jsonl", str(tmp_path / "models.db")
    file.write_text("".join(lines(hub(600))))
    stemma("registry", "init", place)
    assert stemma("registry", "import", str(file), "-r", place).err == "imported: 600 records, 1,000 edges\n"
    assert stemma("registry", "import", str(file), "-r", place).code == 3
    assert stemma("registry", "import", str(file), "-r", str(tmp_path / "records")).code == 3
    assert stemma("record", "show", "base-1", "-r", place).code == 0
    file.write_text(
        '{"stemma":1,"name":"x","version":"1.0.0","type":"model","relations":[{"kind":"of","target":"y"}]}\n'
    )
    refused = stemma("registry", "import", str(file), "-r", place)
    assert (refused.code, "Line 1: got what is no record" in refused.err) == (3, True)


def test_tables_go_back_and_forth(stemma: Command, tmp_path: Path) -> None:
    place = str(tmp_path / "models.db")
    stemma("registry", "init", place)
    assert stemma("registry", "migrate", "-r", place).err == f"revision {HEAD}; nothing changed\n"
    assert stemma("registry", "migrate", "--to", "0001", "-r", place).err == f"revision {HEAD} to 0001\n"
    refused = stemma("registry", "stats", "-r", place)
    assert (refused.code, "stemma registry migrate" in refused.err) == (3, True)
    assert stemma("registry", "migrate", "-r", place).err == f"revision 0001 to {HEAD}\n"
    assert stemma("registry", "migrate", "-r", str(tmp_path)).code == 3


@pytest.mark.parametrize("words", [("stats",), ("verify",), ("export", "x"), ("migrate",)])
def test_a_registry_that_is_not_there(stemma: Command, tmp_path: Path, words: tuple[str, ...]) -> None:
    for place in ("none.db", "mysql://localhost/x", "postgresql://me:secret@127.0.0.1:1/x"):
        where = place if "://" in place else str(tmp_path / place)
        result = stemma("registry", *words, "-r", where)
        assert result.code == 3
        assert "secret" not in result.err
        assert "internal error" not in result.err
