"""What becomes of the alerts of an advisory when it, or the graph below it, has changed.

* There is one alert for an advisory and a subject; its identity follows from the two.
* It is told again, as a new revision, when it is new, when it got worse (graver, of a further risk, sure instead of
  possible), when it is over, and when it comes back. Everything else changes it in place.
* Acknowledged stays acknowledged until it is told again; what got worse or came back is open anew.
* An alert is over when no path leads to its subject any more, or the advisory was withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from stemma.advisories import RiskKind, Severity
from stemma.lineage.impact import Impact
from stemma.lineage.keys import is_held, name_of
from stemma.registry.interface import IdentitySource
from stemma.registry.notices import Alert, AlertState, Certainty, alert_id

WITHDRAWN = "the advisory was withdrawn"
NO_PATH = "no path from what the advisory names leads here any more"
RANKS = {each.value: each.rank for each in Severity}
"""How grave each severity is, by its word."""
_ON_HUB = "model:hf:"


class Change(NamedTuple):
    """An alert as it is now; ``told`` where its revision went up."""

    alert: Alert
    told: bool


def alert_changes(
    impact: Impact, known: Mapping[str, Alert], when: str, *, subjects: Collection[str] | None = None
) -> Iterator[Change]:
    """The alerts of an advisory that are not as they were.

    Args:
        impact: whom the advisory reaches now.
        known: its alerts so far, by identity.
        when: the present moment.
        subjects: say nothing of others; None: of all.
    """
    wanted = None if subjects is None else frozenset(subjects)
    reached = set()
    for key in impact.hits:
        if wanted is None or key in wanted:
            fresh = _fresh(impact, key, when)
            reached.add(fresh.id)
            change = _change(known.get(fresh.id), fresh)
            if change is not None:
                yield change
    for identity, alert in sorted(known.items()):
        gone = identity not in reached and alert.state is not AlertState.RESOLVED
        if gone and (wanted is None or alert.subject in wanted):
            note = WITHDRAWN if impact.advisory.is_withdrawn else NO_PATH
            yield Change(_next(alert, replace(alert, state=AlertState.RESOLVED, note=note, updated=when)), told=True)


def _fresh(impact: Impact, key: str, when: str) -> Alert:
    hit, advisory = impact.hits[key], impact.advisory
    return Alert(
        id=alert_id(advisory.id, key),
        advisory=advisory.id,
        subject=key,
        certainty=impact.certainty(key),
        path=impact.path(key),
        created=when,
        updated=when,
        severity=advisory.severity.value,
        risks=_sorted(hit.risks),
        note=hit.note if hit.via is None else "",
    )


@lru_cache(maxsize=1_024)
def _sorted(risks: tuple[RiskKind, ...]) -> tuple[str, ...]:
    return tuple(sorted(risk.value for risk in risks))


def _change(old: Alert | None, fresh: Alert) -> Change | None:
    if old is None:
        return Change(fresh, told=True)
    kept = replace(fresh, created=old.created, state=old.state, revision=old.revision)
    if old.state is AlertState.RESOLVED or _is_worse(old, fresh):
        return Change(_next(old, replace(kept, state=AlertState.OPEN)), told=True)
    kept = replace(kept, acknowledged_by=old.acknowledged_by)
    return None if replace(kept, updated=old.updated) == old else Change(kept, told=False)


def _next(old: Alert, changed: Alert) -> Alert:
    return replace(changed, revision=old.revision + 1)


def _is_worse(old: Alert, fresh: Alert) -> bool:
    graver = RANKS[fresh.severity] > RANKS[old.severity]
    surer = (old.certainty, fresh.certainty) == (Certainty.POSSIBLY, Certainty.AFFECTED)
    return graver or surer or not set(fresh.risks) <= set(old.risks)


def acknowledged(alert: Alert, by: str, when: str) -> Alert:
    """The alert, known to somebody; one that is over stays as it is."""
    if alert.state is AlertState.RESOLVED:
        return alert
    return replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=by, updated=when)


def names_for(keys: Iterable[str], identities: IdentitySource) -> set[str]:
    """Everything by which an advisory may name these nodes: records, digests, repositories."""
    nodes = list(keys)
    marks = {mark for found in identities.marks([key for key in nodes if is_held(key)]).values() for mark in found}
    hubs = {f"huggingface:{key.removeprefix(_ON_HUB).partition('@')[0]}" for key in nodes if key.startswith(_ON_HUB)}
    return {name for key in nodes if (name := name_of(key))} | set(nodes) | marks | hubs
