"""What the API says of whole reports, and of what was written; as :mod:`stemma.client.shapes`."""

from __future__ import annotations

from typing import Any

from stemma.client.shapes import AlertEntry, StepEntry
from stemma.immutable import immutable


@immutable
class ReachedEntry:
    """One subject that an advisory reaches."""

    subject: str
    certainty: str
    risks: tuple[str, ...]
    start: str
    path: tuple[StepEntry, ...]
    note: str


@immutable
class ImpactEntry:
    """An advisory, as its document, with those whom it reaches; ``ended``: mended versions."""

    advisory: dict[str, Any]
    reached: tuple[ReachedEntry, ...]
    ended: tuple[str, ...]


@immutable
class ImpactAnswer:
    """Whom an advisory reaches; or, where ``subject`` is not empty, which advisories reach that."""

    asked: str
    subject: str
    impacts: tuple[ImpactEntry, ...]
    alpha: float
    seconds: float


@immutable
class AlertsAnswer:
    """The newest alerts for which all terms hold, how many there are, and what their advisories say in short."""

    terms: tuple[str, ...]
    alerts: tuple[AlertEntry, ...]
    total: int
    summaries: dict[str, str]


@immutable
class AdvisoryDocuments:
    """The newest versions of advisories as their documents, by identity; ``next`` as everywhere."""

    advisories: tuple[dict[str, Any], ...]
    next: str


@immutable
class ConflictEntry:
    """One disagreement: the nodes that it is about, and what each source holds, in sentences."""

    kind: str
    subjects: tuple[str, ...]
    sides: tuple[str, ...]


@immutable
class ConflictsAnswer:
    """Where sources disagree around records of these names, or anywhere where none is named; ``next`` as elsewhere."""

    names: tuple[str, ...]
    conflicts: tuple[ConflictEntry, ...]
    total: int
    next: str


@immutable
class RecordTexts:
    """A record as it was written, with every other that is needed to resolve it."""

    key: str
    texts: tuple[str, ...]


@immutable
class Receipt:
    """What was written, the tag that its text has now, whether it is new, and what that did to alerts."""

    key: str
    tag: str
    created: bool
    alerts_told: int
    alerts_over: int


@immutable
class SubscriptionEntry:
    """What is told to whom; ``secret`` is shown once, when the subscription is made."""

    id: str
    terms: tuple[str, ...]
    url: str
    active: bool
    created: str
    note: str
    secret: str


@immutable
class SubscriptionList:
    """The subscriptions that a token covers."""

    subscriptions: tuple[SubscriptionEntry, ...]


@immutable
class DeliveryEntry:
    """One revision of an alert and one subscription: whether it was sent, and how often that was tried."""

    id: str
    alert: str
    revision: int
    subscription: str
    state: str
    attempts: int
    created: str
    due: str
    error: str


@immutable
class DeliveryList:
    """Deliveries of one state, those due last first."""

    deliveries: tuple[DeliveryEntry, ...]
