"""Remembered digests: an unchanged file is not read again, a changed one always is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from stemma.cache import DigestMemo, FeatureCache, FileIdentity
from stemma.errors import ModelNotFound, SourceChanged
from stemma.identity import Digest, Missing


def sha256(data: bytes) -> Digest:
    return Digest("sha256", hashlib.sha256(data).hexdigest())


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "c")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"one")
    return path


def later(path: Path, seconds: float) -> float:
    return path.stat().st_ctime + seconds


def test_remembers_a_settled_file(cache: FeatureCache, file: Path) -> None:
    memo = DigestMemo(cache, now=lambda: later(file, 60))
    identity = FileIdentity.of(file)
    assert isinstance(memo.recall(identity), Missing)
    assert memo.sha256(file) == sha256(b"one")
    assert memo.recall(identity) == sha256(b"one")


def test_a_young_file_is_not_remembered(cache: FeatureCache, file: Path) -> None:
    memo = DigestMemo(cache, now=lambda: later(file, 1))
    assert memo.sha256(file) == sha256(b"one")
    assert isinstance(memo.recall(FileIdentity.of(file)), Missing)


def test_any_write_is_noticed(cache: FeatureCache, file: Path) -> None:
    memo = DigestMemo(cache, now=lambda: later(file, 60))
    memo.sha256(file)
    before = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert memo.sha256(file) == sha256(b"two")


def test_a_replaced_file_is_noticed(cache: FeatureCache, file: Path, tmp_path: Path) -> None:
    memo = DigestMemo(cache, now=lambda: later(file, 60))
    memo.sha256(file)
    other = tmp_path / "other"
    other.write_bytes(b"two")
    other.replace(file)
    assert memo.sha256(file) == sha256(b"two")


def test_nothing_is_kept_of_a_file_that_changed_meanwhile(cache: FeatureCache, file: Path) -> None:
    memo = DigestMemo(cache, now=lambda: later(file, 60))
    identity = FileIdentity.of(file)
    file.write_bytes(b"three")
    assert not memo.remember(identity, sha256(b"one"))


def test_links_share_what_is_remembered(cache: FeatureCache, file: Path, tmp_path: Path) -> None:
    memo = DigestMemo(cache, now=lambda: later(file, 60))
    memo.sha256(file)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert memo.recall(FileIdentity.of(link)) == sha256(b"one")


def test_verify_mode_reads_and_reports(cache: FeatureCache, file: Path) -> None:
    cache.put(FileIdentity.of(file).key, str(sha256(b"rotten")).encode())
    assert DigestMemo(cache).sha256(file) == sha256(b"rotten")
    strict = DigestMemo(cache, verify=True, now=lambda: later(file, 60))
    with pytest.raises(SourceChanged, match="as remembered"):
        strict.sha256(file)
    assert strict.sha256(file) == sha256(b"one")
    assert DigestMemo(cache).sha256(file) == sha256(b"one")


def test_what_is_no_digest_is_forgotten(cache: FeatureCache, file: Path) -> None:
    cache.put(FileIdentity.of(file).key, b"nonsense")
    assert DigestMemo(cache).sha256(file) == sha256(b"one")


def test_no_file(cache: FeatureCache, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        DigestMemo(cache).sha256(tmp_path / "none")
