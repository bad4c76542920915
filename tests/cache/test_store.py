"""The feature cache: whole values or none, bounded, shared by processes, never a damaged byte."""

from __future__ import annotations

import logging
import os
import resource
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.cache import FeatureCache, default_directory
from stemma.cache.entries import decode, encode, file_name
from stemma.errors import InputError, LimitExceeded
from stemma.identity import Missing


@dataclass
class Ticking:
    """Every look at this clock is a second later."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "c", 10_000, now=Ticking())


def entry(cache: FeatureCache, key: str) -> Path:
    return cache.directory / "values" / file_name(key)


def test_values_come_back(cache: FeatureCache) -> None:
    assert isinstance(cache.get("a"), Missing)
    for value in (b"", b"x" * 5000, b"\n\n\0"):
        cache.put("a\nb\0ü", value)
        assert cache.get("a\nb\0ü") == value
    assert cache.stats().entries == 1
    assert cache.discard("a\nb\0ü")
    assert not cache.discard("a\nb\0ü")


def test_least_recently_read_goes_first(cache: FeatureCache) -> None:
    for key in "abc":
        cache.put(key, key.encode() * 3000)
    assert cache.get("a") == b"a" * 3000
    cache.put("d", b"d" * 3000)
    assert isinstance(cache.get("b"), Missing)
    assert [isinstance(cache.get(key), bytes) for key in "acd"] == [True] * 3
    assert cache.stats().size <= 10_000


def test_replacing_a_value_evicts_nobody(cache: FeatureCache) -> None:
    cache.put("a", b"a" * 4500)
    cache.put("b", b"b" * 4500)
    cache.put("a", b"A" * 4600)
    assert (cache.get("a"), cache.get("b")) == (b"A" * 4600, b"b" * 4500)


def test_too_large_a_value(cache: FeatureCache) -> None:
    cache.put("a", b"1")
    with pytest.raises(LimitExceeded, match="does not fit"):
        cache.put("b", bytes(10_000))
    assert cache.get("a") == b"1"


@pytest.mark.parametrize("harm", ["flip", "cut", "grow", "empty", "swap", "header"])
def test_damage_is_reported_and_never_used(cache: FeatureCache, harm: str, caplog: pytest.LogCaptureFixture) -> None:
    cache.put("a", b"value" * 100)
    cache.put("other", b"value" * 100)
    path = entry(cache, "a")
    data = bytearray(path.read_bytes())
    if harm == "flip":
        data[-1] ^= 1
    broken = {
        "flip": bytes(data),
        "cut": bytes(data[:-1]),
        "grow": bytes(data) + b"\0",
        "empty": b"",
        "swap": entry(cache, "other").read_bytes(),
        "header": b"x" + bytes(data[1:]),
    }
    path.write_bytes(broken[harm])
    with caplog.at_level(logging.WARNING):
        found = cache.get("a")
    assert isinstance(found, Missing)
    assert "damaged" in found.reason
    assert "dropped a damaged cache entry" in caplog.text
    assert not path.exists()
    assert cache.get("other") == b"value" * 100


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=5)))
def test_any_bytes_decode_to_a_value_or_a_reason(data: bytes, key: str | None) -> None:
    assert isinstance(decode(data, key), Missing)


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.binary(max_size=200), st.data())
def test_one_changed_byte_never_gives_another_value(key: str, value: bytes, data: st.DataObject) -> None:
    whole = encode(key, value)
    assert decode(whole, key) == (key, value)
    at = data.draw(st.integers(0, len(whole) - 1))
    bad = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    assert isinstance(decode(bad, key), Missing)


def test_verify_names_the_damaged(cache: FeatureCache) -> None:
    for key in "abc":
        cache.put(key, b"v" * 100)
    entry(cache, "b").write_bytes(b"junk")
    entry(cache, "c").write_bytes(entry(cache, "a").read_bytes())
    damage = cache.verify()
    assert {item.file for item in damage} == {file_name("b"), file_name("c")}
    assert cache.verify() == ()
    assert cache.stats().entries == 1


def test_clear_and_trim(cache: FeatureCache) -> None:
    for key in "abc":
        cache.put(key, b"v" * 2000)
    stale = cache.directory / "staging" / "new-dead"
    stale.write_bytes(b"half")
    os.utime(stale, (1, 1))
    fresh = cache.directory / "staging" / "new-alive"
    fresh.write_bytes(b"half")
    os.utime(fresh, (1_800_000_000, 1_800_000_000))
    assert cache.trim(4500) > 2000
    assert (stale.exists(), fresh.exists(), cache.stats().entries) == (False, True, 2)
    assert cache.clear() > 4000
    assert (cache.stats().entries, cache.stats().size) == (0, 0)


def test_the_folder_is_private(tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir(mode=0o777)
    loose.chmod(0o777)
    cache = FeatureCache(loose)
    cache.put("a", b"1")
    for path in (loose, entry(cache, "a").parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(entry(cache, "a").stat().st_mode) == 0o600


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("no folder")
    with pytest.raises(InputError, match="STEMMA_CACHE"):
        FeatureCache(tmp_path / "c")


def test_default_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("STEMMA_CACHE", raising=False)
    assert default_directory() == tmp_path / "stemma"
    monkeypatch.setenv("STEMMA_CACHE", str(tmp_path / "own"))
    assert default_directory() == tmp_path / "own"


def test_full_disk_leaves_nothing_half_written(cache: FeatureCache) -> None:
    cache.put("a", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(LimitExceeded, match="is full") as caught:
            cache.put("a", b"n" * 9000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "STEMMA_CACHE" in caught.value.advice
    assert list((cache.directory / "staging").iterdir()) == []
    assert cache.get("a") == b"old"


WORKER = """
import random, sys
from pathlib import Path
from stemma.cache import FeatureCache
from stemma.identity import Missing
directory, seed = Path(sys.argv[1]), int(sys.argv[2])
cache, rng, hits = FeatureCache(directory, 200_000), random.Random(seed), 0
def value(key): return random.Random(key).randbytes(5000 + 37 * key)
for step in range(250):
    key = rng.randrange(60)
    found = cache.get(str(key))
    if isinstance(found, Missing):
        assert "damaged" not in found.reason, found
        cache.put(str(key), value(key))
        assert cache.stats().size <= 200_000
    else:
        assert found == value(key)
        hits += 1
    if step % 50 == 7:
        cache.trim(100_000) if rng.random() < 0.5 else cache.verify()
print(hits)
"""


def test_processes_share_one_cache(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path / "c")]
    workers = [
        subprocess.Popen([*command, str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for seed in range(4)
    ]
    results = [worker.communicate(timeout=100) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, results
    assert all("damaged" not in errors for _, errors in results), results
    assert sum(int(hits) for hits, _ in results) > 50
    cache = FeatureCache(tmp_path / "c", 200_000)
    assert cache.verify() == ()
    assert 0 < cache.stats().size <= 200_000
    assert list((cache.directory / "staging").iterdir()) == []


def test_a_killed_writer_leaves_no_value(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from stemma.cache import FeatureCache\n"
        "cache = FeatureCache(Path(sys.argv[1])); print('go', flush=True)\n"
        "while True: cache.put('a', b'v' * 3_000_000)"
    )
    worker = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "c")], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "go\n"
    cache = FeatureCache(tmp_path / "c")
    while isinstance(cache.get("a"), Missing):
        pass
    worker.kill()
    worker.wait()
    worker.stdout.close()
    assert cache.get("a") == b"v" * 3_000_000
    assert cache.verify() == ()
    cache.put("b", b"the lock of the dead is free")
