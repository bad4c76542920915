"""What is wrong is found and named; a repair makes the catalog sound again from its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stemma.catalog import Catalog, FaultKind
from stemma.catalog.files import TEMPORARY
from stemma.catalog.names import file_name
from stemma.catalog.store import digest_of
from stemma.errors import InputError
from stemma.fingerprint import to_bytes
from tests.catalog.prints import make, other_schema


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog(tmp_path / "catalog")
    made.add_all([(name, make(number)) for number, name in enumerate("abc")])
    return made


def file_of(catalog: Catalog, name: str) -> Path:
    return next((catalog.directory / "fingerprints").glob(f"{name}.*"))


def put(catalog: Catalog, name: str, data: bytes) -> Path:
    path = catalog.directory / "fingerprints" / file_name(name, digest_of(data))
    path.write_bytes(data)
    return path


def lose(catalog: Catalog) -> None:
    file_of(catalog, "b").unlink()


def change_bytes(catalog: Catalog) -> None:
    path = file_of(catalog, "b")
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def change_vector(catalog: Catalog) -> None:
    path = next(catalog.directory.glob("vectors-*"))
    data = bytearray(path.read_bytes())
    data[1024:1028] = b"\0\0\0\0"
    path.write_bytes(data)


def shorten_vectors(catalog: Catalog) -> None:
    path = next(catalog.directory.glob("vectors-*"))
    path.write_bytes(path.read_bytes()[:-4])


def break_index(catalog: Catalog) -> None:
    (catalog.directory / "index.jsonl").write_bytes(b"nonsense\n")


def remove_index(catalog: Catalog) -> None:
    (catalog.directory / "index.jsonl").unlink()


def tear_index(catalog: Catalog) -> None:
    with (catalog.directory / "index.jsonl").open("ab") as stream:
        stream.write(b'{"add":[')


def orphan(catalog: Catalog) -> None:
    put(catalog, "d", to_bytes(make(9)))


def leave_a_temporary(catalog: Catalog) -> None:
    (catalog.directory / f"{TEMPORARY}0123").mkdir()
    (catalog.directory / f"{TEMPORARY}0123" / "x").write_bytes(b"x")


@pytest.mark.parametrize(
    ("damage", "kinds", "names"),
    [
        (lose, {FaultKind.MISSING_FILE}, "ac"),
        (change_bytes, {FaultKind.WRONG_DIGEST}, "ac"),
        (change_vector, {FaultKind.WRONG_VECTOR}, "abc"),
        (shorten_vectors, {FaultKind.INDEX}, "abc"),
        (break_index, {FaultKind.INDEX, FaultKind.NOT_INDEXED}, "abc"),
        (remove_index, {FaultKind.INDEX, FaultKind.NOT_INDEXED}, "abc"),
        (tear_index, {FaultKind.INDEX}, "abc"),
        (orphan, {FaultKind.NOT_INDEXED}, "abcd"),
        (leave_a_temporary, {FaultKind.STRAY}, "abc"),
    ],
)
def test_found_and_repaired(
    catalog: Catalog, damage: Callable[[Catalog], None], kinds: set[FaultKind], names: str
) -> None:
    assert catalog.verify() == ()
    damage(catalog)
    faults = catalog.verify()
    assert {fault.kind for fault in faults} == kinds
    assert all(fault.detail for fault in faults)
    repair = catalog.repair()
    assert set(repair.kept) | set(repair.adopted) == set(names)
    assert catalog.names() == tuple(names)
    assert [catalog.search(make(i).sketch, 1)[0].name for i in (0, 2)] == ["a", "c"]
    assert catalog.verify() == () or damage is change_bytes


def test_a_damaged_file_is_dropped_from_the_index_but_not_deleted(catalog: Catalog) -> None:
    change_bytes(catalog)
    dropped = catalog.repair().dropped
    assert "b" in {fault.name for fault in dropped}
    assert file_of(catalog, "b").exists()
    assert {fault.kind for fault in catalog.verify()} == {FaultKind.WRONG_DIGEST}


def test_files_of_other_names_are_left_alone(catalog: Catalog) -> None:
    stray = catalog.directory / "fingerprints" / "notes.txt"
    stray.write_text("mine")
    assert [fault.kind for fault in catalog.verify()] == [FaultKind.STRAY]
    catalog.repair()
    assert stray.read_text() == "mine"


def test_an_entry_that_is_sound_wins_over_a_loose_file_of_its_name(catalog: Catalog) -> None:
    put(catalog, "a", to_bytes(make(50)))
    assert catalog.repair().kept == ("a", "b", "c")
    assert catalog.get("a").label == make(0).label


def test_a_loose_file_of_another_schema_or_without_a_sound_vector_is_refused(catalog: Catalog) -> None:
    put(catalog, "d", to_bytes(other_schema(4)))
    put(catalog, "e", to_bytes(replace(make(5), sketch=make(5).sketch * 2)))
    put(catalog, "f", b"no fingerprint")
    assert {fault.kind for fault in catalog.repair().dropped} == {FaultKind.WRONG_SCHEMA, FaultKind.UNREADABLE}
    assert catalog.names() == ("a", "b", "c")


def test_a_file_with_a_true_digest_that_is_no_fingerprint(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    catalog.add(make(1), name="a")
    data = b"not a fingerprint"
    index = catalog.directory / "index.jsonl"
    put(catalog, "b", data)
    with index.open("ab") as stream:
        line = f'{{"add":[{{"name":"b","sha256":"{digest_of(data).hex}","size":{len(data)}}}],"remove":[]}}\n'
        stream.write(line.encode())
    vectors = next(catalog.directory.glob("vectors-*"))
    vectors.write_bytes(vectors.read_bytes() * 2)
    assert [(f.kind, f.name) for f in catalog.verify()] == [(FaultKind.UNREADABLE, "b")]


def test_repair_is_canonical(tmp_path: Path) -> None:
    one, two = Catalog(tmp_path / "one"), Catalog(tmp_path / "two")
    for catalog, order in ((one, (1, 2, 3)), (two, (3, 1, 2))):
        for number in order:
            catalog.add(make(number))
        catalog.repair()
    for name in ("index.jsonl", "vectors-000002.f32"):
        assert (one.directory / name).read_bytes() == (two.directory / name).read_bytes()


def test_nothing_to_build_from(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    catalog.add(make(1))
    file_of(catalog, "org--model-1").unlink()
    with pytest.raises(InputError, match="no intact fingerprint"):
        catalog.repair()
