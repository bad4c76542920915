"""What the API says, as values: the server makes them, the client reads them, the description is made of them."""

from __future__ import annotations

from typing import Any

from stemma.immutable import immutable


@immutable
class RecordLine:
    """The newest usable version of a record, in short."""

    key: str
    name: str
    version: str
    versions: int
    type: str
    state: str
    title: str
    publisher: str
    licences: tuple[str, ...]


@immutable
class RecordList:
    """A part of what was found. Where it is not ``complete`` there is more than ``total``: narrow the search.

    ``next`` is the address of the next part, or empty.
    """

    records: tuple[RecordLine, ...]
    total: int
    complete: bool
    next: str


@immutable
class VersionEntry:
    """One version: its state, and what it asks of the version against the one before."""

    key: str
    version: str
    state: str
    before: str
    bump: str


@immutable
class ChangeEntry:
    """One difference between two versions of a record."""

    path: str
    kind: str
    old: Any
    new: Any
    bump: str
    reason: str


@immutable
class FieldEntry:
    """One field of a resolved record: its value, the record that wrote it, the line, and over which records it came."""

    path: str
    value: Any
    unset: bool
    origin: str
    line: int
    inherited: bool


@immutable
class RecordDetail:
    """One version of a record with all it inherits. ``document`` is the resolved record as it is published."""

    key: str
    title: str
    type: str
    state: str
    digest: str
    order: tuple[str, ...]
    fields: tuple[FieldEntry, ...]
    downstream: int
    alerts: tuple[str, ...]
    document: dict[str, Any]


@immutable
class NodeEntry:
    """A node of the joined graph. ``distance`` is negative above the middle; ``state`` is a word of the legend."""

    key: str
    title: str
    kind: str
    state: str
    distance: int
    advisories: tuple[str, ...]


@immutable
class EdgeEntry:
    """Everything that speaks of two nodes. ``basis`` is declared, measured, both or conflicting, in words."""

    upstream: str
    downstream: str
    relations: tuple[str, ...]
    basis: str
    directed: bool
    grounds: tuple[str, ...]
    doubts: tuple[str, ...]


@immutable
class Lineage:
    """A part of the joined graph around ``root``."""

    root: str
    nodes: tuple[NodeEntry, ...]
    edges: tuple[EdgeEntry, ...]
    complete: bool


@immutable
class StepEntry:
    """One step of a way, from upstream to downstream."""

    upstream: str
    downstream: str
    basis: str
    kind: str
    grounds: tuple[str, ...]
    note: str


@immutable
class Ways:
    """The ways between two nodes, short ones first."""

    upstream: str
    downstream: str
    ways: tuple[tuple[StepEntry, ...], ...]


@immutable
class AdvisoryLine:
    """An advisory in short."""

    id: str
    modified: str
    withdrawn: str
    summary: str
    severity: str
    risks: tuple[str, ...]
    records: tuple[str, ...]


@immutable
class AdvisoryList:
    """Advisories, by identity; ``next`` is the address of the next part, or empty."""

    advisories: tuple[AdvisoryLine, ...]
    total: int
    next: str


@immutable
class AlertEntry:
    """That an advisory reaches a subject, and along which way."""

    id: str
    revision: int
    advisory: str
    subject: str
    state: str
    certainty: str
    severity: str
    risks: tuple[str, ...]
    created: str
    updated: str
    acknowledged_by: str
    note: str
    path: tuple[StepEntry, ...]


@immutable
class AlertList:
    """Alerts, by identity; ``next`` is the address of the next part, or empty."""

    alerts: tuple[AlertEntry, ...]
    next: str


@immutable
class RulingEntry:
    """A ruling over the weights of two subjects."""

    id: str
    a: str
    b: str
    label: str
    established: str
    kinship: str
    direction: str
    mechanism: str
    confidence: str
    reasons: tuple[str, ...]
    not_examined: tuple[str, ...]
    basis: str
    date: str
    alpha: float
    constitution: str
    evidence: tuple[dict[str, Any], ...]


@immutable
class RulingList:
    """The rulings that a subject has a part in."""

    rulings: tuple[RulingEntry, ...]
