"""From the outbox to the receiver: retries, dead letters, replay."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from stemma.errors import InputError, SourceError
from stemma.interop.webhooks.post import Answer, Poster
from stemma.registry import Delivery, DeliveryState, Registry
from stemma.usecases.alerts.delivering import PATIENCE, Sent, deliver, replay
from stemma.usecases.alerts.schedule import Schedule, later, seconds_of
from tests.alerts.receiver import Receiver, Reply
from tests.lineage.graphs import memory
from tests.registry.values import alert, delivery, subscription

NOW = "2026-03-01T12:00:00Z"
SECRET = "whsec_" + "QUJD" * 8
RULES = Schedule(waits=(10, 100), jitter=0.5, lease=60)


def filled(url: str, *subjects: str) -> tuple[Registry, list[Delivery]]:
    """A registry with one delivery for an alert on each subject."""
    registry = memory()
    alerts = [alert(subject=each) for each in subjects or ("child@1.0.0",)]
    registry.alerts.put(alerts)
    registry.subscriptions.put(subscription(url=url, secret=SECRET))
    made = [delivery(each) for each in alerts]
    registry.outbox.add(made)
    return registry, made


def run(registry: Registry, at: str = NOW, post: object = None) -> list[Sent]:
    """One run at a time of day."""
    sender = post or Poster(allow_internal=True).post
    return list(deliver(registry, sender, now=lambda: at, rng=random.Random(1), schedule=RULES))  # type: ignore[arg-type]


def test_a_message_is_signed_and_says_what_happened() -> None:
    with Receiver() as receiver:
        registry, (made,) = filled(receiver.url)
        (sent,) = run(registry)
        assert (sent.status, sent.delivery.state, sent.delivery.attempts) == (200, DeliveryState.DELIVERED, 1)
        assert run(registry, later(NOW, 1e6)) == []
        (got,) = receiver.got
        assert got.headers["content-type"] == "application/json"
        message = json.loads(got.body)
        assert message["type"] == "alert.open"
        assert message["data"]["alert"]["subject"] == "child@1.0.0"
        assert message["data"]["alert"]["path"][0]["kind"] == "finetuned-from"
        stamp = got.headers["webhook-timestamp"]
        assert (got.id, stamp) == (made.id, str(int(seconds_of(NOW))))
        signed = Webhook(SECRET).sign(made.id, _time(stamp), got.body.decode())
        assert got.headers["webhook-signature"] == signed


def _time(stamp: str) -> datetime:
    return datetime.fromtimestamp(int(stamp), UTC)


def test_failures_wait_longer_and_longer_and_are_given_up_then_replayed_under_the_same_id() -> None:
    with Receiver() as receiver:
        registry, (made,) = filled(receiver.url)
        receiver.replies += [Reply(500), Reply(302, {"Location": "/"}), Reply(404)]
        (first,) = run(registry)
        wait = seconds_of(first.delivery.due) - seconds_of(NOW)
        assert (first.delivery.state, first.delivery.error) == (DeliveryState.PENDING, "HTTP 500")
        assert 10 <= wait <= 15
        assert run(registry, later(NOW, 9)) == []
        (second,) = run(registry, later(NOW, 16))
        assert 100 <= seconds_of(second.delivery.due) - seconds_of(later(NOW, 16)) <= 150
        (third,) = run(registry, later(NOW, 1_000))
        assert (third.delivery.state, third.delivery.error) == (DeliveryState.DEAD, "HTTP 404")
        assert run(registry, later(NOW, 1e7)) == []
        (again,) = replay(registry, [], later(NOW, 2_000))
        assert (again.id, again.attempts) == (made.id, 0)
        (fourth,) = run(registry, later(NOW, 2_001))
        assert fourth.delivery.state is DeliveryState.DELIVERED
        assert {got.id for got in receiver.got} == {made.id}
        assert len({got.body for got in receiver.got}) == 1
        assert replay(registry, [], NOW) == []
        with pytest.raises(InputError):
            replay(registry, ["nothing"], NOW)


def test_a_receiver_may_ask_for_a_longer_wait_but_not_for_ever() -> None:
    with Receiver() as receiver:
        registry, _ = filled(receiver.url)
        receiver.replies += [Reply(429, {"Retry-After": "3600"}), Reply(503, {"Retry-After": "999999999"})]
        (first,) = run(registry)
        assert seconds_of(first.delivery.due) - seconds_of(NOW) == 3600
        (second,) = run(registry, later(NOW, 3600))
        assert seconds_of(second.delivery.due) - seconds_of(later(NOW, 3600)) == RULES.longest_asked


def test_a_receiver_that_is_gone_switches_the_subscription_off() -> None:
    with Receiver() as receiver:
        registry, made = filled(receiver.url, "a@1.0.0", "b@1.0.0")
        receiver.replies.append(Reply(410))
        run(registry)
        assert not registry.subscriptions.get("team").active
        assert {registry.outbox.get(each.id).state for each in made} == {DeliveryState.DEAD}
        assert len(receiver.got) == 1


def test_a_subscription_that_came_without_its_secret_is_sent_nothing_until_it_has_one() -> None:
    with Receiver() as receiver:
        registry, (made,) = filled(receiver.url)
        registry.subscriptions.put(subscription(url=receiver.url, secret=""))
        (sent,) = run(registry)
        assert "without its secret" in sent.delivery.error and not receiver.got
        assert registry.outbox.get(made.id).state is DeliveryState.DEAD
        registry.subscriptions.put(subscription(url=receiver.url, secret=SECRET))
        replay(registry, [], NOW)
        run(registry, later(NOW, 50))
        assert registry.outbox.get(made.id).state is DeliveryState.DELIVERED
        assert len(receiver.got) == 1


def test_a_removed_subscription_is_sent_nothing() -> None:
    with Receiver() as receiver:
        registry, (made,) = filled(receiver.url)
        registry.subscriptions.remove("team")
        run(registry)
        assert registry.outbox.get(made.id).error == "the subscription was removed"
        assert not receiver.got


def test_an_internal_address_is_refused_unless_allowed_and_nothing_is_sent() -> None:
    with Receiver() as receiver:
        registry, _ = filled(receiver.url.replace("http:", "https:"))
        (sent,) = run(registry, post=Poster().post)
        assert "internal address" in sent.delivery.error
        assert sent.delivery.state is DeliveryState.PENDING
        assert not receiver.got


def test_each_message_is_tried_once_a_run_however_many_there_are() -> None:
    registry, made = filled("https://example.org/", *(f"m{n}@1.0.0" for n in range(250)))
    seen: list[str] = []

    def post(_url: str, headers: Mapping[str, str], _body: bytes, _now: float) -> Answer:
        seen.append(headers["webhook-id"])
        if len(seen) % 2:
            raise SourceError("broken")
        return Answer(204)

    assert len(run(registry, post=post)) == 250
    assert sorted(seen) == sorted(each.id for each in made)
    assert sum(each.state is DeliveryState.DELIVERED for each in registry.outbox.all()) == 125


def test_a_receiver_that_never_answers_keeps_no_other_waiting() -> None:
    registry, made = filled("https://example.org/", *(f"m{n}@1.0.0" for n in range(20)))
    registry.subscriptions.put(subscription("other", url="https://example.net/", secret=SECRET))
    registry.outbox.add([delivery(registry.alerts.get(each.alert), "other") for each in made])
    tried: list[str] = []

    def post(url: str, _headers: Mapping[str, str], _body: bytes, _now: float) -> Answer:
        tried.append(url)
        if "org" in url:
            raise SourceError("silence")
        return Answer(200)

    run(registry, post=post)
    assert tried.count("https://example.org/") == PATIENCE
    assert tried.count("https://example.net/") == 20
    waiting = [each for each in registry.outbox.all() if each.state is DeliveryState.PENDING]
    assert len(waiting) == 20
    assert sum(each.attempts for each in waiting) == PATIENCE
    assert run(registry, later(NOW, 5), post=post) == []
    run(registry, later(NOW, 10), post=lambda *_given: Answer(200))
    assert sum(each.state is DeliveryState.DELIVERED for each in registry.outbox.all()) == 37


def test_what_another_process_has_claimed_is_left_alone() -> None:
    registry, (made,) = filled("https://example.org/")
    calls = []

    def post(*_given: object) -> Answer:
        calls.append(run(registry, post=post))  # another process, while this one is sending
        return Answer(200)

    run(registry, post=post)
    assert calls == [[]]
    claimed = registry.outbox.get(made.id)
    registry.outbox.update(replace(claimed, state=DeliveryState.PENDING))
    assert run(registry, later(NOW, RULES.lease - 1)) == []
