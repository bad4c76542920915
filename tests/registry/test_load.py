"""Many records at once: the same rows as one by one, all of them or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.registry.hub import BIGGEST, SECOND, hub, lines
from stemma.errors import InputError
from stemma.lineage import reach
from stemma.registry import verify_registry
from stemma.registry.sql import SqlRegistry, load_lines
from stemma.registry.sql.schema import edges, marks, records
from tests.registry.backends import Anew, Backend

SQL = ("sqlite", "postgresql")
_ODD = [
    {"name": "yanked", "version": "1.0.0", "status": {"state": "yanked", "reason": "Wrong data."}},
    {"name": "part", "version": "1.0.0-rc.1+b", "relations": [{"kind": "component-of", "target": "yanked@~1.0.0"}]},
    {
        "name": "child",
        "version": "2.0.0",
        "about": {"title": "child", "+licenses": ["MIT", "é"], "publisher": "Acme"},
        "relations": [
            {"kind": "finetuned-from", "target": "base-0@>=1.0.0,<2"},
            {
                "kind": "merged-from",
                "target": "base-1",
                "evidence": [{"grounds": "E3", "source": "x"}, {"grounds": "E1", "source": "y", "denies": True}],
            },
            {"kind": "copy-of", "target": "child@2.0.0"},
        ],
        "identity": {
            "hubs": [{"hub": "huggingface", "id": "acme/child", "revision": "9f1c0de"}],
            "purls": ["pkg:huggingface/acme/child@9f1c0de"],
            "fingerprint": "sha256:" + "b" * 64,
        },
    },
]


def _lines(count: int = 60) -> list[bytes]:
    odd = [json.dumps({"stemma": 1, "type": "model", **each}, ensure_ascii=False) + "\n" for each in _ODD]
    return [line.encode() for line in (*lines(hub(count)), *odd)]


def _rows(registry: SqlRegistry) -> list[list[tuple[object, ...]]]:
    columns = [column for column in records.c if column.name != "id"]
    with registry.database.reading() as connection:
        queries = (select(*columns), select(edges), select(marks))
        return [sorted(tuple(row) for row in connection.execute(query)) for query in queries]


@pytest.mark.parametrize("anew", SQL, indirect=True)
def test_loaded_records_are_the_same_as_those_put_one_by_one(anew: Anew, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with anew(tmp_path / "a") as first, anew(tmp_path / "b") as second:
        loaded, put = first.open(), second.open()
        assert isinstance(loaded, SqlRegistry)
        assert isinstance(put, SqlRegistry)
        told: list[int] = []
        done = load_lines(loaded.database, loaded.audit, _lines(), told.append)
        for line in _lines():
            put.records.put(line.decode())
        assert (done.records, done.edges) == (63, 104)
        assert told == [63]
        assert _rows(loaded) == _rows(put)
        assert [entry.action for entry in loaded.audit.entries()] == ["records.load"]
        assert verify_registry(loaded).unlogged == 63


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_only_the_owner_reads_a_database_file(kept: Backend) -> None:
    assert Path(kept.url.removeprefix("sqlite:///")).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kept", SQL, indirect=True)
def test_more_is_loaded_into_what_is_there(kept: Backend) -> None:
    registry = kept.open()
    assert isinstance(registry, SqlRegistry)
    registry.records.put(_lines()[-1].decode())
    load_lines(registry.database, registry.audit, _lines()[:-1])
    assert registry.counts()["records"] == 63
    with pytest.raises(InputError, match="one is in the registry already"):
        load_lines(registry.database, registry.audit, _lines()[:1])


@pytest.mark.parametrize("kept", SQL, indirect=True)
def test_the_biggest_families_are_reached_whole(kept: Backend) -> None:
    size, registry = hub(3_000), kept.open()
    assert isinstance(registry, SqlRegistry)
    load_lines(registry.database, registry.audit, (line.encode() for line in lines(size)))
    assert registry.counts()["edges"] == size.edges == 5_000
    for base, members in ((BIGGEST, size.biggest), (SECOND, size.second)):
        assert len(reach(registry.graph, f"{base}@1.0.0", "descendants").nodes) == members + 1


_RECORD = {"stemma": 1, "name": "x", "version": "1.0.0", "type": "model"}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{",
        b"\xff{}",
        b"[" * 100_000,
        json.dumps({**_RECORD, "name": "../x"}).encode(),
        json.dumps({**_RECORD, "name": "X"}).encode(),
        json.dumps({**_RECORD, "name": ["x"]}).encode(),
        json.dumps({**_RECORD, "version": "1"}).encode(),
        json.dumps({**_RECORD, "version": ["1.0.0"]}).encode(),
        json.dumps({**_RECORD, "type": "thing"}).encode(),
        json.dumps({**_RECORD, "about": "x"}).encode(),
        json.dumps({**_RECORD, "about": {"title": "a\0b"}}).encode(),
        json.dumps({**_RECORD, "about": {"title": "\ud800"}}).encode(),
        json.dumps({**_RECORD, "about": {"title": {}}}).encode(),
        json.dumps({**_RECORD, "identity": {"files": 7}}).encode(),
        json.dumps({**_RECORD, "relations": [{"kind": "of", "target": "y"}]}).encode(),
        json.dumps({**_RECORD, "relations": [{"kind": "copy-of", "target": "y@"}]}).encode(),
        json.dumps({**_RECORD, "relations": [{"kind": "copy-of", "target": 7}]}).encode(),
        json.dumps({**_RECORD, "relations": [{"kind": "copy-of", "target": "y", "evidence": [7]}]}).encode(),
        json.dumps({**_RECORD, "relations": {"kind": "copy-of"}}).encode(),
    ],
)
@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_line_that_is_no_record_is_told_and_nothing_is_loaded(kept: Backend, line: bytes) -> None:
    registry = kept.open()
    assert isinstance(registry, SqlRegistry)
    good = json.dumps(_RECORD).encode() + b"\n"
    with pytest.raises(InputError, match="Line 2: got"):
        load_lines(registry.database, registry.audit, [good, line])
    assert not any(registry.counts().values())
