"""Subscriptions and deliveries over a server: a token sees and changes those whose name lies in its namespaces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from stemma.errors import AccessDenied, Conflict, ModelNotFound
from stemma.immutable import immutable
from stemma.registry import Delivery, DeliveryState, Registry, Subscription
from stemma.usecases.alerts.delivering import replay
from stemma.usecases.alerts.listing import subscribe, switch, unsubscribe
from stemma.usecases.browse.tokens import Token

MOST_SUBSCRIPTIONS = 500
MOST_LOOKED_AT = 5_000


@immutable
class Wish:
    """What is to be told to whom: all ``terms`` have to hold; without ``url`` it is for a feed alone."""

    id: str
    terms: tuple[str, ...]
    url: str = ""
    note: str = ""


def subscriptions_of(registry: Registry, token: Token) -> tuple[Subscription, ...]:
    """Those that a token covers, by name."""
    return tuple(each for each in registry.subscriptions.all() if token.covers(each.id))


def add_subscription(wish: Wish, registry: Registry, token: Token, when: str) -> Subscription:
    """Make one, with the secret that signs what is sent.

    Raises:
        AccessDenied: the token does not cover its name.
        Conflict: there is one of that name, or there are too many.
        InputError: a term can never hold, or the webhook cannot be used.
    """
    if not token.covers(wish.id):
        raise AccessDenied(f"This token does not cover {wish.id[:80]}.", advice="Begin the name with your namespace.")
    with registry.transaction():
        held = [each.id for each in registry.subscriptions.all()]
        if wish.id in held:
            raise Conflict(f"There is a subscription {wish.id[:80]}.", advice="Choose another name.")
        if len(held) >= MOST_SUBSCRIPTIONS:
            raise Conflict(f"There are {len(held)} subscriptions, and no more are taken.")
        (made,) = subscribe(registry, wish.terms, wish.url, when, name=wish.id, note=wish.note).subscriptions
        _log(registry, "web.subscribe", made.id, token)
    return made


def switch_subscription(identity: str, registry: Registry, token: Token, *, active: bool) -> Subscription:
    """Let one send, or not; raises ModelNotFound where the token covers none of that name."""
    with registry.transaction():
        _require(registry, identity, token)
        (changed,) = switch(registry, identity, active=active).subscriptions
        _log(registry, "web.resume" if active else "web.pause", identity, token)
    return changed


def remove_subscription(identity: str, registry: Registry, token: Token) -> None:
    """Take one out; raises ModelNotFound where the token covers none of that name."""
    with registry.transaction():
        _require(registry, identity, token)
        unsubscribe(registry, [identity])
        _log(registry, "web.unsubscribe", identity, token)


def deliveries_of(registry: Registry, token: Token, state: DeliveryState, *, limit: int = 100) -> Sequence[Delivery]:
    """What was sent, is to be sent, or was given up, to subscriptions that a token covers: the last of it first."""
    latest = registry.outbox.latest(MOST_LOOKED_AT, state)
    return tuple(islice((each for each in latest if token.covers(each.subscription)), limit))


def replay_delivery(identity: str, registry: Registry, token: Token, when: str) -> Delivery:
    """Make one due again, under the id that it has; raises ModelNotFound where the token covers none of it."""
    with registry.transaction():
        try:
            found = registry.outbox.get(identity)
        except KeyError:
            found = None
        if found is None or not token.covers(found.subscription):
            raise ModelNotFound(f"There is no delivery {identity[:80]} that this token covers.")
        (again,) = replay(registry, [identity], when)
        _log(registry, "web.replay", identity, token)
    return again


def _require(registry: Registry, identity: str, token: Token) -> None:
    """That there is one, and that it is theirs: one answer for both, so that names cannot be found out."""
    if not token.covers(identity) or all(each.id != identity for each in registry.subscriptions.all()):
        raise ModelNotFound(f"There is no subscription {identity[:80]} that this token covers.")


def _log(registry: Registry, action: str, subject: str, token: Token) -> None:
    registry.audit.append(action, f"{subject} by {token.name} (token {token.id})")
