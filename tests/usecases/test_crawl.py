"""A catalog built from the hub on loopback: interrupted, resumed, refused, and not asked for twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stemma.catalog import Catalog
from stemma.errors import IncompatibleFingerprint, ModelNotFound
from stemma.interop.crawl import Manners
from stemma.interop.network import Network
from stemma.usecases.crawl import STATE, build_catalog
from stemma.usecases.scan import scan
from stemma.usecases.settings import Work
from stemma.weights.http_transfer import Transfer
from tests.catalog.prints import other_schema
from tests.hub.fixtures import CountingClock
from tests.hub.server import Fault, Hub
from tests.models import draw, tuned, write

NAMES = ("org/one", "org/two", "org/three")
QUICK = Manners(pause=0.0, rest=0.01)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {name: write(folder / name, draw(seed)) for seed, name in enumerate(NAMES)}


@pytest.fixture
def work(hub: Hub, transfer: Transfer, folders: dict[str, Path], tmp_path: Path) -> Work:
    for name, folder in folders.items():
        hub.add(name, folder)
    network = Network(endpoint=hub.endpoint, cache=tmp_path / "hf", transfer=transfer, token="")
    return Work(sample=True, network=network, workers=2)


def seed_list(path: Path, *names: str) -> Path:
    rows = [{"id": name, "family": "F", "publisher": "org", "size": "1B"} for name in names]
    path.write_text(json.dumps({"schema": "stemma-seeds/1", "seeds": rows}), encoding="utf-8")
    return path


def test_everything_once_and_then_no_request_at_all(hub: Hub, work: Work, tmp_path: Path) -> None:
    catalog, seeds = Catalog(tmp_path / "catalog"), seed_list(tmp_path / "seeds.yaml", *NAMES)
    outcome = build_catalog(catalog, seeds, work, manners=QUICK)
    assert (outcome.asked, outcome.done, outcome.failed) == (3, 3, {})
    assert catalog.names() == ("org--one", "org--three", "org--two")
    assert catalog.verify() == ()
    assert all("Range" in line.headers for line in hub.requests("model.safetensors", server="cdn"))
    hub.log.clear()
    assert build_catalog(catalog, seeds, work, manners=QUICK) == outcome
    assert hub.log == []


def test_a_fine_tune_is_found_in_it(work: Work, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    build_catalog(catalog, seed_list(tmp_path / "seeds.yaml", *NAMES), work, manners=QUICK)
    suspect = write(tmp_path / "suspect", tuned(draw(1), 9))
    report = scan(str(suspect), catalog, work)
    ruled = [(c.name, c.ruling.label.value) for c in report.candidates if c.ruling]
    assert ruled[0] == ("org--two", "linked")
    assert {label for _, label in ruled[1:]} == {"independent"}
    assert report.corrected_for == 3


def test_an_interrupted_build_goes_on(hub: Hub, work: Work, tmp_path: Path) -> None:
    catalog, seeds = Catalog(tmp_path / "catalog"), seed_list(tmp_path / "seeds.yaml", *NAMES)

    def interrupt(name: str, _done: int, _total: int) -> None:
        if name == "hf:org/two":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_catalog(catalog, seeds, replace(work, workers=1, progress=interrupt), manners=QUICK)
    assert catalog.names() == ("org--one",)
    assert catalog.verify() == ()
    hub.log.clear()
    outcome = build_catalog(catalog, seeds, work, manners=QUICK)
    assert (outcome.asked, outcome.done, outcome.failed) == (3, 3, {})
    assert hub.requests("/org/one") == []


def test_a_missing_model_is_named_and_the_rest_is_taken(work: Work, tmp_path: Path) -> None:
    catalog, told = Catalog(tmp_path / "catalog"), dict[str, str | None]()
    seeds = seed_list(tmp_path / "seeds.yaml", "org/none", *NAMES)
    outcome = build_catalog(catalog, seeds, work, manners=QUICK, tell=told.__setitem__)
    assert (outcome.asked, outcome.done) == (4, 3)
    assert set(outcome.failed) == {"hf:org/none"}
    assert outcome.failed["hf:org/none"] == told["hf:org/none"] != ""
    assert {name for name, reason in told.items() if reason is None} == {f"hf:{name}" for name in NAMES}


def test_a_server_that_asks_to_slow_down_is_obeyed(hub: Hub, work: Work, tmp_path: Path, clock: CountingClock) -> None:
    hub.faults.append(Fault(path="/api/models/org/two", status=429, headers={"Retry-After": "7"}))
    outcome = build_catalog(
        Catalog(tmp_path / "catalog"), seed_list(tmp_path / "seeds.yaml", *NAMES), work, manners=QUICK
    )
    assert (outcome.done, outcome.failed) == (3, {})
    assert max(clock.slept) >= 6


def test_what_was_removed_is_fetched_again(work: Work, tmp_path: Path) -> None:
    catalog, seeds = Catalog(tmp_path / "catalog"), seed_list(tmp_path / "seeds.yaml", *NAMES)
    build_catalog(catalog, seeds, work, manners=QUICK)
    catalog.remove("org--two")
    build_catalog(catalog, seeds, work, manners=QUICK)
    assert "org--two" in catalog.names()
    assert (catalog.directory / STATE).exists()


def test_a_limit_takes_the_first(work: Work, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    outcome = build_catalog(catalog, seed_list(tmp_path / "s.yaml", *NAMES), work, limit=2, manners=QUICK)
    assert (outcome.asked, catalog.names()) == (2, ("org--one", "org--two"))


def test_no_seed_list_and_another_schema(hub: Hub, work: Work, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    with pytest.raises(ModelNotFound):
        build_catalog(catalog, tmp_path / "none.yaml", work)
    catalog.add(other_schema(1))
    with pytest.raises(IncompatibleFingerprint):
        build_catalog(catalog, seed_list(tmp_path / "s.yaml", *NAMES), work)
    assert hub.log == []
