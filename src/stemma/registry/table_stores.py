"""The stores over tables in memory; see :mod:`stemma.registry.interface` for what each promises."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import nlargest, nsmallest
from itertools import islice

from stemma.errors import InputError
from stemma.registry.audit import digest_of, digest_of_all, only_begun, require_sound
from stemma.registry.edges import FingerprintDigest, MeasuredEdge
from stemma.registry.notices import (
    GENESIS,
    Alert,
    AlertState,
    AuditEntry,
    Delivery,
    DeliveryState,
    StoredAdvisory,
    Subscription,
    audit_entry,
    instant,
)
from stemma.registry.tables import TablesHeld


class TableStore:
    """What stores over tables have in common."""

    def __init__(self, held: TablesHeld) -> None:
        self._held = held

    def _log(self, action: str, subject: str, digest: str = "") -> None:
        TableAudit(self._held).append(action, subject, digest)


class TableRulings(TableStore):
    """Implements :class:`stemma.registry.RulingStore`."""

    def put(self, edge: MeasuredEdge) -> bool:
        """Keep a ruling; False where the very same one is there."""
        if edge.id in self._held.tables.rulings:
            return False
        with self._held.transaction():
            self._held.tables.rulings[edge.id] = edge
            self._log("ruling.put", f"{edge.a} {edge.b}", f"sha256:{edge.id}")
        return True

    def all(self) -> Iterator[MeasuredEdge]:
        """Every ruling, by identity."""
        yield from (edge for _, edge in sorted(self._held.tables.rulings.items()))


class TableFingerprints(TableStore):
    """Implements :class:`stemma.registry.FingerprintStore`."""

    def put(self, found: FingerprintDigest) -> None:
        """Keep a digest, beside those that the subject had before."""
        key = (found.subject, found.date, found.digest, found.schema)
        if key not in self._held.tables.fingerprints:
            with self._held.transaction():
                self._held.tables.fingerprints[key] = found
                self._log("fingerprint.put", found.subject, found.digest)

    def of(self, subject: str) -> Sequence[FingerprintDigest]:
        """The digests of a subject, oldest first."""
        return [found for found in self.all() if found.subject == subject]

    def with_digest(self, digest: str) -> Sequence[FingerprintDigest]:
        """The subjects that have this very fingerprint, by subject."""
        return [found for found in self.all() if found.digest == digest]

    def all(self) -> Iterator[FingerprintDigest]:
        """Every digest, by subject and date."""
        yield from (found for _, found in sorted(self._held.tables.fingerprints.items()))


class TableAdvisories(TableStore):
    """Implements :class:`stemma.registry.AdvisoryStore`."""

    def put(self, advisory: StoredAdvisory) -> bool:
        """Keep a version; True where it is now the newest of its advisory."""
        key = (advisory.id, instant(advisory.modified))
        there = self._held.tables.advisories.get(key)
        if there is not None:
            refuse_other(there, advisory)
            return False
        with self._held.transaction():
            self._held.tables.advisories[key] = advisory
            self._log("advisory.put", advisory.id, digest_of(advisory.text))
        return self.get(advisory.id) == advisory

    def ids(self) -> Sequence[str]:
        """Every identity, sorted."""
        return sorted({name for name, _ in self._held.tables.advisories})

    def get(self, id: str) -> StoredAdvisory:  # noqa: A002
        """The newest version; raises KeyError where there is none."""
        versions = self.history(id)
        if not versions:
            raise KeyError(id)
        return versions[-1]

    def history(self, id: str) -> Sequence[StoredAdvisory]:  # noqa: A002
        """All versions, oldest first."""
        return [each for each in self.all() if each.id == id]

    def naming(self, subjects: Collection[str]) -> Sequence[StoredAdvisory]:
        """Newest versions that name one of these records or other subjects, by identity."""
        newest = {each.id: each for each in self.all()}
        wanted = set(subjects)
        return [each for each in newest.values() if not wanted.isdisjoint((*each.names, *each.subjects))]

    def all(self) -> Iterator[StoredAdvisory]:
        """Every version of every advisory, by identity and time."""
        yield from (each for _, each in sorted(self._held.tables.advisories.items()))


def refuse_other(there: StoredAdvisory, advisory: StoredAdvisory) -> None:
    """Raises InputError where two advisories of one identity and time are not one."""
    if there != advisory:
        raise InputError(
            f"{advisory.id}, modified {advisory.modified}, is there already, with other content.",
            advice="A change to an advisory needs a later `modified`.",
        )


class TableAlerts(TableStore):
    """Implements :class:`stemma.registry.AlertStore`."""

    def put(self, alerts: Iterable[Alert]) -> None:
        """Keep alerts, each in place of the one of its identity."""
        given = list(alerts)
        if given:
            with self._held.transaction():
                self._held.tables.alerts.update({alert.id: alert for alert in given})
                self._log("alerts.put", told(len(given), given[-1]), digest_of_all(given))

    def get(self, id: str) -> Alert:  # noqa: A002
        """One alert; raises KeyError where there is none."""
        return self._held.tables.alerts[id]

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
        ids = sorted(self._held.tables.alerts)
        alerts = (self._held.tables.alerts[each] for each in ids[bisect_right(ids, after) :])
        fitting = (
            alert
            for alert in alerts
            if (advisory is None or alert.advisory == advisory)
            and (subject is None or alert.subject == subject)
            and (name is None or alert.subject == name or alert.subject.startswith(f"{name}@"))
            and (not unrecorded or "@" not in alert.subject or alert.subject.startswith("model:"))
            and (states is None or alert.state in states)
        )
        yield from islice(fitting, limit)

    def on(self, subjects: Collection[str], states: Collection[AlertState] | None = None) -> Sequence[Alert]:
        """The alerts on any of these subjects, by subject, then identity."""
        asked = set(subjects)
        found = (alert for alert in self._held.tables.alerts.values() if alert.subject in asked)
        fitting = (alert for alert in found if states is None or alert.state in states)
        return sorted(fitting, key=lambda each: (each.subject, each.id))

    def latest(self, limit: int, states: Collection[AlertState] | None = None) -> Sequence[Alert]:
        """The alerts updated last, newest first."""
        return nsmallest(limit, self.find(states=states), key=lambda each: (-instant(each.updated), each.id))

    def count(self, states: Collection[AlertState] | None = None) -> int:
        """How many there are."""
        return sum(states is None or alert.state in states for alert in self._held.tables.alerts.values())


def told(count: int, last: Alert) -> str:
    """What the audit log says of alerts that were kept together."""
    return f"{last.id} {last.state}" if count == 1 else f"{count} alerts"


class TableSubscriptions(TableStore):
    """Implements :class:`stemma.registry.SubscriptionStore`."""

    def put(self, subscription: Subscription) -> None:
        """Keep a subscription, in place of the one of its identity."""
        with self._held.transaction():
            self._held.tables.subscriptions[subscription.id] = subscription
            self._log("subscription.put", subscription.id, digest_of_all([subscription]))

    def get(self, id: str) -> Subscription:  # noqa: A002
        """One subscription; raises KeyError where there is none."""
        return self._held.tables.subscriptions[id]

    def remove(self, id: str) -> None:  # noqa: A002
        """Take one out, its deliveries stay; raises KeyError where there is none."""
        with self._held.transaction():
            del self._held.tables.subscriptions[id]
            self._log("subscription.remove", id)

    def all(self) -> Iterator[Subscription]:
        """Every subscription, by identity."""
        yield from (each for _, each in sorted(self._held.tables.subscriptions.items()))


class TableOutbox(TableStore):
    """Implements :class:`stemma.registry.Outbox`."""

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Keep deliveries; those whose identity is there stay as they are."""
        with self._held.transaction():
            for delivery in deliveries:
                self._held.tables.deliveries.setdefault(delivery.id, delivery)

    def update(self, delivery: Delivery) -> None:
        """Say what became of a delivery; raises KeyError where there is none of its identity."""
        with self._held.transaction():
            self.get(delivery.id)
            self._held.tables.deliveries[delivery.id] = delivery

    def get(self, id: str) -> Delivery:  # noqa: A002
        """One delivery; raises KeyError where there is none."""
        return self._held.tables.deliveries[id]

    def due(self, now: str, limit: int) -> Sequence[Delivery]:
        """Pending deliveries whose time has come, longest due first."""
        until = instant(now)
        found = [each for each in self.all(DeliveryState.PENDING) if instant(each.due) <= until]
        return sorted(found, key=lambda each: (instant(each.due), each.id))[:limit]

    def latest(self, limit: int, state: DeliveryState) -> Sequence[Delivery]:
        """Deliveries of a state, those that were due last first."""
        return nlargest(limit, self.all(state), key=lambda each: (instant(each.due), each.id))

    def all(self, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """Deliveries by identity."""
        found = (each for _, each in sorted(self._held.tables.deliveries.items()))
        yield from (each for each in found if state is None or each.state is state)


class TableAudit:
    """Implements :class:`stemma.registry.AuditLog`."""

    def __init__(self, held: TablesHeld) -> None:
        self._held = held

    def append(self, action: str, subject: str, digest: str = "") -> AuditEntry:
        """Add an entry; time and actor are the registry's."""
        with self._held.transaction():
            log = self._held.tables.audit
            if self._held.silent:
                return log[-1]
            previous = log[-1].hash if log else GENESIS
            entry = audit_entry(len(log) + 1, self._held.clock(), self._held.actor, action, subject, digest, previous)
            log.append(entry)
        return entry

    def entries(self, after: int = 0) -> Iterator[AuditEntry]:
        """Entries with a higher number than ``after``, in order."""
        yield from self._held.tables.audit[after:]

    @contextmanager
    def restoring(self, entries: Iterable[AuditEntry]) -> Iterator[None]:
        """Take over the log of another registry; nothing else is logged within the block."""
        given = require_sound(entries)
        with self._held.transaction():
            if not only_begun(self._held.tables.audit):
                raise has_log()
            self._held.tables.audit[:] = given
            self._held.silent = True
            try:
                yield
            finally:
                self._held.silent = False


def has_log() -> InputError:
    """The error where a log would be taken over into a registry that has one."""
    return InputError("This registry has an audit log of its own.", advice="Restore into an empty registry.")
