"""What the use cases over the joined graph fill and the renderings read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from stemma.advisories import Advisory, RiskKind
from stemma.immutable import immutable
from stemma.lineage import Conflict, Verification
from stemma.registry.notices import Certainty, Step
from stemma.vocabulary import Clause, Framework


@immutable
class VerifyReport:
    """A verification, what it cost, and by which version it was done; ``kept`` where the registry has it now."""

    asked: str
    verification: Verification
    kept: bool
    cost: Mapping[str, Any]
    stemma: str


@immutable
class ReachedBy:
    """One subject that an advisory reaches: how surely, by which risks, and along which path from ``start``."""

    subject: str
    certainty: Certainty
    risks: tuple[RiskKind, ...]
    start: str
    path: tuple[Step, ...]
    note: str = ""


@immutable
class AdvisoryImpact:
    """An advisory with those whom it reaches, surely before possibly, near before far; ``ended``: mended versions."""

    advisory: Advisory
    reached: tuple[ReachedBy, ...]
    ended: tuple[str, ...] = ()


@immutable
class FrameworkClause:
    """A clause of a framework, with the fields of this report that help to satisfy it."""

    clause: Clause
    fields: tuple[str, ...]


@immutable
class ImpactReport:
    """Whom an advisory reaches, or which advisories reach a subject.

    ``subject`` is the key of what was asked for, empty where that was an advisory. ``relatives`` are sentences on how
    weights without a record were placed in the graph; ``not_examined`` says what could not be looked at.
    """

    asked: str
    subject: str
    impacts: tuple[AdvisoryImpact, ...]
    relatives: tuple[str, ...]
    not_examined: tuple[str, ...]
    alpha: float
    framework: Framework | None
    clauses: tuple[FrameworkClause, ...]
    cost: Mapping[str, Any]
    stemma: str

    @property
    def certainties(self) -> frozenset[Certainty]:
        """How surely anything but the named things themselves is reached; of a subject, how surely it is."""
        return frozenset(each.certainty for impact in self.impacts for each in impact.reached)


@immutable
class Source:
    """Why an edge is believed, or denied: grounds with source, date and signer; of a ruling with what it rests on."""

    grounds: str
    source: str
    date: str
    by: str
    denies: bool
    signature: str
    note: str


@immutable
class EdgeLine:
    """An edge with everything that speaks for and against it.

    ``method`` and ``component`` are what a declaration says of how, and of which part. ``directed`` is False where a
    ruling shows no way, or is of two copies, or finds no link at all.
    """

    upstream: str
    downstream: str
    basis: Literal["declared", "measured"]
    kind: str
    asked: str
    method: str
    component: str
    directed: bool
    note: str
    sources: tuple[Source, ...]


@immutable
class NodeLine:
    """A node that was reached: its distance, and the path that leads there, the most upstream step first."""

    key: str
    type: str
    title: str
    depth: int
    path: tuple[Step, ...]


@immutable
class LineageReport:
    """A part of the joined graph around ``subject``; ``complete`` is False where a bound ended the walk."""

    subject: str
    what: Literal["show", "ancestors", "descendants", "path"]
    nodes: tuple[NodeLine, ...]
    edges: tuple[EdgeLine, ...]
    paths: tuple[tuple[Step, ...], ...]
    complete: bool
    stemma: str


@immutable
class ConflictReport:
    """Disagreements around some records, or in the whole registry."""

    names: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    stemma: str


@immutable
class AdvisoryListing:
    """Advisories of a registry, by id."""

    advisories: tuple[Advisory, ...]
    stemma: str
