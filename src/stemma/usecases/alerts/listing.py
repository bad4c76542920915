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
from stemma.lineage.subscriptions import check_terms, condition_of
from stemma.publish.alerts.model import AlertListing, SubscriptionListing
from stemma.registry import Alert, AlertState, Registry, Subscription, instant
from stemma.registry.search import Query

DEFAULT_LIMIT = 100
MAX_NOTE = 500
FEW = 2_000
"""So many alerts are read faster than records are found."""
_AT_ONCE = 5_000
_BY_RECORD = {"query": 0, "owner": 1, "licence": 2}
Random = Callable[[int], bytes]


def list_alerts(
    registry: Registry,
    terms: Sequence[str] = (),
    *,
    states: Collection[AlertState] | None = None,
    limit: int | None = DEFAULT_LIMIT,
    few: int = FEW,
) -> AlertListing:
    """The newest alerts for which all terms hold; all there are where there is no limit.

    Up to ``few`` alerts are looked through; among more of them, those are found that are on fitting records.

    Raises:
        InputError: a term can never hold.
    """
    asked = check_terms(terms) if terms else ()
    if not asked and limit is not None:
        newest = tuple(registry.alerts.latest(limit, states))
        return AlertListing((), newest, registry.alerts.count(states), _summaries(registry, newest), VERSION)
    found = _Counted(_matching(registry, asked, states, few))
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


def _matching(
    registry: Registry, terms: Sequence[str], states: Collection[AlertState] | None, few: int
) -> Iterator[Alert]:
    """The alerts that fit; those of an advisory, a record, an owner, a licence or a query without looking at others."""
    advisory, name = _only(terms, "advisory"), _only(terms, "model")
    record = None if name is None or name.startswith("hf:") else parse_requirement(name).name
    asked = _asked(terms) if advisory is None and record is None else []
    if asked and registry.alerts.count() > few:
        found = _on_records(registry, asked, states)
    else:
        found = registry.alerts.find(advisory=advisory, name=record, states=states)
    return Audience(registry.graph).select(found, terms) if terms else found


def _asked(terms: Sequence[str]) -> list[Query]:
    """Which records the subjects are among: by the term that is likely to hold for the fewest, all of its values."""
    conditions = sorted(map(condition_of, terms), key=lambda each: _BY_RECORD.get(each.kind, len(_BY_RECORD)))
    first = next((each for each in conditions if each.kind in _BY_RECORD), None)
    if first is None:
        return []
    return [Query(text=value) if first.kind == "query" else Query(**{first.kind: value}) for value in first.values]


def _on_records(registry: Registry, asked: Iterable[Query], states: Collection[AlertState] | None) -> Iterator[Alert]:
    keys = sorted({key for query in asked for key in registry.search.keys(query)})
    for start in range(0, len(keys), _AT_ONCE):
        yield from registry.alerts.on(keys[start : start + _AT_ONCE], states)
    yield from registry.alerts.find(unrecorded=True, states=states)


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
