"""A lock holds every range that is reached; what changes afterwards shows as drift, what is merely newer does not."""

from __future__ import annotations

from typing import Any

import pytest

from stemma.errors import MalformedFile
from stemma.identity import Missing
from stemma.records import MemorySource, Record, Resolver, drift, lock_record, lock_text, read_lock, record_from_data


def record(name: str, version: str, *targets: str, kind: str = "finetuned-from", **rest: Any) -> Record:
    relations = [{"kind": kind, "target": target} for target in targets]
    data = {"stemma": 1, "name": name, "version": version, "type": "model", **rest}
    return record_from_data({**data, "relations": relations} if relations else data)


BASE = record("base", "1.0.0", about={"architecture": "x"})
MIDDLE = record("middle", "1.0.0", "base@^1.0.0")
TOP = record("top", "1.0.0", "middle", "gone@1.0.0", kind="composed-from")


def source(*more: Record) -> MemorySource:
    return MemorySource([BASE, MIDDLE, TOP, *more])


def test_a_lock_pins_what_is_reached_and_round_trips() -> None:
    lock = lock_record(source(), TOP)
    assert {asked: pin.key for asked, pin in lock.pins.items()} == {
        "middle": "middle@1.0.0",
        "base@^1.0.0": "base@1.0.0",
    }
    assert list(lock.missing) == ["gone@1.0.0"]
    assert lock.pins["base@^1.0.0"].digest == BASE.digest
    assert read_lock(lock_text(lock)) == lock
    assert lock_text(read_lock(lock_text(lock))) == lock_text(lock)
    assert drift(lock, source(), TOP) == ()


def test_newer_versions_are_no_drift_and_are_not_chosen() -> None:
    lock = lock_record(source(), TOP)
    newer = source(record("base", "1.1.0", about={"architecture": "y"}), record("middle", "2.0.0"))
    assert drift(lock, newer, TOP) == ()
    locked = Resolver(newer, pins=lock.versions, dangling="report").resolve(MIDDLE)
    assert locked.get("about.architecture") == "x"
    assert Resolver(newer).resolve(MIDDLE).get("about.architecture") == "y"
    yanked = source(record("base", "1.0.0", about={"architecture": "x"}, status={"state": "yanked"}))
    assert drift(lock, yanked, TOP) == ()
    assert Resolver(yanked, pins=lock.versions).resolve(MIDDLE).get("about.architecture") == "x"


def test_what_is_not_in_the_lock_is_missing() -> None:
    (edge,) = Resolver(source(), pins={}, dangling="report").edges(MIDDLE)
    assert isinstance(edge.target, Missing) and "lock has no version" in edge.target.reason


@pytest.mark.parametrize(
    ("there", "top", "words"),
    [
        (MemorySource([MIDDLE, TOP]), TOP, ["gone"]),
        (source(record("base", "1.0.0", about={"architecture": "other"})), TOP, ["its content is"]),
        (source(), record("top", "1.0.1", "middle"), ["the record is now top@1.0.1"]),
        (source(), record("top", "1.0.0", "middle", "base"), ["the record is now", "the lock has no version for it"]),
    ],
)
def test_drift(there: MemorySource, top: Record, words: list[str]) -> None:
    found = drift(lock_record(source(), TOP), there, top)
    assert len(found) == len(words)
    assert all(word in each.reason for each, word in zip(found, words, strict=True))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "stemma.lock/2"}', "[" * 100_000, '{"schema":"stemma.lock/1"}']
)
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(MalformedFile, match="expected a lock"):
        read_lock(text, "a.lock")
