"""What is told downstream, and the log of what was done: advisories as kept, alerts, subscriptions, deliveries."""

from __future__ import annotations

import hashlib
from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from stemma.errors import InputError
from stemma.immutable import immutable
from stemma.registry.forms import canonical, canonical_texts

GENESIS = "0" * 64
"""What the first entry of an audit log names as the one before it."""


@lru_cache(maxsize=4_096)
def instant(moment: str) -> int:
    """Microseconds since 1970 of an RFC 3339 time in UTC; raises InputError where it is none."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not moment.endswith("Z"):
        raise InputError(f"Got the time {moment[:40]!r}.", advice="Write it in UTC, such as 2026-03-01T12:00:00Z.")
    delta = read.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


@immutable
class StoredAdvisory:
    """One version of an advisory, as written. ``modified`` orders its versions.

    ``names`` are the names of the records that it affects, sorted; ``subjects`` are others, such as ``model:...``.
    ``withdrawn`` is when it was withdrawn, or empty.
    """

    id: str
    modified: str
    text: str
    names: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    withdrawn: str = ""


class AlertState(StrEnum):
    """What became of an alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Certainty(StrEnum):
    """``POSSIBLY``: some step of the path leads to an affected version only for those who do not have the newest."""

    AFFECTED = "affected"
    POSSIBLY = "possibly affected"


@immutable
class Step:
    """One step of an explanation, from upstream to downstream. ``kind`` is a relation kind, or of measured edges the
    mechanism or kinship; ``grounds`` are why it is believed; ``note`` is a remark for people."""

    upstream: str
    downstream: str
    basis: Literal["declared", "measured"]
    kind: str
    grounds: tuple[str, ...] = ()
    note: str = ""


@immutable
class Alert:
    """That an advisory reaches a subject, and along which path.

    ``severity`` and ``risks`` are what was told: where the advisory gets worse, ``revision`` goes up and it is told
    again. ``created`` and ``updated`` are RFC 3339 times.
    """

    id: str
    advisory: str
    subject: str
    certainty: Certainty
    path: tuple[Step, ...]
    created: str
    updated: str
    state: AlertState = AlertState.OPEN
    revision: int = 1
    severity: str = ""
    risks: tuple[str, ...] = ()
    acknowledged_by: str = ""
    note: str = ""


def alert_id(advisory: str, subject: str) -> str:
    """The identity of the alert that an advisory raises for a subject."""
    return _identity("alert", advisory, subject)


@immutable
class Subscription:
    """Whom to tell of what. ``terms`` are conditions as ``KEY=VALUE``, all of which hold; ``url`` is a webhook.

    ``secret`` signs what is sent. It is kept in clear, for it has to be used; an export has it only on request.
    """

    id: str
    terms: tuple[str, ...]
    url: str
    created: str
    secret: str = field(default="", repr=False)
    active: bool = True
    note: str = ""


class DeliveryState(StrEnum):
    """What became of a delivery. ``DEAD``: given up after all attempts, kept for replay."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@immutable
class Delivery:
    """One revision of an alert, to be sent to one subscription. ``due`` is when to try (again)."""

    id: str
    alert: str
    revision: int
    subscription: str
    created: str
    due: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    error: str = ""


def delivery_id(alert: str, revision: int, subscription: str) -> str:
    """The identity of a delivery, which every resend carries."""
    return _identity("delivery", alert, str(revision), subscription)


@immutable
class Sighting:
    """How a repository on a hub (``huggingface:org/name``) looked at a revision: what :mod:`stemma.lineage` compares.

    ``gone``: the hub did not show it; the rest is then as it was last seen. ``name`` is what the hub calls it,
    ``identity`` tells it from a later one of the same name, ``weights`` is a digest over the digests of its weight
    files, ``claims`` are what its card says of parents, data and licence.
    """

    repository: str
    revision: str
    at: str
    gone: bool
    name: str = ""
    identity: str = ""
    commit: str = ""
    weights: str = ""
    claims: tuple[str, ...] = ()


@immutable
class AuditEntry:
    """One thing that was done. ``digest`` is of the content concerned; ``hash`` covers all, ``previous`` included."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    digest: str
    previous: str
    hash: str


def audit_entry(seq: int, at: str, actor: str, action: str, subject: str, digest: str, previous: str) -> AuditEntry:
    """The entry that follows the one whose hash is ``previous``."""
    content = canonical([seq, at, actor, action, subject, digest, previous])
    return AuditEntry(seq, at, actor, action, subject, digest, previous, hashlib.sha256(content.encode()).hexdigest())


def _identity(*parts: str) -> str:
    return hashlib.sha256(canonical_texts(parts).encode()).hexdigest()[:32]
