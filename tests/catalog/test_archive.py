"""Export and import: one catalog, one file, to the byte; a hostile file is refused and leaves no trace."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemma.catalog import Catalog, Change
from stemma.catalog.archive import FORMAT, MANIFEST
from stemma.catalog.store import digest_of
from stemma.errors import (
    IncompatibleFingerprint,
    InputError,
    LimitExceeded,
    MalformedFile,
    StemmaError,
    UnsafeFile,
    UnsupportedFormat,
)
from stemma.fingerprint import to_bytes
from stemma.fingerprint.store import LIMIT
from tests.catalog.prints import make, other_schema
from tests.catalog.test_catalog import contents, run_limited

Members = list[tuple[str, bytes]]


def members(*names: str) -> Members:
    """What an honest export of ``names`` holds."""
    prints = {name: to_bytes(make(number)) for number, name in enumerate(names)}
    listed = {name: {"sha256": digest_of(data).hex, "size": len(data)} for name, data in prints.items()}
    manifest = {"format": FORMAT, "schema": make(0).schema, "fingerprints": listed}
    return [
        (MANIFEST, json.dumps(manifest).encode()),
        *((f"fingerprints/{name}.stemma", data) for name, data in prints.items()),
    ]


def write(path: Path, content: Members, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return path


def with_manifest(content: Members, change: Callable[[dict[str, Any]], None]) -> Members:
    manifest = json.loads(content[0][1])
    change(manifest)
    return [(MANIFEST, json.dumps(manifest).encode()), *content[1:]]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog(tmp_path / "catalog")
    made.add(make(100), name="mine")
    return made


class TestRoundTrip:
    def test_everything_comes_back(self, catalog: Catalog, tmp_path: Path) -> None:
        catalog.add_all([(None, make(n)) for n in range(5)])
        assert catalog.export(tmp_path / "all.zip") == 6
        copy = Catalog(tmp_path / "copy")
        assert {a.change for a in copy.import_(tmp_path / "all.zip")} == {Change.ADDED}
        assert copy.names() == catalog.names()
        assert copy.verify() == ()
        assert all(to_bytes(copy.get(n)) == to_bytes(catalog.get(n)) for n in copy.names())

    def test_the_same_entries_give_the_same_file(self, tmp_path: Path) -> None:
        for name, order in (("one", (1, 2, 3)), ("two", (3, 2, 1))):
            made = Catalog(tmp_path / name)
            for number in order:
                made.add(make(number))
            made.add(make(9), name="x")
            made.remove("x")
            made.export(tmp_path / f"{name}.zip")
        assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()

    def test_importing_twice_changes_nothing(self, catalog: Catalog, tmp_path: Path) -> None:
        path = write(tmp_path / "a.zip", members("a", "b"))
        catalog.import_(path)
        before = contents(catalog.directory)
        assert {a.change for a in catalog.import_(path)} == {Change.UNCHANGED}
        assert contents(catalog.directory) == before

    def test_replacing(self, catalog: Catalog, tmp_path: Path) -> None:
        path = write(tmp_path / "a.zip", members("a", "mine"))
        with pytest.raises(InputError, match="is taken"):
            catalog.import_(path)
        assert catalog.names() == ("mine",)
        assert [a.change.value for a in catalog.import_(path, replace=True)] == ["added", "replaced"]
        assert catalog.verify() == ()

    def test_any_zip_tool_reads_it(self, catalog: Catalog, tmp_path: Path) -> None:
        catalog.export(tmp_path / "a.zip")
        with zipfile.ZipFile(tmp_path / "a.zip") as archive:
            assert archive.testzip() is None
            assert archive.namelist() == [MANIFEST, "fingerprints/mine.stemma"]

    def test_a_damaged_entry_is_not_exported(self, catalog: Catalog, tmp_path: Path) -> None:
        path = next((catalog.directory / "fingerprints").iterdir())
        path.write_bytes(b"x" + path.read_bytes()[1:])
        with pytest.raises(MalformedFile, match="other content"):
            catalog.export(tmp_path / "a.zip")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["catalog"]

    def test_a_full_disk_leaves_nothing(self, catalog: Catalog, tmp_path: Path) -> None:
        out = run_limited(catalog.directory, f"export({str(tmp_path / 'a.zip')!r})", 3000)
        assert "could not be written" in out
        assert sorted(p.name for p in tmp_path.iterdir()) == ["catalog"]


def extra_member(content: Members) -> Members:
    return [*content, ("fingerprints/c.stemma", b"x")]


def missing_member(content: Members) -> Members:
    return content[:-1]


def wrong_digest(content: Members) -> Members:
    name, data = content[-1]
    return [*content[:-1], (name, data[:-1] + b"?")]


def wrong_size(content: Members) -> Members:
    return with_manifest(content, lambda m: m["fingerprints"]["b"].update(size=3))


def huge_size(content: Members) -> Members:
    return with_manifest(content, lambda m: m["fingerprints"]["b"].update(size=LIMIT + 1))


def escaping_name(content: Members) -> Members:
    changed = with_manifest(content, lambda m: m["fingerprints"].update({"../../x": m["fingerprints"].pop("b")}))
    return [*changed[:-1], ("fingerprints/../../x.stemma", content[-1][1])]


def absolute_name(content: Members) -> Members:
    return [*content, ("/etc/passwd", b"x")]


def same_member_twice(content: Members) -> Members:
    return [*content, content[-1]]


def no_manifest(content: Members) -> Members:
    return content[1:]


def other_format(content: Members) -> Members:
    return with_manifest(content, lambda m: m.update(format="x"))


def deep_manifest(content: Members) -> Members:
    return [(MANIFEST, b"[" * 200_000), *content[1:]]


def another_schema(content: Members) -> Members:
    return with_manifest(content, lambda m: m.update(schema="x"))


def no_fingerprint(content: Members) -> Members:
    data = b"no fingerprint"
    changed = with_manifest(
        content, lambda m: m["fingerprints"].update(b={"sha256": digest_of(data).hex, "size": len(data)})
    )
    return [*changed[:-1], (content[-1][0], data)]


def mixed_schemas(content: Members) -> Members:
    data = to_bytes(other_schema(1))
    changed = with_manifest(
        content, lambda m: m["fingerprints"].update(b={"sha256": digest_of(data).hex, "size": len(data)})
    )
    return [*changed[:-1], (content[-1][0], data)]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("hostile", "error"),
    [
        (extra_member, MalformedFile),
        (missing_member, MalformedFile),
        (wrong_digest, MalformedFile),
        (wrong_size, MalformedFile),
        (huge_size, LimitExceeded),
        (escaping_name, UnsafeFile),
        (absolute_name, MalformedFile),
        (same_member_twice, MalformedFile),
        (no_manifest, MalformedFile),
        (other_format, MalformedFile),
        (deep_manifest, LimitExceeded),
        (another_schema, MalformedFile),
        (no_fingerprint, StemmaError),
        (mixed_schemas, MalformedFile),
    ],
)
def test_hostile_archives_leave_no_trace(
    catalog: Catalog, tmp_path: Path, hostile: Callable[[Members], Members], error: type[StemmaError]
) -> None:
    before = contents(tmp_path)
    path = write(tmp_path / "h.zip", hostile(members("a", "b")))
    with pytest.raises(error):
        catalog.import_(path)
    path.unlink()
    assert contents(tmp_path) == before
    assert catalog.verify() == ()


def test_compressed_members_are_refused(catalog: Catalog, tmp_path: Path) -> None:
    path = write(tmp_path / "h.zip", members("a"), zipfile.ZIP_DEFLATED)
    with pytest.raises(UnsupportedFormat, match="compressed"):
        catalog.import_(path)


def test_members_that_overlap_are_refused(catalog: Catalog, tmp_path: Path) -> None:
    """Many directory entries over one stretch of data: a bomb that needs no compression."""
    path = write(tmp_path / "h.zip", [("a" * 8, bytes(4000)), ("b" * 8, b"")])
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 1)
    data[second + 20 : second + 28] = data[first + 20 : first + 28]
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    path.write_bytes(data)
    with pytest.raises(UnsafeFile, match="overlap"):
        catalog.import_(path)


def test_a_schema_that_the_catalog_does_not_hold(catalog: Catalog, tmp_path: Path) -> None:
    other = Catalog(tmp_path / "other")
    other.add(other_schema(1), name="o")
    other.export(tmp_path / "o.zip")
    with pytest.raises(IncompatibleFingerprint):
        catalog.import_(tmp_path / "o.zip")
    assert catalog.names() == ("mine",)


def test_a_file_that_is_not_there(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(StemmaError):
        catalog.import_(tmp_path / "none.zip")
    with pytest.raises(StemmaError):
        catalog.import_(tmp_path)


HONEST = members("a", "b")


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_anywhere_give_all_or_nothing(tmp_path: Path, data: st.DataObject) -> None:
    path = write(tmp_path / "d.zip", HONEST)
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))])
    catalog = Catalog(tmp_path / "target")
    try:
        catalog.import_(path)
    except StemmaError:
        assert not catalog.exists
        return
    assert catalog.names() == ("a", "b")
    assert catalog.verify() == ()
    for name in catalog.names():
        catalog.remove(name)
    (catalog.directory / "index.jsonl").unlink()
