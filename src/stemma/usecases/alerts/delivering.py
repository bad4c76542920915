"""Send what lies in the outbox: claim, send, mark, each step durable before the next.

* A message is claimed in a transaction of its own: the attempt counts before it is made, and others leave it alone for
  a while. Who dies after that has lost nothing; the message is due again.
* Who dies between sending and marking sends once more, with the same ``webhook-id``: receivers tell by it that they
  have the message.
* Attempts that fail wait longer and longer; after the last the message is kept as dead, for replay. A receiver that
  does not answer several times in a row keeps no other waiting: its messages are left for a later run.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from stemma.errors import InputError, LimitExceeded, SourceError
from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.interop.webhooks.post import Answer
from stemma.interop.webhooks.signing import signed_headers
from stemma.publish.alerts.message import message_of
from stemma.publish.alerts.model import DeliveryListing
from stemma.registry import Delivery, DeliveryState, Registry, Subscription
from stemma.usecases.alerts.schedule import Schedule, later, seconds_of

PAGE = 100
PATIENCE = 3
"""Times in a row that a receiver may fail to answer before a run leaves it alone."""
_GONE = 410


class Post(Protocol):
    """Sends one message."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes, now: float) -> Answer:
        """Raises StemmaError where there was no answer."""
        ...


@immutable
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
    silent: Counter[str] = Counter()
    while left > 0 and (due := registry.outbox.due(begun, min(PAGE, left))):
        for delivery in due:
            left -= 1
            if silent[delivery.subscription] >= PATIENCE:
                _postpone(registry, delivery, later(now(), rules.waits[0]))
                continue
            claimed = _claim(registry, delivery, now(), rules, rng)
            if claimed is not None:
                sent = _send(registry, claimed, post, now, rules, rng)
                pending = sent.delivery.state is DeliveryState.PENDING
                silent[delivery.subscription] = silent[delivery.subscription] + 1 if pending and not sent.status else 0
                yield sent


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


def _postpone(registry: Registry, delivery: Delivery, due: str) -> None:
    """Leave a message for a later run, without an attempt: its receiver answers nobody."""
    with registry.transaction():
        if registry.outbox.get(delivery.id) == delivery:
            registry.outbox.update(replace(delivery, due=due))


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
    if not found.active or not found.url:
        return "the subscription is switched off"
    return (
        found if found.secret else "the subscription came without its secret: add it again, or import it with secrets"
    )


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
            f"There is no delivery {identity[:80]}.", advice="See: stemma alerts deliver --dry-run --format json"
        ) from None


def deliver_all(
    registry: Registry, post: Post, *, now: Callable[[], str], rng: random.Random, limit: int
) -> DeliveryListing:
    """One run of :func:`deliver`, with what became of each message."""
    sent = list(deliver(registry, post, now=now, rng=rng, limit=limit))
    return _listing((each.delivery for each in sent), {each.delivery.id: each.status for each in sent})


def undelivered(registry: Registry) -> DeliveryListing:
    """Everything that is waiting or was given up."""
    return _listing(each for each in registry.outbox.all() if each.state is not DeliveryState.DELIVERED)


def replayed(registry: Registry, ids: Collection[str], at: str) -> DeliveryListing:
    """As :func:`replay`."""
    return _listing(replay(registry, ids, at))


def _listing(deliveries: Iterable[Delivery], statuses: Mapping[str, int] | None = None) -> DeliveryListing:
    return DeliveryListing(tuple(deliveries), statuses or {}, VERSION)
