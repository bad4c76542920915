"""Advisories and alerts to look at: lists, whom an advisory reaches by the way, and who has seen what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import islice

from stemma.advisories import Advisory
from stemma.immutable import immutable
from stemma.lineage import from_store, impact_of
from stemma.registry import Alert, AlertState, Certainty, Registry, Step
from stemma.usecases.alerts.listing import acknowledge
from stemma.usecases.browse.tokens import Token

MOST_REACHED = 2_000
MAX_NOTE = 500


@immutable
class Group:
    """Subjects that are reached over the same way, whose last stop before them ``way`` leads to; empty: named."""

    start: str
    way: tuple[Step, ...]
    subjects: tuple[tuple[str, Certainty], ...]


@immutable
class Reaching:
    """Whom an advisory reaches: how many surely and possibly, the first of them by the way, and where it ended."""

    advisory: Advisory
    affected: int
    possibly: int
    groups: tuple[Group, ...]
    ended: tuple[str, ...]


def list_advisories(registry: Registry, *, offset: int, limit: int) -> tuple[tuple[Advisory, ...], int]:
    """The newest versions of some, by identity, and how many there are."""
    ids = registry.advisories.ids()
    return tuple(from_store(registry.advisories.get(each)) for each in ids[offset : offset + limit]), len(ids)


def find_advisory(identity: str, registry: Registry) -> Advisory | None:
    """One advisory; None where there is none."""
    history = registry.advisories.history(identity)
    return from_store(history[-1]) if history else None


def reaching(advisory: Advisory, registry: Registry) -> Reaching:
    """Everything downstream of an advisory, grouped by the way."""
    impact = impact_of(advisory, registry.graph, registry.identities)
    groups: dict[tuple[str, tuple[Step, ...]], list[tuple[str, Certainty]]] = defaultdict(list)
    for key in islice(impact.hits, MOST_REACHED):
        groups[impact.start(key), impact.path(key)[:-1] if impact.hits[key].via else ()].append(
            (key, impact.certainty(key))
        )
    affected = sum(hit.certain for hit in impact.hits.values())
    ordered = sorted(groups.items(), key=lambda item: (len(item[0][1]), item[0][0], str(item[0][1])))
    shown = tuple(Group(start, way, tuple(subjects)) for (start, way), subjects in ordered)
    return Reaching(advisory, affected, len(impact.hits) - affected, shown, impact.ended)


def find_alert(identity: str, registry: Registry) -> Alert | None:
    """One alert by its whole identity; None where there is none."""
    try:
        return registry.alerts.get(identity)
    except KeyError:
        return None


def list_alerts(
    registry: Registry,
    *,
    advisory: str = "",
    subject: str = "",
    states: Collection[AlertState] | None = None,
    after: str = "",
    limit: int = 50,
) -> Sequence[Alert]:
    """Alerts that fit, by identity; the newest first where nothing is asked for."""
    if not (advisory or subject or states or after):
        return registry.alerts.latest(limit)
    found = registry.alerts.find(
        advisory=advisory or None, subject=subject or None, states=states, after=after, limit=limit
    )
    return tuple(found)


def acknowledge_as(alert: Alert, token: Token, registry: Registry, when: str) -> Alert:
    """Note that the bearer of a token has seen an alert, in the audit log as well."""
    with registry.transaction():
        (known,) = acknowledge(registry, [alert.id], token.name, when)
        registry.audit.append("web.acknowledge", f"{alert.id} by {token.name} (token {token.id})")
    return known
