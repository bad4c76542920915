"""List alerts, acknowledge them, and say who is told of what."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import nsmallest

from stemma.errors import InputError
from stemma.identity import parse_requirement
from stemma.identity.version import VERSION
from stemma.interop.webhooks.addresses import target_of
from stemma.interop.webhooks.signing import key_of, new_secret
from stemma.lineage import from_store
from stemma.lineage.alerts import acknowledged
from stemma.lineage.audience import Audience
from stemma.lineage.subscriptions import check_terms
from stemma.publish.alerts.model import AlertListing, SubscriptionListing
from stemma.registry import Alert, AlertState, Registry, Subscription, instant

DEFAULT_LIMIT = 100
MAX_NOTE = 500
Random = Callable[[int], bytes]


def list_alerts(
    registry: Registry,
    terms: Sequence[str] = (),
    *,
    states: Collection[AlertState] | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> AlertListing:
    """The newest alerts for which all terms hold; all there are where there is no limit.

    Raises:
        InputError: a term can never hold.
    """
    asked = check_terms(terms) if terms else ()
    if not asked and limit is not None:
        newest = tuple(registry.alerts.latest(limit, states))
        return AlertListing((), newest, registry.alerts.count(states), _summaries(registry, newest), VERSION)
    found = _Counted(_matching(registry, asked, states))
    alerts = tuple(nsmallest(limit, found, key=_order) if limit is not None else sorted(found, key=_order))
    return AlertListing(asked, alerts, found.count, _summaries(registry, alerts), VERSION)


class _Counted:
    """Alerts, counted as they go by."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self._alerts, self.count = alerts, 0

    def __iter__(self) -> Iterator[Alert]:
        for alert in self._alerts:
            self.count += 1
            yield alert


def _order(alert: Alert) -> tuple[int, str]:
    return -instant(alert.updated), alert.id


def _matching(registry: Registry, terms: Sequence[str], states: Collection[AlertState] | None) -> Iterator[Alert]:
    """The alerts that fit, by identity; those of one advisory or record without looking at others."""
    advisory, name = _only(terms, "advisory"), _only(terms, "model")
    record = None if name is None or name.startswith("hf:") else parse_requirement(name).name
    found = registry.alerts.find(advisory=advisory, name=record, states=states)
    return Audience(registry.graph, registry.identities).select(found, terms) if terms else found


def _only(terms: Sequence[str], kind: str) -> str | None:
    """The value of the first term of a kind, where it is but one."""
    values = (term.partition("=")[2].strip() for term in terms if term.startswith(f"{kind}="))
    return next((value for value in values if "," not in value), None)


def _summaries(registry: Registry, alerts: Iterable[Alert]) -> Mapping[str, str]:
    names = sorted({alert.advisory for alert in alerts})
    return {name: from_store(registry.advisories.get(name)).summary for name in names}


def acknowledge(registry: Registry, ids: Sequence[str], by: str, when: str) -> list[Alert]:
    """Note who knows of alerts; an id may be shortened to what tells it from others.

    Raises:
        InputError: there is no such alert, or several; or nobody is named.
    """
    if not by.strip():
        raise InputError("Nobody is named who acknowledges.", advice="Name them with --by.")
    with registry.transaction():
        found = [_alert(registry, each) for each in ids]
        known = [acknowledged(alert, by.strip()[:MAX_NOTE], when) for alert in found]
        registry.alerts.put(known)
    return known


def _alert(registry: Registry, asked: str) -> Alert:
    """The alert of an id, or the only one whose id begins so: the first after what comes just before it."""
    wanted = asked.lower()
    before = f"{wanted[:-1]}{chr(ord(wanted[-1]) - 1)}~" if wanted else ""
    near = [each for each in registry.alerts.find(after=before, limit=2) if each.id.startswith(wanted)]
    if len(near) != 1 or len(wanted) < 6:
        how = "more than one alert" if len(near) > 1 else "no alert"
        raise InputError(f"There is {how} with the id {asked[:80]!r}.", advice="See: stemma alerts list --format json")
    return near[0]


def subscribe(
    registry: Registry,
    terms: Sequence[str],
    url: str,
    when: str,
    *,
    name: str = "",
    secret: str = "",
    note: str = "",
    random_bytes: Random = secrets.token_bytes,
) -> SubscriptionListing:
    """Make a subscription: with a webhook, or without one, for a feed alone.

    Raises:
        InputError: a term can never hold, there is one of that name, or the webhook or its secret cannot be used.
    """
    asked = check_terms(terms)
    if url:
        target_of(url)
        secret = secret or new_secret(random_bytes)
        key_of(secret)
    elif secret:
        raise InputError("Got a secret, but no webhook.", advice="Name the webhook with --url.")
    identity = name or random_bytes(6).hex()
    if not identity.isprintable() or " " in identity or len(identity) > 80:
        raise InputError(f"Got the name {name[:80]!r}.", advice="At most 80 characters without spaces.")
    made = Subscription(identity, asked, url, when, secret, note=note[:MAX_NOTE])
    with registry.transaction():
        if any(each.id == identity for each in registry.subscriptions.all()):
            raise InputError(f"There is a subscription {identity}.", advice="Remove it, or choose another --name.")
        registry.subscriptions.put(made)
    return SubscriptionListing((made,), VERSION, fresh=True)


def subscriptions(registry: Registry) -> SubscriptionListing:
    """Every subscription, by id."""
    return SubscriptionListing(tuple(registry.subscriptions.all()), VERSION)


def switch(registry: Registry, name: str, *, active: bool) -> SubscriptionListing:
    """Let a subscription send, or not."""
    with registry.transaction():
        changed = replace(_subscription(registry, name), active=active)
        registry.subscriptions.put(changed)
    return SubscriptionListing((changed,), VERSION)


def unsubscribe(registry: Registry, names: Sequence[str]) -> None:
    """Take subscriptions out, all or none; raises InputError where there is no such one."""
    with registry.transaction():
        for name in names:
            registry.subscriptions.remove(_subscription(registry, name).id)


def _subscription(registry: Registry, name: str) -> Subscription:
    try:
        return registry.subscriptions.get(name)
    except KeyError:
        raise InputError(f"There is no subscription {name[:80]}.", advice="See: stemma watch list") from None
