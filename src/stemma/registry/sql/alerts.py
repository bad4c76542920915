"""Alerts, subscriptions and deliveries in rows."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, and_, delete, func, or_, select, text, update

from stemma.registry.audit import digest_of_all
from stemma.registry.forms import line_of, value_of
from stemma.registry.notices import Alert, AlertState, Delivery, DeliveryState, Subscription, instant
from stemma.registry.sql.batches import PAGE, chunks, given, insert_new, upsert, words
from stemma.registry.sql.schema import UNRECORDED, alerts, deliveries, subscriptions
from stemma.registry.sql.stores import SqlStore
from stemma.registry.table_stores import told


class SqlAlerts(SqlStore):
    """Implements :class:`stemma.registry.AlertStore`."""

    def put(self, alerts: Iterable[Alert]) -> None:
        """Keep alerts, each in place of the one of its identity."""
        whole, count, last = hashlib.sha256(), 0, None
        with self._database.writing() as connection:
            for chunk in chunks(alerts, PAGE):
                rows = [_alert_row(alert) for alert in chunk]
                whole.update("".join([f"{row[-1]}\n" for row in rows]).encode())
                rows.sort(key=itemgetter(0))  # in the order of the index on identities, which are hashes
                upsert(connection, _ALERTS, rows)
                count, last = count + len(chunk), chunk[-1]
            if last is not None:
                self._audit.append("alerts.put", told(count, last), f"sha256:{whole.hexdigest()}")

    def get(self, id: str) -> Alert:  # noqa: A002
        """One alert; raises KeyError where there is none."""
        with self._database.reading() as connection:
            line = connection.scalar(select(alerts.c.line).where(alerts.c.id == id))
        if line is None:
            raise KeyError(id)
        return value_of(Alert, line, id)

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
        """Alerts that fit, by identity, from the one after ``after`` on."""
        query = select(alerts.c.line)
        if advisory is not None:
            query = query.where(alerts.c.advisory == advisory)
        if subject is not None:
            query = query.where(alerts.c.subject == subject)
        if name is not None:  # "A" is what follows "@": a stretch of the index
            versions = and_(alerts.c.subject > f"{name}@", alerts.c.subject < f"{name}A")
            query = query.where(or_(alerts.c.subject == name, versions))
        if unrecorded:
            query = query.where(text(f"({UNRECORDED})"))
        query = _of_states(query, states)
        lines = self._pages(query, alerts, alerts.c.id, after)
        yield from (value_of(Alert, line, "alerts") for line in islice(lines, limit))

    def on(self, subjects: Collection[str], states: Collection[AlertState] | None = None) -> Sequence[Alert]:
        """The alerts on any of these subjects, by subject, then identity."""
        asked = words(self._database.dialect)
        query = select(alerts.c.line).select_from(asked.join(alerts, alerts.c.subject == asked.c.value))
        with self._database.reading() as connection:
            rows = self._database.rows(connection, _of_states(query, states), given(set(subjects)))
        found = (value_of(Alert, line, "alerts") for (line,) in rows)
        return sorted(found, key=lambda each: (each.subject, each.id))

    def latest(self, limit: int, states: Collection[AlertState] | None = None) -> Sequence[Alert]:
        """The alerts updated last, newest first."""
        query = _of_states(select(alerts.c.line), states)
        query = query.order_by(alerts.c.updated.desc(), alerts.c.id).limit(limit)
        with self._database.reading() as connection:
            return [value_of(Alert, line, "alerts") for line in connection.scalars(query)]

    def count(self, states: Collection[AlertState] | None = None) -> int:
        """How many there are."""
        with self._database.reading() as connection:
            return connection.scalar(_of_states(select(func.count()).select_from(alerts), states)) or 0


_ALERTS = alerts


def _of_states(query: Select[Any], states: Collection[AlertState] | None) -> Select[Any]:
    return query if states is None else query.where(alerts.c.state.in_([state.value for state in states]))


def _alert_row(alert: Alert) -> tuple[Any, ...]:
    """In the order of the columns, the line last."""
    return alert.id, alert.advisory, alert.subject, alert.state.value, instant(alert.updated), line_of(alert)


class SqlSubscriptions(SqlStore):
    """Implements :class:`stemma.registry.SubscriptionStore`."""

    def put(self, subscription: Subscription) -> None:
        """Keep a subscription, in place of the one of its identity."""
        with self._database.writing() as connection:
            upsert(connection, subscriptions, [(subscription.id, line_of(subscription))])
            self._audit.append("subscription.put", subscription.id, digest_of_all([subscription]))

    def get(self, id: str) -> Subscription:  # noqa: A002
        """One subscription; raises KeyError where there is none."""
        with self._database.reading() as connection:
            line = connection.scalar(select(subscriptions.c.line).where(subscriptions.c.id == id))
        if line is None:
            raise KeyError(id)
        return value_of(Subscription, line, id)

    def remove(self, id: str) -> None:  # noqa: A002
        """Take one out, its deliveries stay; raises KeyError where there is none."""
        with self._database.writing() as connection:
            if connection.execute(delete(subscriptions).where(subscriptions.c.id == id)).rowcount == 0:
                raise KeyError(id)
            self._audit.append("subscription.remove", id)

    def all(self) -> Iterator[Subscription]:
        """Every subscription, by identity."""
        for line in self._pages(select(subscriptions.c.line), subscriptions, subscriptions.c.id):
            yield value_of(Subscription, line, "subscriptions")


class SqlOutbox(SqlStore):
    """Implements :class:`stemma.registry.Outbox`."""

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Keep deliveries; those whose identity is there stay as they are."""
        with self._database.writing() as connection:
            for chunk in chunks(deliveries, PAGE):
                insert_new(connection, _DELIVERIES, [_delivery_row(delivery) for delivery in chunk])

    def update(self, delivery: Delivery) -> None:
        """Say what became of a delivery; raises KeyError where there is none of its identity."""
        change = update(deliveries).where(deliveries.c.id == delivery.id).values(_delivery_row(delivery))
        with self._database.writing() as connection:
            if connection.execute(change).rowcount == 0:
                raise KeyError(delivery.id)

    def get(self, id: str) -> Delivery:  # noqa: A002
        """One delivery; raises KeyError where there is none."""
        with self._database.reading() as connection:
            line = connection.scalar(select(deliveries.c.line).where(deliveries.c.id == id))
        if line is None:
            raise KeyError(id)
        return value_of(Delivery, line, id)

    def due(self, now: str, limit: int) -> Sequence[Delivery]:
        """Pending deliveries whose time has come, longest due first."""
        pending = deliveries.c.state == DeliveryState.PENDING.value
        query = select(deliveries.c.line).where(pending, deliveries.c.due <= instant(now))
        with self._database.reading() as connection:
            lines = connection.scalars(query.order_by(deliveries.c.due, deliveries.c.id).limit(limit))
            return [value_of(Delivery, line, "deliveries") for line in lines]

    def latest(self, limit: int, state: DeliveryState) -> Sequence[Delivery]:
        """Deliveries of a state, those that were due last first."""
        query = select(deliveries.c.line).where(deliveries.c.state == state.value)
        query = query.order_by(deliveries.c.due.desc(), deliveries.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [value_of(Delivery, line, "deliveries") for line in connection.scalars(query)]

    def all(self, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """Deliveries by identity."""
        query = select(deliveries.c.line)
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        for line in self._pages(query, deliveries, deliveries.c.id):
            yield value_of(Delivery, line, "deliveries")


_DELIVERIES = deliveries


def _delivery_row(delivery: Delivery) -> tuple[Any, ...]:
    return delivery.id, delivery.state.value, instant(delivery.due), line_of(delivery)
