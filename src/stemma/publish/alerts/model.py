"""What the reports about alerts hold."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.errors import Problem
from stemma.immutable import immutable
from stemma.lineage.sightings import HubFinding
from stemma.registry import Alert, Delivery, Subscription


@immutable
class AlertListing:
    """Alerts that were asked for, newest first; ``total`` is how many there are, shown or not."""

    terms: tuple[str, ...]
    alerts: tuple[Alert, ...]
    total: int
    summaries: Mapping[str, str]
    stemma: str


@immutable
class SubscriptionListing:
    """Subscriptions; a ``fresh`` one is shown with its secret, this once."""

    subscriptions: tuple[Subscription, ...]
    stemma: str
    fresh: bool = False


@immutable
class DeliveryListing:
    """Deliveries; ``statuses`` are what receivers answered in this run, by delivery."""

    deliveries: tuple[Delivery, ...]
    statuses: Mapping[str, int]
    stemma: str


@immutable
class WatchReport:
    """What a look at repositories found: changes, each with the advisory that was kept for it, or none."""

    looked: int
    first: int
    findings: tuple[tuple[HubFinding, str], ...]
    failures: Mapping[str, str]
    told: int
    stemma: str


@immutable
class IndexReport:
    """How far an index got: records written, models that were there already, what was left out and what was wrong."""

    source: str
    pages: int
    written: int
    known: int
    left_out: Mapping[str, str]
    notes: tuple[Problem, ...]
    told: int
    finished: bool
    stemma: str
