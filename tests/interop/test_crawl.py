"""A crawl of the hub on loopback: interrupted, killed, resumed, told to slow down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock

import pytest

from stemma.catalog.seeds import Seed
from stemma.errors import InputError, MalformedFile
from stemma.identity import HubReference
from stemma.interop.crawl import Manners, crawl
from stemma.interop.crawl_state import CrawlState, Outcome
from stemma.interop.network import Network
from stemma.weights.http_transfer import Transfer
from stemma.weights.interface import FileSet
from tests.hub.fixtures import CountingClock
from tests.hub.server import Fault, Hub

SEEDS = tuple(Seed(HubReference(f"org/m{n:02}"), "F", "org", "1B") for n in range(12))


class Reader:
    """Reads a little of each model, and remembers which."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self._lock = Lock()

    def __call__(self, seed: Seed, files: FileSet) -> None:
        assert bytes(files.open("w.safetensors").read(5000, 4)) == b"w" * 4
        with self._lock:
            self.read.append(seed.id)


@pytest.fixture
def network(hub: Hub, transfer: Transfer, tmp_path: Path) -> Network:
    for seed in SEEDS:
        hub.add(seed.id, {"config.json": seed.id.encode(), "w.safetensors": b"w" * 600_000})
    return Network(endpoint=hub.endpoint, cache=tmp_path / "hf", transfer=transfer, token="")


def test_every_seed_once_and_then_never_again(hub: Hub, network: Network, tmp_path: Path, clock: CountingClock) -> None:
    reader, told = Reader(), list[str]()
    state = tmp_path / "deep" / "state.jsonl"
    report = crawl(SEEDS, reader, network, state_path=state, clock=clock, tell=lambda seed, _: told.append(seed.id))
    assert (report.done, report.skipped, report.failed) == (12, 0, ())
    assert sorted(reader.read) == sorted(told) == [seed.id for seed in SEEDS]
    assert hub.bytes_served(".safetensors") < 0.15 * 12 * 600_000
    assert clock.now - 1_800_000_000 >= 11
    hub.log.clear()
    report = crawl(SEEDS, reader, network, state_path=state, clock=clock)
    assert (report.done, report.skipped, hub.log) == (0, 12, [])


def test_an_interrupted_crawl_goes_on(network: Network, tmp_path: Path, clock: CountingClock) -> None:
    reader = Reader()

    def interrupted(seed: Seed, files: FileSet) -> None:
        if seed.id == "org/m05":
            raise KeyboardInterrupt
        reader(seed, files)

    state = tmp_path / "state.jsonl"
    with pytest.raises(KeyboardInterrupt):
        crawl(SEEDS, interrupted, network, state_path=state, max_workers=1, clock=clock)
    assert reader.read == [f"org/m{n:02}" for n in range(5)]
    report = crawl(SEEDS, reader, network, state_path=state, max_workers=1, clock=clock)
    assert (report.done, report.skipped) == (7, 5)
    assert reader.read == [seed.id for seed in SEEDS]


KILLED = r"""
import os, sys, time
from pathlib import Path
from stemma.catalog.seeds import load_seeds
from stemma.interop.crawl import Manners, crawl
from stemma.interop.network import Network
def handle(seed, files):
    files.open("w.safetensors").read(0, 10)
    time.sleep(0.05)
    os.write(1, (seed.id + "\n").encode())
folder = Path(sys.argv[1])
report = crawl(load_seeds(folder / "seeds.yaml"), handle, Network(cache=folder / "hf", token="x"),
               state_path=folder / "state", manners=Manners(pause=0.02))
print("report", report.done, report.skipped)
"""


def test_a_killed_crawl_goes_on(hub: Hub, network: Network, tmp_path: Path) -> None:
    rows = [{"id": seed.id, "family": "F", "publisher": "org", "size": "1B"} for seed in SEEDS]
    (tmp_path / "seeds.yaml").write_text(json.dumps({"schema": "stemma-seeds/1", "seeds": rows}))
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    environment = {**os.environ, "HF_ENDPOINT": hub.endpoint}
    first = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    assert first.stdout is not None
    early = [first.stdout.readline().strip() for _ in range(5)]
    first.kill()
    early += [line.strip() for line in first.stdout]
    first.wait()
    first.stdout.close()
    second = subprocess.run(command, capture_output=True, env=environment, text=True, check=True, timeout=60)
    late = second.stdout.split()
    assert {*early, *late} >= {seed.id for seed in SEEDS}
    assert len(set(early) & set(late)) <= 2
    assert int(late[-2]) + int(late[-1]) == 12
    assert int(late[-1]) >= 3


def test_failures_are_recorded_and_tried_again(
    hub: Hub, network: Network, tmp_path: Path, clock: CountingClock
) -> None:
    reader, state = Reader(), tmp_path / "state"
    hub.repositories["models", "org/m03"].gated = True
    missing = Seed(HubReference("org/none"), "F", "org", "1B")
    report = crawl((*SEEDS, missing), reader, network, state_path=state, clock=clock)
    assert report.done == 11
    assert {(item.reference, item.error) for item in report.failed} == {
        ("hf:org/m03", "AccessDenied"),
        ("hf:org/none", "ModelNotFound"),
    }
    assert all(item.message and item.advice for item in report.failed)
    hub.repositories["models", "org/m03"].gated = False
    report = crawl(SEEDS, reader, network, state_path=state, clock=clock)
    assert (report.done, report.skipped) == (1, 11)


def test_retry_after_holds_back_every_worker(hub: Hub, network: Network, tmp_path: Path) -> None:
    hub.faults.append(Fault(path="/api/models/org/m02", status=429, headers={"Retry-After": "2"}))
    network.transfer.clock = time
    state = tmp_path / "state"
    report = crawl(SEEDS, Reader(), network, state_path=state, max_workers=3, manners=Manners(pause=0.01, rest=0.01))
    assert report.done == 12
    refused = next(line for line in hub.log if line.status == 429)
    meanwhile = [line.path for line in hub.log if refused.at + 1.0 < line.at < refused.at + 2.0]
    assert meanwhile == [], "a second after the refusal, all that was under way has ended"


def test_stubborn_refusal_sends_a_model_to_the_end(
    hub: Hub, network: Network, tmp_path: Path, clock: CountingClock
) -> None:
    hub.faults.append(Fault(path="/api/models/org/m02", status=429, times=7))
    reader = Reader()
    report = crawl(
        SEEDS, reader, network, state_path=tmp_path / "s", max_workers=1, manners=Manners(rest=77), clock=clock
    )
    assert report.done == 12
    assert reader.read[-1] == "org/m02"
    assert any(70 < wait <= 77 for wait in clock.slept)
    hub.faults.append(Fault(path="/api/models/org/m02", status=429, times=999))
    report = crawl(SEEDS[2:3], reader, network, state_path=tmp_path / "t", manners=Manners(rests=1), clock=clock)
    assert [item.error for item in report.failed] == ["RateLimited"]


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with CrawlState(path) as state:
        state.add(Outcome("hf:a/b", "done"))
        state.add(Outcome("hf:a/c", "failed", "SourceError", "m", "a"))
    whole = path.read_bytes()
    for cut in [*range(1, len(whole), 6), whole.index(b"\n") + 1, len(whole) - 1, len(whole)]:
        path.write_bytes(whole[:cut])
        with CrawlState(path) as state:
            assert state.is_done("hf:a/b") == (cut >= whole.index(b"\n") + 1)
            assert not state.is_done("hf:a/c")
            state.add(Outcome("hf:a/d", "done"))
        with CrawlState(path) as state:
            assert state.is_done("hf:a/d")


@pytest.mark.parametrize("foreign", [b"precious notes", b"a\nb\n", b"[1]\n", b'{"state": "done"}\n'])
def test_a_foreign_file_is_left_alone(tmp_path: Path, foreign: bytes) -> None:
    path = tmp_path / "notes"
    path.write_bytes(foreign)
    with pytest.raises(MalformedFile, match="outcome of a crawl"):
        CrawlState(path)
    assert path.read_bytes() == foreign


def test_no_place_for_the_state(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(InputError):
        CrawlState(tmp_path / "f" / "state")
