"""Send what lies in the outbox: claim, send, mark, each step durable before the next.

* A message is claimed in a transaction of its own: the attempt counts before it is made, and others leave it alone for
  a while. Who dies after that has lost nothing; the message is due again.
* Who dies between sending and marking sends once more, with the same ``webhook-id``: receivers tell by it that they
  have the message.
* Attempts that fail wait longer and longer; after the last the message is kept as dead, for replay.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from stemma.errors import InputError, LimitExceeded, SourceError
from stemma.interop.webhooks.post import Answer
from stemma.interop.webhooks.signing import signed_headers
from stemma.publish.alerts.message import message_of
from stemma.registry import Delivery, DeliveryState, Registry, Subscription
from stemma.usecases.alerts.schedule import Schedule, later, seconds_of

PAGE = 100
_GONE = 410


class Post(Protocol):
    """Sends one message."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes, now: float) -> Answer:
        """Raises StemmaError where there was no answer."""
        ...


@dataclass(frozen=True)
class Sent:
    """What became of one delivery in this run."""

    delivery: Delivery
    status: int = 0


def deliver(
    registry: Registry,
    post: Post,
    *,
    now: Callable[[], str],
    rng: random.Random,
    schedule: Schedule | None = None,
    limit: int = 1_000_000,
) -> Iterator[Sent]:
    """Send all that is due, each message once; what fails is due again later.

    Args:
        registry: where the outbox is.
        post: who sends.
        now: tells the time.
        rng: for the jitter of waits.
        schedule: when to try again.
        limit: how many messages at most.
    """
    rules = schedule or Schedule()
    begun = now()
    left = limit
    while left > 0 and (due := registry.outbox.due(begun, min(PAGE, left))):
        for delivery in due:
            left -= 1
            claimed = _claim(registry, delivery, now(), rules, rng)
            if claimed is not None:
                yield _send(registry, claimed, post, now, rules, rng)


def _claim(registry: Registry, delivery: Delivery, at: str, rules: Schedule, rng: random.Random) -> Delivery | None:
    """The delivery with its next attempt counted; None where somebody else has it."""
    with registry.transaction():
        if registry.outbox.get(delivery.id) != delivery:
            return None
        attempts = delivery.attempts + 1
        wait = rules.wait(attempts, None, rng)
        claimed = replace(delivery, attempts=attempts, due=later(at, max(rules.lease, wait or 0.0)))
        registry.outbox.update(claimed)
    return claimed


def _send(
    registry: Registry, delivery: Delivery, post: Post, now: Callable[[], str], rules: Schedule, rng: random.Random
) -> Sent:
    to = _receiver(registry, delivery.subscription)
    if isinstance(to, str):
        return Sent(_settle(registry, replace(delivery, state=DeliveryState.DEAD, error=to)))
    at = now()
    body = message_of(registry.alerts.get(delivery.alert), delivery)
    try:
        moment = seconds_of(at)
        answer = post(to.url, signed_headers(to.secret, delivery.id, int(moment), body), body, moment)
    except (SourceError, InputError, LimitExceeded) as error:
        return Sent(_settle(registry, _failed(delivery, error.message, None, now(), rules, rng)))
    if 200 <= answer.status < 300:
        done = replace(delivery, state=DeliveryState.DELIVERED, error="")
        return Sent(_settle(registry, done), answer.status)
    reason = f"HTTP {answer.status}"
    if answer.status == _GONE:
        return Sent(_gone(registry, to, replace(delivery, state=DeliveryState.DEAD, error=reason)), answer.status)
    return Sent(_settle(registry, _failed(delivery, reason, answer.wait, now(), rules, rng)), answer.status)


def _receiver(registry: Registry, identity: str) -> Subscription | str:
    """The subscription, or why nothing is sent to it."""
    try:
        found = registry.subscriptions.get(identity)
    except KeyError:
        return "the subscription was removed"
    return found if found.active and found.url else "the subscription is switched off"


def _failed(
    delivery: Delivery, error: str, asked: float | None, at: str, rules: Schedule, rng: random.Random
) -> Delivery:
    wait = rules.wait(delivery.attempts, asked, rng)
    if wait is None:
        return replace(delivery, state=DeliveryState.DEAD, error=error[:500])
    return replace(delivery, due=later(at, wait), error=error[:500])


def _settle(registry: Registry, delivery: Delivery) -> Delivery:
    registry.outbox.update(delivery)
    return delivery


def _gone(registry: Registry, to: Subscription, delivery: Delivery) -> Delivery:
    """The receiver wants nothing any more: the subscription is switched off."""
    with registry.transaction():
        registry.subscriptions.put(replace(to, active=False))
        registry.outbox.update(delivery)
    return delivery


def replay(registry: Registry, ids: Collection[str], at: str) -> list[Delivery]:
    """Make deliveries due again, with the ids they have; without ``ids`` all that are dead.

    Raises:
        InputError: there is no delivery of such an id.
    """
    with registry.transaction():
        chosen = [_delivery(registry, each) for each in ids] or list(registry.outbox.all(DeliveryState.DEAD))
        again = [replace(each, state=DeliveryState.PENDING, attempts=0, due=at, error="") for each in chosen]
        for each in again:
            registry.outbox.update(each)
    return again


def _delivery(registry: Registry, identity: str) -> Delivery:
    try:
        return registry.outbox.get(identity)
    except KeyError:
        raise InputError(
            f"There is no delivery {identity[:80]}.", advice="See: stemma alerts deliver --list --format json"
        ) from None
