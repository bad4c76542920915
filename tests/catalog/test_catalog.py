"""Adding, removing, reading: whole or not at all, the same thing twice changes nothing."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.catalog import Catalog, Change, name_from_label
from stemma.catalog.files import clear_errors
from stemma.catalog.journal import Head, head_line, read_journal
from stemma.catalog.names import MAX_NAME, file_name, is_name, name_of_file
from stemma.errors import IncompatibleFingerprint, InputError, MalformedFile, SourceChanged, StemmaError
from stemma.fingerprint import to_bytes
from stemma.identity import Digest
from tests.catalog.prints import make, other_schema


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog")


def contents(directory: Path) -> dict[str, bytes]:
    """Every file but the lock."""
    files = [p for p in sorted(directory.rglob("*")) if p.is_file() and p.name != "lock"]
    return {str(p.relative_to(directory)): p.read_bytes() for p in files}


class TestAdding:
    def test_what_was_added_comes_back(self, catalog: Catalog) -> None:
        added = catalog.add(make(1))
        assert added.change is Change.ADDED
        assert catalog.names() == ("org--model-1",)
        assert catalog.size == 1
        assert catalog.entries() == (added.entry,)
        assert to_bytes(catalog.get("org--model-1")) == to_bytes(make(1))
        assert catalog.schema == make(1).schema
        assert catalog.verify() == ()

    def test_the_same_twice_changes_nothing(self, catalog: Catalog) -> None:
        catalog.add(make(1))
        before = contents(catalog.directory)
        assert catalog.add(make(1)).change is Change.UNCHANGED
        assert contents(catalog.directory) == before

    def test_other_content_under_a_taken_name(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        before = contents(catalog.directory)
        with pytest.raises(InputError, match="is taken") as caught:
            catalog.add(make(2), name="a")
        assert "--replace" in caught.value.advice
        assert contents(catalog.directory) == before

    def test_replacing(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        assert catalog.add(make(2), name="a", replace=True).change is Change.REPLACED
        assert catalog.names() == ("a",)
        assert catalog.get("a").label == make(2).label
        assert catalog.search(make(2).sketch, 5)[0].cosine == pytest.approx(1, abs=1e-6)
        assert len(catalog.search(make(2).sketch, 5)) == 1
        assert len(list((catalog.directory / "fingerprints").iterdir())) == 1
        assert catalog.verify() == ()

    def test_names_that_differ_by_case_alone(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="Model")
        with pytest.raises(InputError, match="'Model'"):
            catalog.add(make(2), name="model", replace=True)

    def test_one_content_under_two_names(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        catalog.add(make(1), name="b")
        catalog.remove("a")
        assert catalog.get("b").label == make(1).label

    def test_another_schema(self, catalog: Catalog) -> None:
        catalog.add(make(1))
        with pytest.raises(IncompatibleFingerprint, match="more=1") as caught:
            catalog.add(other_schema(2))
        assert "second catalog" in caught.value.advice
        assert catalog.size == 1

    def test_an_empty_catalog_takes_any_schema(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        catalog.remove("a")
        catalog.add(other_schema(2), name="b")
        assert (catalog.names(), catalog.schema) == (("b",), other_schema(2).schema)
        assert catalog.verify() == ()

    def test_many_at_once_are_one_change(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        before = contents(catalog.directory)
        with pytest.raises(InputError):
            catalog.add_all([("b", make(2)), ("c", make(3)), ("a", make(4))])
        with pytest.raises(InputError):
            catalog.add_all([("b", make(2)), ("b", make(3))])
        assert contents(catalog.directory) == before
        assert [a.change.value for a in catalog.add_all([("b", make(2)), ("a", make(1)), ("b", make(2))])] == [
            "added",
            "unchanged",
        ]
        assert catalog.add_all([]) == ()

    @pytest.mark.parametrize("value", [np.nan, 2.0])
    def test_a_search_vector_that_is_none(self, catalog: Catalog, value: float) -> None:
        with pytest.raises(IncompatibleFingerprint, match="search vector"):
            catalog.add(replace(make(1), sketch=np.full(256, value, np.float32)))

    def test_modes_follow_the_umask(self, catalog: Catalog) -> None:
        before = os.umask(0o022)
        try:
            catalog.add(make(1))
        finally:
            os.umask(before)
        modes = {stat.S_IMODE(p.stat().st_mode) for p in catalog.directory.rglob("*") if p.is_file()}
        assert modes == {0o644}


class TestNames:
    @pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "a\0", "a b", "é", "a\n", "x" * (MAX_NAME + 1), "-a"])
    def test_what_is_no_name(self, catalog: Catalog, name: str) -> None:
        with pytest.raises(InputError, match="as the name"):
            catalog.add(make(1), name=name)

    @pytest.mark.parametrize(
        ("label", "name"),
        [
            ("hf:org/model@main", "org--model@main"),
            ("./models/tiny", "models--tiny"),
            ("../../etc/passwd", "etc--passwd"),
            ("/abs/path/", "abs--path"),
            ("modèle été", "mod_le_t_"),
            ("", "model"),
            ("...", "model"),
        ],
    )
    def test_names_from_labels(self, label: str, name: str) -> None:
        assert name_from_label(label) == name

    @given(st.text(max_size=300))
    def test_every_label_gives_a_name(self, label: str) -> None:
        name = name_from_label(label)
        assert is_name(name)
        assert name_of_file(file_name(name, Digest("sha256", "0" * 64))) == name

    def test_the_longest_name_fits(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="x" * MAX_NAME)
        assert catalog.verify() == ()


class TestReading:
    def test_a_catalog_that_is_not_there(self, catalog: Catalog) -> None:
        assert not catalog.exists
        for reading in (catalog.names, catalog.entries, catalog.verify, catalog.repair):
            with pytest.raises(InputError, match="no catalog at"):
                reading()
        for method in (catalog.get, catalog.show, catalog.remove, catalog.export):
            with pytest.raises(InputError, match="no catalog at"):
                method("a")
        assert not catalog.directory.exists()

    def test_a_name_that_is_not_there(self, catalog: Catalog) -> None:
        catalog.add(make(1))
        for method in (catalog.get, catalog.show, catalog.remove):
            with pytest.raises(InputError, match="holds no 'x'"):
                method("x")

    def test_removing(self, catalog: Catalog) -> None:
        catalog.add_all([("a", make(1)), ("b", make(2))])
        entry = catalog.remove("a")
        assert entry.name == "a"
        assert catalog.names() == ("b",)
        assert [m.name for m in catalog.search(make(1).sketch, 5)] == ["b"]
        assert catalog.verify() == ()
        catalog.add(make(1), name="a")
        assert catalog.search(make(1).sketch, 1)[0].name == "a"

    def test_facts_without_arrays(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        summary = catalog.show("a")
        assert summary.label == make(1).label
        assert summary.parameters == make(1).parameters
        assert summary.parts == len(make(1).parts)
        assert summary.model_type == "test"
        assert summary.warnings == ("a remark",)

    def test_a_second_reader_sees_what_a_first_writes(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        reader = Catalog(catalog.directory)
        assert reader.search(make(2).sketch, 1)[0].name == "a"
        catalog.add(make(2), name="b")
        assert reader.search(make(2).sketch, 1)[0].name == "b"
        catalog.remove("b")
        assert reader.names() == ("a",)
        catalog.repair()
        assert reader.search(make(2).sketch, 9)[0].name == "a"

    def test_a_damaged_file(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        path = next((catalog.directory / "fingerprints").iterdir())
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
        with pytest.raises(MalformedFile, match="other content"):
            catalog.get("a")
        path.unlink()
        with pytest.raises(SourceChanged, match="gone"):
            catalog.get("a")

    @pytest.mark.parametrize(
        "line", [b"", b"{}\n", b"[1]\n", b"[" * 100_000 + b"\n", b'{"format":"stemma.catalog/2"}\n']
    )
    def test_a_damaged_index(self, catalog: Catalog, line: bytes) -> None:
        catalog.add(make(1), name="a")
        (catalog.directory / "index.jsonl").write_bytes(line)
        with pytest.raises(MalformedFile, match=r"JSON object|head of a") as caught:
            catalog.names()
        assert "--repair" in caught.value.advice

    @given(st.binary(max_size=60).map(lambda b: b.replace(b"\n", b"")))
    def test_any_line_in_an_index(self, line: bytes) -> None:
        with pytest.raises(MalformedFile):
            raise_for_line(line)

    @pytest.mark.parametrize(
        "change",
        [
            b'{"add":[],"remove":["../x"]}',
            b'{"add":[{"name":"../x","sha256":"00","size":1}],"remove":[]}',
            b'{"add":[{"name":"x","sha256":"00","size":1}],"remove":[]}',
            b'{"add":[{"name":"x","sha256":"' + b"0" * 64 + b'","size":-1}],"remove":[]}',
            b'{"add":[1],"remove":[]}',
            b'{"add":{},"remove":[]}',
        ],
    )
    def test_changes_that_are_none(self, change: bytes) -> None:
        with pytest.raises(MalformedFile):
            raise_for_line(change)


def raise_for_line(line: bytes) -> None:
    """Read an index with one line after its head; a line that is no change must raise."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.jsonl"
        path.write_bytes(head_line(Head("schema", 256, 1)) + line + b"\n")
        read_journal(path)


class TestCutOff:
    def test_a_torn_line_never_happened(self, catalog: Catalog) -> None:
        catalog.add(make(1), name="a")
        index = catalog.directory / "index.jsonl"
        whole = index.read_bytes()
        catalog.add(make(2), name="b")
        longer = index.read_bytes()
        for cut in range(len(whole), len(longer), 17):
            index.write_bytes(longer[:cut])
            assert Catalog(catalog.directory).names() == ("a",)
        catalog.add(make(3), name="c")
        assert catalog.names() == ("a", "c")
        assert catalog.search(make(3).sketch, 1)[0].name == "c"

    @pytest.mark.parametrize("action", ["add(make(200), name='b')", "remove('a')"], ids=["file", "index"])
    def test_a_full_disk_changes_nothing(self, catalog: Catalog, action: str) -> None:
        """A limit on the size of files stands in: with it the last write, to the index, is cut off half way."""
        catalog.add_all([("a", make(0)), *((f"m{i}", make(i)) for i in range(1, 6))])
        before = contents(catalog.directory)
        out = run_limited(catalog.directory, action, len(before["index.jsonl"]) + 10)
        assert "could not be written" in out
        assert "Make room" in out
        assert contents(catalog.directory) == before
        assert catalog.verify() == ()

    @pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that refuses folders")
    def test_a_place_that_cannot_be_written(self) -> None:
        with pytest.raises(StemmaError, match="could not be written"):
            Catalog("/proc/self/catalog").add(make(1))

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
    def test_advice(self, number: int) -> None:
        with pytest.raises(StemmaError) as caught, clear_errors(Path("x"), "written"):
            raise OSError(number, os.strerror(number))
        assert caught.value.advice


def run_limited(directory: Path, action: str, size: int) -> str:
    """What a process prints that acts on the catalog and may write no file beyond ``size`` bytes."""
    program = f"""
import resource, signal
from stemma.catalog import Catalog
from stemma.errors import StemmaError
from tests.catalog.prints import make
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
try:
    Catalog({str(directory)!r}).{action}
except StemmaError as error:
    print(error)
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


WRITER = """
import sys
from stemma.catalog import Catalog
from tests.catalog.prints import make
catalog = Catalog(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    catalog.add(make(number))
"""


def test_processes_take_turns(tmp_path: Path) -> None:
    spans = [(0, 8), (4, 12), (8, 16)]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "c"), str(a), str(b)], stderr=subprocess.PIPE)
        for a, b in spans
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors.decode()
    catalog = Catalog(tmp_path / "c")
    assert catalog.names() == tuple(sorted(f"org--model-{n}" for n in range(16)))
    assert catalog.verify() == ()
    assert all(catalog.search(make(n).sketch, 1)[0].name == f"org--model-{n}" for n in range(16))


def test_a_writer_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom pathlib import Path\nfrom stemma.catalog.files import locked\n"
            "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert Catalog(tmp_path).add(make(1)).change is Change.ADDED
