"""Listings of hubs become drafts of records, politely, and go on where they stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stemma.advisories import affected_record
from stemma.errors import InputError, LimitExceeded, MalformedFile, RateLimited, SourceError
from stemma.interop.crawl import Manners
from stemma.interop.json_pages import fetch_json
from stemma.interop.listings import HubListing, KaggleListing
from stemma.interop.network import Network
from stemma.publish.alerts.model import IndexReport
from stemma.registry import Registry
from stemma.usecases.alerts.raising import keep_advisories
from stemma.usecases.records.index import IndexNames, index
from tests.hub.fixtures import CountingClock
from tests.hub.server import Fault, Hub
from tests.lineage.graphs import advisory, memory, text

NOW = "2026-03-01T12:00:00Z"


def card(**said: Any) -> dict[str, bytes]:
    """A model that is a card alone; JSON is YAML."""
    return {"README.md": f"---\n{json.dumps(said)}\n---\n# A model\n".encode()}


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Five models of three accounts."""
    with Hub() as running:
        running.add("acme/base", card(license="mit", datasets=["acme/corpus"]))
        running.add("acme/chat", card(base_model="acme/base", license="mit"), base_models=("finetune", ("acme/base",)))
        running.add("beta/chat-gguf", card(), base_models=("quantized", ("acme/chat",)))
        running.add("beta/merge", card(base_model=["acme/base", "acme/chat"]))
        running.add("gamma/nothing", {"a.txt": b""})
        yield running


def run(registry: Registry, hub: Hub, state: Path, clock: CountingClock | None = None, **more: Any) -> IndexReport:
    """One run with pages of two."""
    listing = HubListing(Network(endpoint=hub.endpoint), IndexNames(registry), page_size=2)
    rules = Manners(pause=1.0, rest=60.0, rests=1)
    return index(registry, listing, state, now=lambda: NOW, manners=rules, clock=clock or CountingClock(), **more)


def edges(registry: Registry, name: str) -> list[tuple[str, str]]:
    """What a record declares."""
    found = registry.graph.declared([name], "downstream")
    return [(edge.kind.value, edge.target) for edge in found if edge.name == name]


def test_every_model_becomes_a_draft_with_its_declared_edges(hub: Hub, tmp_path: Path) -> None:
    registry, clock = memory(), CountingClock()
    report = run(registry, hub, tmp_path / "state.json", clock)
    assert (report.pages, report.written, report.known, report.finished, report.left_out) == (3, 5, 0, True, {})
    assert edges(registry, "acme-base") == [("trained-on", "acme-corpus")]
    assert edges(registry, "acme-chat") == [("finetuned-from", "acme-base")]
    assert edges(registry, "beta-chat-gguf") == [("quantised-from", "acme-chat")]
    assert edges(registry, "beta-merge") == [("merged-from", "acme-base"), ("merged-from", "acme-chat")]
    (version,) = registry.records.versions("acme-chat")
    record = registry.records.get("acme-chat", version)
    assert record.get("about.licenses") == ["mit"]
    assert record.get("about.publisher") == "acme"
    assert "not reviewed" in record.data["x-draft"]
    assert {each.source for each in record.relations[0].evidence} == {
        f"{hub.endpoint}/acme/chat/blob/{hub.repositories['models', 'acme/chat'].branches['main']}/README.md",
        f"{hub.endpoint}/acme/chat",
    }
    assert len(hub.requests("/api/models")) == len(hub.log) == 3
    assert clock.slept == [1.0, 1.0]


def test_who_has_a_record_keeps_it_and_edges_lead_to_it(hub: Hub, tmp_path: Path) -> None:
    registry = memory()
    registry.records.put(text("the-base", identity={"hubs": [{"hub": "huggingface", "id": "acme/base"}]}))
    registry.records.put(text("beta-merge"))
    report = run(registry, hub, tmp_path / "state.json")
    assert (report.written, report.known) == (3, 1)
    assert report.left_out == {"huggingface:beta/merge": "another record is called beta-merge"}
    assert edges(registry, "acme-chat") == [("finetuned-from", "the-base")]
    again = run(registry, hub, tmp_path / "state.json")
    assert (again.written, again.known) == (0, 4)


def test_a_run_that_was_stopped_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    registry, state = memory(), tmp_path / "deep" / "state.json"
    assert run(registry, hub, state, pages=1).written == 2
    hub.faults.append(Fault(path="/api/models", status=404, times=1))
    with pytest.raises(InputError):
        run(registry, hub, state)
    hub.log.clear()
    rest = run(registry, hub, state)
    assert (rest.pages, rest.written, rest.known, rest.finished) == (2, 3, 0, True)
    assert "cursor=2" in hub.log[0].query
    once_more = run(registry, hub, state, restart=True, pages=1)
    assert (once_more.known, once_more.finished) == (2, False)


def test_dying_before_the_place_is_noted_writes_nothing_twice(hub: Hub, tmp_path: Path) -> None:
    registry, state = memory(), tmp_path / "state.json"
    run(registry, hub, state, pages=1)
    state.unlink()
    report = run(registry, hub, state)
    assert (report.written, report.known) == (3, 2)
    state.write_text('{"source": "another", "next": ""}')
    with pytest.raises(MalformedFile):
        run(registry, hub, state)


def test_records_that_come_under_an_advisory_raise_its_alerts(hub: Hub, tmp_path: Path) -> None:
    registry = memory()
    data = {"database_specific": {"stemma": {"record": "acme-corpus"}}, **affected_record("acme-corpus")}
    keep_advisories(registry, [advisory(entries=[data])], NOW)
    report = run(registry, hub, tmp_path / "state.json")
    assert report.told == 4
    assert {alert.subject for alert in registry.alerts.find()} == {
        "acme-corpus", "acme-base@1.0.0", "acme-chat@1.0.0", "beta-chat-gguf@1.0.0", "beta-merge@1.0.0"
    }  # fmt: skip


def test_a_server_that_asks_to_wait_is_obeyed_and_one_that_refuses_is_left(hub: Hub, tmp_path: Path) -> None:
    registry, clock = memory(), CountingClock()
    hub.faults.append(Fault(path="/api/models", status=429, times=1, headers={"Retry-After": "0"}))
    assert run(registry, hub, tmp_path / "state.json", clock).written == 5
    hub.faults.append(Fault(path="/api/models", status=429, times=100, headers={"Retry-After": "9999"}))
    with pytest.raises(RateLimited):
        run(registry, hub, tmp_path / "state.json", clock)
    assert clock.slept == [1.0, 1.0, 60.0]


def test_hostile_pages_are_refused_or_passed_over(hub: Hub, tmp_path: Path) -> None:
    registry = memory()
    entries = [
        {"id": "../../etc"},
        "text",
        {"id": 7},
        {"id": "a/ok", "cardData": {"base_model": ["x" * 9_000, 3]}, "sha": 1},
    ]
    hub.faults.append(Fault(path="/api/models", page=json.dumps(entries).encode()))
    report = run(registry, hub, tmp_path / "state.json", pages=1)
    assert (report.written, len(report.left_out)) == (1, 3)
    for page in (b"no json", b'{"a": 1}', b"[" * 100_000):
        hub.faults.append(Fault(path="/api/models", page=page))
        with pytest.raises(SourceError):
            run(registry, hub, tmp_path / "other.json")
    elsewhere = HubListing(Network(endpoint=hub.endpoint), IndexNames(registry))
    with pytest.raises(SourceError, match="elsewhere"):
        elsewhere.page("http://127.0.0.1:1/api/models?cursor=1")
    hub.faults.append(Fault(path="/api/models", page=b"[" + b" " * 5_000 + b"]"))
    with pytest.raises(LimitExceeded):
        fetch_json(Network().transfer, f"{hub.endpoint}/api/models", {}, 1_000)


def test_kaggle_gives_a_draft_an_instance(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", "ann")
    monkeypatch.setenv("KAGGLE_KEY", "k")
    base = {
        "id": 1,
        "owner": {"slug": "acme"},
        "modelSlug": "gem",
        "instanceSlug": "2b",
        "framework": "MODEL_FRAMEWORK_PY_TORCH",
    }
    hub.kaggle = [
        {"ref": "acme/gem", "title": "Gem", "publishTime": "2026-01-02T03:04:05Z", "instances": [
            {"slug": "2b", "framework": "PyTorch", "versionNumber": 3, "licenseName": "Apache 2.0"}]},
        {"ref": "beta/gem-it", "title": "Gem IT", "instances": [
            {"slug": "2b-it", "framework": "MODEL_FRAMEWORK_PY_TORCH", "baseModelInstanceInformation": base,
             "trainingData": ["beta/talk"]},
            {"slug": "gguf", "framework": "gguf", "externalBaseModelUrl": "https://huggingface.co/acme/base"}]},
        {"title": "nameless"},
        "text",
    ]  # fmt: skip
    registry = memory()
    listing = KaggleListing(Network(), IndexNames(registry), endpoint=hub.endpoint, page_size=1)
    report = index(registry, listing, tmp_path / "s.json", now=lambda: NOW, clock=CountingClock(), pages=9)
    assert (report.pages, report.written, len(report.left_out), report.finished) == (4, 3, 1, True)
    assert registry.records.names() == ["acme-gem-pytorch-2b", "beta-gem-it-gguf-gguf", "beta-gem-it-pytorch-2b-it"]
    assert edges(registry, "beta-gem-it-pytorch-2b-it") == [
        ("finetuned-from", "acme-gem-pytorch-2b"), ("trained-on", "beta-talk")
    ]  # fmt: skip
    assert edges(registry, "beta-gem-it-gguf-gguf") == [("finetuned-from", "acme-base")]
    assert {line.headers["Authorization"] for line in hub.requests("/api/v1/models/list")} == {"Basic YW5uOms="}
    again = index(registry, listing, tmp_path / "s.json", now=lambda: NOW, clock=CountingClock())
    assert (again.written, again.known) == (0, 3)
