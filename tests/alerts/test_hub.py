"""Repositories on the hub that are not what they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import pytest

from stemma.errors import AccessDenied, InputError, LimitExceeded, RateLimited
from stemma.interop.crawl import Manners
from stemma.interop.network import Network
from stemma.interop.webhooks.incoming import read_event
from stemma.lineage.sightings import HubChange
from stemma.publish.alerts.model import WatchReport
from stemma.registry import Registry, Subscription
from stemma.usecases.alerts.hub import check_hub, take_event, watched
from stemma.usecases.settings import Work
from tests.alerts.killed import Fuse, Fused
from tests.hub.fixtures import CountingClock as FakeClock
from tests.hub.server import Fault, Hub
from tests.lineage.graphs import memory, text

CARD = b"---\nlicense: mit\nbase_model: acme/root\n---\n# A model\n"
FILES = {"model.safetensors": b"w" * 5000, "README.md": CARD}
SECRET = "between us"
TIMES = (f"2026-03-{day:02}T12:{minute:02}:00Z" for day in range(1, 30) for minute in range(60))


@pytest.fixture
def place() -> Iterator[tuple[Registry, Hub]]:
    """A hub with one model; a registry with a record of it that names no commit, one that does, and a child."""
    registry = memory()
    with Hub() as hub:
        commit = hub.add("acme/base", FILES, identity="first")
        floating = {"hubs": [{"hub": "huggingface", "id": "acme/base"}]}
        pinned = {"hubs": [{"hub": "huggingface", "id": "acme/base", "revision": commit}]}
        registry.records.put(text("floating", identity=floating))
        registry.records.put(text("pinned", identity=pinned))
        registry.records.put(text("child", "quantised-from floating"))
        yield registry, hub


def look(registry: Registry, hub: Hub, *asked: str, clock: FakeClock | None = None) -> WatchReport:
    """One look at the hub, a minute after the last."""
    at = next(TIMES)
    work = Work(network=Network(endpoint=hub.endpoint))
    return check_hub(
        registry, asked, now=lambda: at, work=work, clock=clock or FakeClock(), manners=Manners(2.0, 60.0, 2)
    )


def kinds(report: WatchReport) -> list[HubChange]:
    """What was found."""
    return [finding.kind for finding, _ in report.findings]


def reached(registry: Registry, report: WatchReport) -> set[str]:
    """Whom the only finding reached."""
    ((_, advisory),) = report.findings
    return {alert.subject for alert in registry.alerts.find(advisory=advisory)}


def test_what_is_seen_for_the_first_time_has_not_changed(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    first = look(registry, hub)
    assert (first.looked, first.first, kinds(first), first.failures) == (1, 1, [], {})
    again = look(registry, hub)
    assert (again.looked, again.first, kinds(again)) == (1, 0, [])
    assert not list(registry.alerts.find())


def test_other_weights_under_one_name_concern_who_names_no_commit(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    look(registry, hub)
    hub.add("acme/base", {**FILES, "model.safetensors": b"v" * 5000}, identity="first")
    report = look(registry, hub)
    assert kinds(report) == [HubChange.WEIGHTS]
    assert reached(registry, report) == {"floating@1.0.0", "child@1.0.0"}
    assert report.told == 2
    assert kinds(look(registry, hub)) == []


def test_other_words_of_the_card_are_no_claim(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    look(registry, hub)
    hub.add("acme/base", {**FILES, "README.md": CARD + b"More.\n"}, identity="first")
    assert kinds(look(registry, hub)) == []
    hub.add("acme/base", {**FILES, "README.md": CARD.replace(b"mit", b"cc-by-nc-4.0")}, identity="first")
    report = look(registry, hub)
    assert kinds(report) == [HubChange.CLAIM]
    ((finding, advisory),) = report.findings
    assert (finding.before, finding.after) == ("license: mit", "license: cc-by-nc-4.0")
    assert {risk for alert in registry.alerts.find(advisory=advisory) for risk in alert.risks} == {"licence"}


def test_a_deleted_repository_and_another_in_its_place(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    look(registry, hub)
    held = hub.repositories.pop(("models", "acme/base"))
    gone = look(registry, hub)
    assert kinds(gone) == [HubChange.DELETED]
    assert {"floating@1.0.0", "pinned@1.0.0"} <= reached(registry, gone)
    assert kinds(look(registry, hub)) == []
    hub.repositories["models", "acme/base"] = held
    assert kinds(look(registry, hub)) == []
    del hub.repositories["models", "acme/base"]
    assert kinds(look(registry, hub)) == [HubChange.DELETED]
    hub.add("acme/base", FILES, identity="second")
    taken = look(registry, hub)
    assert kinds(taken) == [HubChange.RE_REGISTERED]
    assert {"floating@1.0.0", "pinned@1.0.0", "child@1.0.0", "model:hf:acme/base"} <= reached(registry, taken)


def test_a_repository_that_moved(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    look(registry, hub)
    hub.repositories["models", "beta/base"] = hub.repositories.pop(("models", "acme/base"))
    hub.repositories["models", "beta/base"].name = "beta/base"
    hub.moved["acme/base"] = "beta/base"
    report = look(registry, hub)
    assert kinds(report) == [HubChange.MOVED]
    assert report.findings[0][0].after == "beta/base"


def test_what_concerns_no_record_is_told_and_kept_out_of_the_registry(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    hub.add("other/model", FILES)
    look(registry, hub, "hf:other/model")
    hub.add("other/model", {"model.safetensors": b"x" * 5000})
    report = look(registry, hub, "hf:other/model")
    assert [(finding.kind, advisory) for finding, advisory in report.findings] == [
        (HubChange.WEIGHTS, ""), (HubChange.CLAIM, "")
    ]  # fmt: skip
    assert not list(registry.advisories.ids())


def test_who_watches_a_repository_is_told_though_no_record_names_it(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    hub.add("other/model", FILES)
    to = Subscription(
        "s", ("model=hf:other/model",), "https://example.org/", "2026-03-01T12:00:00Z", "whsec_" + "A" * 32
    )
    registry.subscriptions.put(to)
    look(registry, hub)
    hub.add("other/model", {**FILES, "model.safetensors": b"x" * 5000})
    report = look(registry, hub)
    assert reached(registry, report) == {"model:hf:other/model@main"}
    assert [each.subscription for each in registry.outbox.all()] == ["s"]


def test_who_may_not_look_says_so_and_finds_nothing(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    look(registry, hub)
    hub.faults.append(Fault(path="/revision/main", status=403, times=1))
    hub.faults.append(Fault(path="/acme/base", status=403, times=1))
    report = look(registry, hub)
    assert (list(report.failures), report.findings) == (["hf:acme/base"], ())
    hub.faults += [Fault(path="/main", status=404, times=9), Fault(path="/acme/base", status=404, times=9)]
    elsewhere = look(registry, hub)  # something else answers at this address
    assert (len(elsewhere.failures), elsewhere.findings) == (1, ())
    assert not registry.sightings.get("huggingface:acme/base", "main").gone


def test_the_longest_unseen_come_first_and_pauses_are_kept(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    for name in ("a/one", "b/two", "c/three"):
        hub.add(name, FILES)
        registry.records.put(text(name.replace("/", "-"), identity={"hubs": [{"hub": "huggingface", "id": name}]}))
    terms = ("model=hf:d/four,base",)
    registry.subscriptions.put(Subscription("s", terms, "", "2026-03-01T12:00:00Z"))
    assert [str(each) for each in watched(registry)] == [
        "hf:a/one", "hf:acme/base", "hf:b/two", "hf:c/three", "hf:d/four"
    ]  # fmt: skip
    look(registry, hub, "hf:a/one")
    clock = FakeClock()
    seen: list[str] = []
    work = Work(network=Network(endpoint=hub.endpoint))
    at = next(TIMES)
    check_hub(registry, now=lambda: at, work=work, limit=3, manners=Manners(2.0), clock=clock, tell=seen.append)
    assert seen == ["hf:acme/base", "hf:b/two", "hf:c/three"]
    assert clock.slept == [2.0, 2.0]


class Breaking(Fuse):
    """Raises at a step instead of killing the process."""

    def step(self) -> None:
        """One step was reached."""
        self.passed += 1
        if self.passed == self.at:
            raise ConnectionAbortedError


def test_a_change_is_found_once_wherever_the_look_breaks_off(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    look(registry, hub)
    broke = 0
    for step in range(1, 100):
        hub.add("acme/base", {**FILES, "model.safetensors": f"{step}".encode() * 5000}, identity="first")
        before = set(registry.advisories.ids())
        fuse = Breaking(step)
        with suppress(ConnectionAbortedError):
            look(cast("Registry", Fused(registry, fuse)), hub)
        broke += fuse.passed >= step
        look(registry, hub)
        (fresh,) = set(registry.advisories.ids()) - before
        assert {alert.subject for alert in registry.alerts.find(advisory=fresh)} == {"floating@1.0.0", "child@1.0.0"}
        if fuse.passed < step:
            break
    assert broke > 8


def event(name: str = "acme/base", **more: object) -> bytes:
    """What the hub sends."""
    said = {"event": {"action": "update", "scope": "repo.content"}, "repo": {"type": "model", "name": name}}
    return json.dumps(said | more).encode()


def test_a_webhook_of_the_hub_leads_to_a_look(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    look(registry, hub)
    hub.add("acme/base", {**FILES, "model.safetensors": b"v" * 5000}, identity="first")
    work, at = Work(network=Network(endpoint=hub.endpoint)), next(TIMES)
    refs = [{"ref": "refs/heads/main", "oldSha": "a", "newSha": "b"}, {"ref": "refs/pr/1"}]
    report = take_event(registry, event(updatedRefs=refs), SECRET, SECRET, now=lambda: at, work=work)
    assert report is not None
    assert kinds(report) == [HubChange.WEIGHTS]
    for given, expected in ((None, SECRET), ("wrong", SECRET), ("", ""), (SECRET + "x", SECRET), ("é", SECRET)):
        with pytest.raises(AccessDenied):
            take_event(registry, event(), given, expected, now=lambda: at, work=work)


def test_events_are_read_strictly() -> None:
    read = read_event(event(movedTo={"name": "beta/base"}, updatedRefs=[{"ref": "refs/tags/v1/x"}, 7, {}]))
    assert read is not None
    assert (read.repositories, read.revisions) == (("acme/base", "beta/base"), ("v1/x",))
    assert (
        read_event(json.dumps({"event": {"action": "a", "scope": "b"}, "repo": {"type": "dataset"}}).encode()) is None
    )
    for bad in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000, event(name="../../etc"), event(name=""), event(repo=[])):
        with pytest.raises(InputError):
            read_event(bad)
    with pytest.raises(LimitExceeded):
        read_event(b" " * 1_000_001)


def test_a_hub_that_refuses_by_rate_is_left_in_peace_and_then_given_up(place: tuple[Registry, Hub]) -> None:
    registry, hub = place
    hub.faults.append(Fault(path="/main", status=429, times=1_000, headers={"Retry-After": "100000"}))
    hub.faults.append(Fault(path="/acme/base", status=429, times=1_000, headers={"Retry-After": "100000"}))
    clock = FakeClock()
    with pytest.raises(RateLimited):
        look(registry, hub, clock=clock)
    assert clock.slept == [60.0, 60.0]
