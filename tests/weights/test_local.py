"""Local files: nothing outside the folder, nothing but regular files, and every change is noticed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from stemma.errors import ModelNotFound, SourceChanged, StemmaError, TruncatedSource, UnsafeFile
from stemma.identity import is_present
from stemma.weights.local import LocalFolder, SingleFile, local_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    (root / "1_Pooling").mkdir(parents=True)
    (root / "weights.bin").write_bytes(b"0123456789")
    (root / "1_Pooling" / "config.json").write_bytes(b"{}")
    (tmp_path / "secret").write_bytes(b"secret")
    return root


def test_names_are_relative_and_sorted(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "objects").write_bytes(b"x")
    assert local_files(folder).names() == ("1_Pooling/config.json", "weights.bin")


def test_ranges(folder: Path) -> None:
    file = local_files(folder).open("weights.bin")
    assert (file.size, file.is_local, file.read(2, 3), file.read(10, 0)) == (10, True, b"234", b"")
    assert not is_present(file.known_sha256) and is_present(file.version)


@pytest.mark.parametrize(("offset", "length"), [(0, 11), (11, 0), (-1, 2), (0, -1), (1 << 62, 1 << 62)])
def test_ranges_outside_the_file(folder: Path, offset: int, length: int) -> None:
    with pytest.raises(TruncatedSource):
        local_files(folder).open("weights.bin").read(offset, length)


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "1_Pooling/../../secret", "a\0b", "..\\secret", "no/such", ""]
)
def test_names_that_lead_out(folder: Path, name: str) -> None:
    with pytest.raises((UnsafeFile, ModelNotFound)):
        local_files(folder).open(name)


def test_links_that_leave_the_folder(folder: Path) -> None:
    (folder / "link").symlink_to("../secret")
    (folder / "way").symlink_to("..", target_is_directory=True)
    files = local_files(folder)
    assert "way/secret" not in files.names()
    for name in ("link", "way/secret"):
        with pytest.raises(UnsafeFile, match="leaves"):
            files.open(name)


def test_links_within_the_folder(folder: Path) -> None:
    (folder / "link").symlink_to("weights.bin")
    assert local_files(folder).open("link").read(0, 2) == b"01"


def test_links_of_the_hub_cache(tmp_path: Path) -> None:
    repository = tmp_path / "models--org--name"
    snapshot = repository / "snapshots" / "abc"
    (snapshot / "sub").mkdir(parents=True)
    (repository / "blobs").mkdir()
    (repository / "blobs" / "f00d").write_bytes(b"blob")
    (repository / "refs").write_bytes(b"main")
    (snapshot / "model.safetensors").symlink_to("../../blobs/f00d")
    (snapshot / "sub" / "model.safetensors").symlink_to("../../../blobs/f00d")
    (snapshot / "escape").symlink_to("../../refs")
    files = LocalFolder(snapshot)
    assert files.open("model.safetensors").read(0, 4) == b"blob"
    assert files.open("sub/model.safetensors").read(0, 4) == b"blob"
    with pytest.raises(UnsafeFile):
        files.open("escape")


def test_a_folder_named_like_the_cache_but_elsewhere(tmp_path: Path) -> None:
    snapshot = tmp_path / "anything" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (tmp_path / "anything" / "blobs").mkdir()
    (tmp_path / "anything" / "blobs" / "f00d").write_bytes(b"blob")
    (snapshot / "model.safetensors").symlink_to("../../blobs/f00d")
    with pytest.raises(UnsafeFile):
        LocalFolder(snapshot).open("model.safetensors")


def test_broken_and_circular_links(folder: Path) -> None:
    (folder / "broken").symlink_to("nowhere")
    (folder / "circle").symlink_to("circle")
    for name in ("broken", "circle"):
        with pytest.raises(StemmaError):
            local_files(folder).open(name)


def test_pipes_sockets_and_folders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for name in ("pipe", "socket", "1_Pooling"):
            with pytest.raises(UnsafeFile, match="regular"):
                local_files(folder).open(name)
        with pytest.raises(UnsafeFile):
            local_files(folder / "pipe").open("pipe")


def test_nothing_there(tmp_path: Path) -> None:
    for name in ("nowhere", "a\0b", "x" * 5000):
        with pytest.raises(ModelNotFound):
            local_files(tmp_path / name)


def test_one_file_shows_itself_alone(folder: Path) -> None:
    files = local_files(folder / "weights.bin")
    assert isinstance(files, SingleFile)
    assert files.names() == ("weights.bin",)
    assert files.open("weights.bin").read(0, 1) == b"0"
    with pytest.raises(ModelNotFound):
        files.open("config.json")


@pytest.mark.parametrize("what", ["deleted", "rewritten", "replaced", "truncated", "touched"])
def test_changes_are_noticed(folder: Path, what: str) -> None:
    path = folder / "weights.bin"
    file = local_files(folder).open("weights.bin")
    assert file.read(0, 10) == b"0123456789"
    match what:
        case "deleted":
            path.unlink()
        case "rewritten":
            path.write_bytes(b"9876543210 and more")
        case "replaced":
            path.unlink()
            path.write_bytes(b"0123456789")
        case "truncated":
            os.truncate(path, 3)
        case _:
            os.utime(path, ns=(1, 1))
    with pytest.raises((SourceChanged, TruncatedSource)):
        file.read(0, 2)
