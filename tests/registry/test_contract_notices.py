"""What every registry promises of advisories, alerts, deliveries, the audit log and transactions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stemma.errors import InputError
from stemma.registry import AlertState, DeliveryState, FingerprintDigest, Registry, chain_problems
from tests.registry.backends import Backend
from tests.registry.texts import text
from tests.registry.values import advisory, alert, delivery, ruling, sighting, subscription


def test_an_advisory_keeps_all_its_versions(registry: Registry) -> None:
    old = advisory()
    new = advisory(modified="2026-03-01T00:00:00.5Z", names=("base", "other"))
    assert registry.advisories.put(new)
    assert not registry.advisories.put(old)
    assert not registry.advisories.put(new)
    assert registry.advisories.get(old.id) == new
    assert list(registry.advisories.history(old.id)) == [old, new]
    assert list(registry.advisories.ids()) == [old.id]
    with pytest.raises(InputError, match="with other content"):
        registry.advisories.put(replace(old, text="{}"))
    with pytest.raises(KeyError):
        registry.advisories.get("STEMMA-0")
    assert list(registry.advisories.history("STEMMA-0")) == []


def test_advisories_are_found_by_what_their_newest_version_names(registry: Registry) -> None:
    registry.advisories.put(advisory("A", names=("base",)))
    registry.advisories.put(advisory("A", "2026-03-02T00:00:00Z", names=("other",)))
    registry.advisories.put(advisory("B", names=("base", "x"), subjects=("model:hf:a/b",), withdrawn="2026-03-01"))
    assert [each.id for each in registry.advisories.naming(["base", "none"])] == ["B"]
    assert [each.id for each in registry.advisories.naming(["other", "x"])] == ["A", "B"]
    assert [each.id for each in registry.advisories.naming(["model:hf:a/b"])] == ["B"]
    assert [(each.id, each.modified[:10]) for each in registry.advisories.all()] == [
        ("A", "2026-03-01"), ("A", "2026-03-02"), ("B", "2026-03-01")
    ]  # fmt: skip


def test_there_is_one_alert_for_an_advisory_and_a_subject(registry: Registry) -> None:
    first, second = alert(subject="x@1.0.0"), alert(subject="y@1.0.0")
    registry.alerts.put([first, second])
    acknowledged = replace(first, state=AlertState.ACKNOWLEDGED, acknowledged_by="Ann", updated="2026-03-02T00:00:00Z")
    registry.alerts.put([acknowledged])
    assert registry.alerts.get(first.id) == acknowledged
    both = sorted((acknowledged, second), key=lambda each: each.id)
    assert list(registry.alerts.find()) == both
    assert list(registry.alerts.find(limit=1)) == both[:1]
    assert list(registry.alerts.find(after=both[0].id)) == both[1:]
    assert list(registry.alerts.find(states=[AlertState.OPEN])) == [second]
    assert list(registry.alerts.find(subject="x@1.0.0")) == [acknowledged]
    assert list(registry.alerts.find(advisory="none")) == []
    others = [alert(subject=each) for each in ("x", "xA", "x-y@1.0.0", "x@2.0.0", "model:x@1.0.0")]
    with pytest.raises(RuntimeError), registry.transaction():
        registry.alerts.put(others)
        assert {each.subject for each in registry.alerts.find(name="x")} == {"x", "x@1.0.0", "x@2.0.0"}
        assert {each.subject for each in registry.alerts.find(unrecorded=True)} == {"x", "xA", "model:x@1.0.0"}
        raise RuntimeError
    assert list(registry.alerts.find(states=[])) == []
    assert list(registry.alerts.latest(5)) == [acknowledged, second]
    subjects = [acknowledged.subject, second.subject, "no-such@1.0.0"]
    assert {each.id for each in registry.alerts.on(subjects)} == {acknowledged.id, second.id}
    assert list(registry.alerts.on(subjects, [AlertState.OPEN])) == [second]
    assert list(registry.alerts.on([])) == []
    assert list(registry.alerts.latest(1)) == [acknowledged]
    assert list(registry.alerts.latest(5, [AlertState.OPEN])) == [second]
    assert [registry.alerts.count(states) for states in (None, [AlertState.OPEN], [])] == [2, 1, 0]
    with pytest.raises(KeyError):
        registry.alerts.get("nothing")


def test_subscriptions_come_and_go(registry: Registry) -> None:
    registry.subscriptions.put(subscription("b"))
    registry.subscriptions.put(subscription("a"))
    registry.subscriptions.put(subscription("a", active=False))
    assert list(registry.subscriptions.all()) == [subscription("a", active=False), subscription("b")]
    registry.subscriptions.remove("b")
    with pytest.raises(KeyError):
        registry.subscriptions.get("b")
    with pytest.raises(KeyError):
        registry.subscriptions.remove("b")


def test_what_is_due_is_sent_once(registry: Registry) -> None:
    late = delivery(alert(subject="x@1.0.0"), due="2026-03-01T13:00:00Z")
    early = delivery(alert(subject="y@1.0.0"))
    registry.outbox.add([late, early])
    assert list(registry.outbox.due("2026-03-01T12:00:00Z", 10)) == [early]
    assert list(registry.outbox.due("2026-03-01T14:00:00Z", 10)) == [early, late]
    assert list(registry.outbox.due("2026-03-01T14:00:00Z", 1)) == [early]
    assert list(registry.outbox.latest(5, DeliveryState.PENDING)) == [late, early]
    assert list(registry.outbox.latest(1, DeliveryState.PENDING)) == [late]
    done = replace(early, state=DeliveryState.DELIVERED, attempts=1)
    registry.outbox.update(done)
    registry.outbox.add([early])
    assert registry.outbox.get(early.id) == done
    assert list(registry.outbox.all(DeliveryState.PENDING)) == [late]
    assert list(registry.outbox.latest(5, DeliveryState.PENDING)) == [late]
    assert list(registry.outbox.latest(5, DeliveryState.DEAD)) == []
    assert {each.id for each in registry.outbox.all()} == {early.id, late.id}
    with pytest.raises(KeyError):
        registry.outbox.update(delivery(alert(subject="z@1.0.0")))


def test_fingerprints_are_found_by_subject_and_by_digest(registry: Registry) -> None:
    old = FingerprintDigest("base@1.0.0", "sha256:" + "a" * 64, "stemma.fingerprint/1", "2026-01-01")
    new = replace(old, digest="sha256:" + "b" * 64, date="2026-02-01")
    twin = replace(new, subject="copy@1.0.0")
    for found in (new, old, twin, twin):
        registry.fingerprints.put(found)
    assert list(registry.fingerprints.of("base@1.0.0")) == [old, new]
    assert list(registry.fingerprints.with_digest(new.digest)) == [new, twin]
    assert list(registry.fingerprints.all()) == [old, new, twin]


def test_every_change_is_logged_and_the_chain_is_sound(registry: Registry) -> None:
    registry.records.put(text("base"))
    registry.rulings.put(ruling("base@1.0.0", "child@1.0.0"))
    registry.advisories.put(advisory())
    registry.alerts.put([alert()])
    registry.subscriptions.put(subscription())
    entries = list(registry.audit.entries())
    assert [each.action for each in entries] == [
        "record.put", "ruling.put", "advisory.put", "alerts.put", "subscription.put"
    ]  # fmt: skip
    assert {(each.at, each.actor) for each in entries} == {("2026-03-01T12:00:00Z", "tests")}
    assert [each.seq for each in entries] == [1, 2, 3, 4, 5]
    assert list(chain_problems(entries)) == []
    assert list(registry.audit.entries(after=3)) == entries[3:]


def test_a_log_that_was_tampered_with_is_found_out(registry: Registry) -> None:
    for name in ("a", "b", "c"):
        registry.records.put(text(name))
    first, second, third = registry.audit.entries()
    assert "changed after" in next(chain_problems([first, replace(second, subject="x@1.0.0"), third]))
    assert "expected entry 2" in next(chain_problems([first, third]))
    assert "does not follow" in next(chain_problems([first, replace(second, previous="0" * 64), third]))


def test_a_log_is_restored_only_into_an_empty_one(registry: Registry) -> None:
    registry.records.put(text("base"))
    entries = list(registry.audit.entries())
    with pytest.raises(InputError, match="of its own"), registry.audit.restoring(entries):
        pass
    with pytest.raises(InputError, match="no entry"), registry.audit.restoring([]):
        pass
    assert list(registry.audit.entries()) == entries


def test_a_transaction_is_all_or_nothing(kept: Backend) -> None:
    registry = kept.open()
    registry.records.put(text("base"))
    with pytest.raises(RuntimeError, match="stop"), registry.transaction():
        registry.records.put(text("child", relations=(("finetuned-from", "base"),)))
        registry.advisories.put(advisory())
        registry.alerts.put([alert()])
        assert [edge.key for edge in registry.graph.declared(["base"], "upstream")] == ["child@1.0.0"]
        raise RuntimeError("stop")
    for each in (registry, kept.open()):
        assert list(each.records.names()) == ["base"]
        assert list(each.graph.declared(["base"], "upstream")) == []
        assert list(each.advisories.all()) == []
        assert list(each.alerts.find()) == []
        assert len(list(each.audit.entries())) == 1


def test_a_block_within_a_block_is_part_of_it(kept: Backend) -> None:
    registry = kept.open()
    with registry.transaction():
        registry.alerts.put([alert()])
        with registry.transaction():
            registry.outbox.add([delivery(alert())])
        registry.subscriptions.put(subscription())
    other = kept.open()
    assert (len(list(other.alerts.find())), len(list(other.outbox.all())), len(list(other.subscriptions.all()))) == (
        1, 1, 1
    )  # fmt: skip


def test_an_error_within_an_inner_block_takes_all_back(kept: Backend) -> None:
    registry = kept.open()
    with pytest.raises(RuntimeError), registry.transaction():
        registry.alerts.put([alert()])
        with registry.transaction():
            registry.subscriptions.put(subscription())
            raise RuntimeError
    assert list(registry.alerts.find()) == []
    assert list(registry.subscriptions.all()) == []


def test_a_repository_is_remembered_as_it_was_seen_last(registry: Registry) -> None:
    first = sighting()
    other = sighting(revision="v1", gone=True, claims=())
    registry.sightings.put(first)
    registry.sightings.put(other)
    entries = len(list(registry.audit.entries()))
    later = replace(first, at="2026-03-02T00:00:00Z")
    registry.sightings.put(later)
    assert len(list(registry.audit.entries())) == entries
    assert registry.sightings.get(first.repository, "main") == later
    assert list(registry.sightings.all()) == [later, other]
    registry.sightings.put(replace(later, weights="sha256:other"))
    assert len(list(registry.audit.entries())) == entries + 1
    with pytest.raises(KeyError):
        registry.sightings.get(first.repository, "none")
    with pytest.raises(RuntimeError), registry.transaction():
        registry.sightings.put(first)
        raise RuntimeError
    assert registry.sightings.get(first.repository, "main").weights == "sha256:other"
