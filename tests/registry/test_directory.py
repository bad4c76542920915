"""The directory as a store of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemma.errors import InputError, InvalidRecord, LimitExceeded, StemmaError, UnsafeFile
from stemma.identity import Version
from stemma.records import MAX_BYTES, Resolver
from stemma.registry import RecordDirectory, RecordStore
from tests.registry.texts import text

V1 = Version.parse("1.0.0")


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    return RecordDirectory(tmp_path)


def test_a_record_is_found_again_as_it_was_written(store: RecordStore) -> None:
    written = text("base", more="about: {title: Base}  # kept\n")
    record = store.put(written)
    assert store.get("base", V1) == record
    assert store.text("base", V1) == written
    assert list(store.names()) == ["base"]
    assert list(store.versions("base")) == [V1]


def test_versions_come_in_the_order_of_versions(store: RecordStore) -> None:
    for version in ("1.10.0", "1.9.0", "1.10.0-rc.1"):
        store.put(text("base", version))
    assert [str(v) for v in store.versions("base")] == ["1.9.0", "1.10.0-rc.1", "1.10.0"]
    assert [str(version) for _, version, _ in store.texts()] == ["1.10.0", "1.10.0-rc.1", "1.9.0"]


def test_what_is_not_there_is_a_key_error(store: RecordStore) -> None:
    assert list(store.versions("nothing")) == []
    for look in (store.get, store.text, store.remove):
        with pytest.raises(KeyError):
            look("nothing", V1)


def test_published_content_does_not_change_in_silence(store: RecordStore) -> None:
    store.put(text("base"))
    store.put(text("base"))
    changed = text("base", more="about: {title: Other}\n")
    with pytest.raises(InputError, match=r"base@1\.0\.0 is there already"):
        store.put(changed)
    assert store.put(changed, replace=True).title == "Other"
    assert store.get("base", V1).title == "Other"


def test_removed_is_gone(store: RecordStore) -> None:
    store.put(text("base"))
    store.remove("base", V1)
    assert list(store.names()) == []


def test_a_store_resolves(store: RecordStore) -> None:
    store.put(text("base", more="about: {architecture: llama}\n"))
    child = store.put(text("child", relations=(("finetuned-from", "base@^1.0.0"),)))
    resolved = Resolver(store).resolve(child)
    assert resolved.get("about.architecture") == "llama"
    assert resolved.inherited("about.architecture")


def test_a_bad_record_is_not_written(store: RecordStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord):
        store.put("stemma: 1\nname: ../../etc\n")
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_left_alone(store: RecordStore, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / ".git").mkdir()
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "notes.txt").write_text("hello")
    store.put(text("base"))
    assert list(store.names()) == ["base"]


def test_a_record_in_the_wrong_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "other-1.0.0.yaml").write_text(text("base"))
    with pytest.raises(InvalidRecord, match=r"Expected it at base/base-1\.0\.0\.yaml"):
        RecordDirectory(tmp_path).get("other", V1)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, registry = tmp_path / "outside", tmp_path / "registry"
    outside.mkdir()
    RecordDirectory(outside).put(text("base"))
    registry.mkdir()
    (registry / "base").symlink_to(outside / "base")
    assert list(RecordDirectory(registry).names()) == []
    with pytest.raises(UnsafeFile):
        RecordDirectory(registry).put(text("base"))
    (registry / "child").mkdir()
    (registry / "child" / "child-1.0.0.yaml").symlink_to(outside / "base" / "base-1.0.0.yaml")
    with pytest.raises(UnsafeFile):
        RecordDirectory(registry).get("child", V1)


def test_a_giant_file_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "base-1.0.0.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(LimitExceeded):
        RecordDirectory(tmp_path).get("base", V1)


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    store = RecordDirectory(tmp_path)
    store.put(text("base"))
    (tmp_path / "base" / "base-2.0.0.yaml").mkdir()
    with pytest.raises(StemmaError, match="could not be written"):
        store.put(text("base", "2.0.0"))
    assert [p.name for p in sorted((tmp_path / "base").iterdir())] == ["base-1.0.0.yaml", "base-2.0.0.yaml"]


def test_a_missing_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no directory"):
        RecordDirectory(tmp_path / "none").names()
