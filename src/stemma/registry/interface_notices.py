"""What every registry can do about what is told: alerts, who is told, what is sent, how repositories were last seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from stemma.registry.notices import Alert, AlertState, Delivery, DeliveryState, Sighting, Subscription


class AlertStore(Protocol):
    """Alerts, at most one for an advisory and a subject."""

    def put(self, alerts: Iterable[Alert]) -> None:
        """Keep alerts, each in place of the one of its identity."""
        ...

    def get(self, id: str) -> Alert:  # noqa: A002
        """One alert; raises KeyError where there is none."""
        ...

    def find(
        self,
        *,
        advisory: str | None = None,
        subject: str | None = None,
        name: str | None = None,
        unrecorded: bool = False,
        states: Collection[AlertState] | None = None,
        after: str = "",
        limit: int | None = None,
    ) -> Iterator[Alert]:
        """Alerts that fit, by identity, from the one after ``after`` on.

        ``name``: on any version of that record; ``unrecorded``: on what is no version of a record.
        """
        ...

    def on(self, subjects: Collection[str], states: Collection[AlertState] | None = None) -> Sequence[Alert]:
        """The alerts on any of these subjects, by subject, then identity."""
        ...

    def latest(self, limit: int, states: Collection[AlertState] | None = None) -> Sequence[Alert]:
        """The alerts updated last, newest first; those of one moment by identity."""
        ...

    def count(self, states: Collection[AlertState] | None = None) -> int:
        """How many there are."""
        ...


class SubscriptionStore(Protocol):
    """Who is told of what."""

    def put(self, subscription: Subscription) -> None:
        """Keep a subscription, in place of the one of its identity."""
        ...

    def get(self, id: str) -> Subscription:  # noqa: A002
        """One subscription; raises KeyError where there is none."""
        ...

    def remove(self, id: str) -> None:  # noqa: A002
        """Take one out, its deliveries stay; raises KeyError where there is none."""
        ...

    def all(self) -> Iterator[Subscription]:
        """Every subscription, by identity."""
        ...


class Outbox(Protocol):
    """What is still to be sent, was sent, or was given up."""

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Keep deliveries; those whose identity is there stay as they are."""
        ...

    def update(self, delivery: Delivery) -> None:
        """Say what became of a delivery; raises KeyError where there is none of its identity."""
        ...

    def get(self, id: str) -> Delivery:  # noqa: A002
        """One delivery; raises KeyError where there is none."""
        ...

    def due(self, now: str, limit: int) -> Sequence[Delivery]:
        """Pending deliveries whose time has come, longest due first."""
        ...

    def latest(self, limit: int, state: DeliveryState) -> Sequence[Delivery]:
        """Deliveries of a state, those that were due last first; those of one moment by identity, backwards."""
        ...

    def all(self, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """Deliveries by identity."""
        ...


class SightingStore(Protocol):
    """How repositories on hubs were last seen, by repository and revision."""

    def put(self, sighting: Sighting) -> None:
        """Keep how a repository looks now, in place of how it looked."""
        ...

    def get(self, repository: str, revision: str) -> Sighting:
        """How a repository looked; raises KeyError where it was never seen."""
        ...

    def all(self) -> Iterator[Sighting]:
        """Every repository, by name and revision."""
        ...
