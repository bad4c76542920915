"""What the commands of the command line ask a server: whole reports, which they show as they show their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request, Response

from stemma.client.report_shapes import (
    AdvisoryDocuments,
    AlertsAnswer,
    ConflictEntry,
    ConflictsAnswer,
    ImpactAnswer,
    ImpactEntry,
    ReachedEntry,
    RecordTexts,
)
from stemma.publish.lineage.documents import lineage_document
from stemma.publish.lineage.model import AdvisoryImpact, ReachedBy
from stemma.registry import AlertState
from stemma.usecases.alerts.listing import list_alerts
from stemma.usecases.browse.graph import find
from stemma.usecases.browse.notices import list_advisories
from stemma.usecases.browse.records import texts_for
from stemma.usecases.lineage.impact import impact_held
from stemma.usecases.lineage.walk import find_paths_in, list_conflicts_in, show_node_in, walk_in
from stemma.vocabulary import RelationKind
from stemma.web.addresses import with_query
from stemma.web.api.answers import said
from stemma.web.api.lineage import step_entry
from stemma.web.api.notices import alert_entry
from stemma.web.api.parameters import Key, Offset, problems
from stemma.web.state import state_of

router = APIRouter(prefix="/reports", tags=["reports"])
MOST = 5_000
"""Nodes of a walk, subjects of an advisory: what one report tells at most."""
MOST_NAMES = 20_000
"""Records that are looked at for conflicts, where none is named."""
_CONFLICTS = 500
What = Literal["show", "ancestors", "descendants"]
Known = Literal["open", "acknowledged", "resolved"]
_MANY = Annotated[int, Query(ge=1, le=1000)]


@router.get("/lineage", response_model=dict[str, Any], responses=problems(404), operation_id="lineage_report")
def lineage(
    request: Request,
    what: What,
    node: Key,
    kind: Annotated[list[RelationKind] | None, Query(max_length=len(RelationKind))] = None,
    depth: Annotated[int | None, Query(ge=1, le=1000)] = None,
) -> Response:
    """The edges of a node, or everything above or below it: a document of the schema `stemma.lineage/1`."""
    with state_of(request).holding.look() as registry:
        key = find(node, registry)
        if what == "show":
            report = show_node_in(registry, key)
        else:
            report = walk_in(registry, key, what, kinds=kind, depth=depth, limit=MOST)
    return said(request, dict(lineage_document(report)))


@router.get("/paths", response_model=dict[str, Any], responses=problems(404), operation_id="paths_report")
def paths(request: Request, upstream: Key, downstream: Key, every: bool = False, limit: _MANY = 100) -> Response:
    """A shortest way from one node down to another, or every one up to a limit: `stemma.lineage/1` as well."""
    with state_of(request).holding.look() as registry:
        above, below = find(upstream, registry), find(downstream, registry)
        report = find_paths_in(registry, above, below, every=every, limit=limit)
    return said(request, dict(lineage_document(report)))


@router.get("/impact", response_model=ImpactAnswer, responses=problems(404, 413), operation_id="impact_report")
def impact(request: Request, subject: Key) -> Response:
    """Whom an advisory reaches, or which advisories reach a node: with the path that explains each."""
    with state_of(request).holding.look() as registry:
        held = registry.advisories.history(subject)
        report = impact_held(registry, subject if held else find(subject, registry), MOST)
    impacts = tuple(map(_impact, report.impacts))
    return said(request, ImpactAnswer(subject, report.subject, impacts, report.alpha, report.cost["seconds"]))


def _impact(impact: AdvisoryImpact) -> ImpactEntry:
    return ImpactEntry(dict(impact.advisory.data), tuple(map(_reached, impact.reached)), impact.ended)


def _reached(reached: ReachedBy) -> ReachedEntry:
    path = tuple(map(step_entry, reached.path))
    risks = tuple(map(str, reached.risks))
    return ReachedEntry(reached.subject, reached.certainty.value, risks, reached.start, path, reached.note)


@router.get("/conflicts", response_model=ConflictsAnswer, responses=problems(404, 413), operation_id="conflicts")
def conflicts(
    request: Request,
    name: Annotated[list[Annotated[str, Query(min_length=1, max_length=300)]] | None, Query(max_length=20)] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Where declarations and weights disagree, circles, and names that look alike: around some records, or in the whole
    registry where it has no more than 20,000 names; five hundred at a time."""
    with state_of(request).holding.look() as registry:
        report = list_conflicts_in(registry, [find(each, registry) for each in name or ()], MOST_NAMES)
    more, total = offset + _CONFLICTS, len(report.conflicts)
    following = _page_address("/api/v1/reports/conflicts", name or (), more) if more < total else ""
    shown = tuple(ConflictEntry(c.kind, c.subjects, c.sides) for c in report.conflicts[offset:more])
    return said(request, ConflictsAnswer(report.names, shown, total, following))


def _page_address(path: str, names: Sequence[str], offset: int) -> str:
    return f"{path}?{urlencode([*(('name', each) for each in names), ('offset', str(offset))])}"


@router.get("/alerts", response_model=AlertsAnswer, responses=problems(), operation_id="alerts_report")
def alerts(
    request: Request,
    term: Annotated[list[Annotated[str, Query(max_length=300)]] | None, Query(max_length=20)] = None,
    state: Annotated[list[Known] | None, Query(max_length=len(get_args(Known)))] = None,
    limit: _MANY = 100,
) -> Response:
    """The newest alerts for which all terms (`owner=acme`, `severity=high`, ...) hold."""
    states = [AlertState(each) for each in state] if state else None
    with state_of(request).holding.look() as registry:
        found = list_alerts(registry, term or (), states=states, limit=limit)
    told = AlertsAnswer(found.terms, tuple(map(alert_entry, found.alerts)), found.total, dict(found.summaries))
    return said(request, told)


@router.get("/advisories", response_model=AdvisoryDocuments, responses=problems(), operation_id="advisory_documents")
def advisories(request: Request, offset: Offset = 0) -> Response:
    """The newest versions of advisories as their documents, a hundred at a time."""
    with state_of(request).holding.look() as registry:
        found, total = list_advisories(registry, offset=offset, limit=100)
    more = offset + 100 < total and offset + 100 <= 10_000
    following = with_query("/api/v1/reports/advisories", offset=offset + 100) if more else ""
    return said(request, AdvisoryDocuments(tuple(dict(each.data) for each in found), following))


@router.get("/record", response_model=RecordTexts, responses=problems(404, 409, 413), operation_id="record_texts")
def record(request: Request, asked: Key) -> Response:
    """The record that NAME or NAME@RANGE asks for, as it was written, with every other that is needed to resolve it."""
    with state_of(request).holding.look() as registry:
        found = texts_for(asked, registry)
    if found is None:
        raise HTTPException(404, "There is no such record.")
    return said(request, RecordTexts(*found))
