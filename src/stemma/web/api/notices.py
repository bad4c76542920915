"""Advisories, whom they reach, and alerts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.responses import JSONResponse

from stemma.advisories import Advisory, advisory_text
from stemma.client.shapes import AdvisoryLine, AdvisoryList, AlertEntry, AlertList
from stemma.registry import Alert, AlertState
from stemma.usecases.browse.notices import (
    acknowledge_as,
    find_advisory,
    find_alert,
    list_advisories,
    list_alerts,
)
from stemma.usecases.registry import now
from stemma.web.access import require_bearer, require_cover
from stemma.web.addresses import with_query
from stemma.web.api.answers import said
from stemma.web.api.lineage import step_entry
from stemma.web.api.parameters import Identity, Limit, Offset, Word, problems
from stemma.web.api.writing import SECURED
from stemma.web.notices import State
from stemma.web.respond import tagged
from stemma.web.state import state_of

router = APIRouter(tags=["advisories and alerts"])


@router.get("/advisories", response_model=AdvisoryList, responses=problems(), operation_id="advisories")
def advisories(request: Request, offset: Offset = 0, limit: Limit = 50) -> Response:
    """Advisories in short, by identity."""
    with state_of(request).holding.look() as registry:
        found, total = list_advisories(registry, offset=offset, limit=limit)
    more = offset + limit < total and offset + limit <= 10_000
    following = with_query("/api/v1/advisories", offset=offset + limit, limit=limit) if more else ""
    return said(request, AdvisoryList(tuple(map(_line, found)), total, following))


@router.get("/advisories/{identity}", response_model=dict[str, Any], responses=problems(404), operation_id="advisory")
def advisory(request: Request, identity: Identity) -> Response:
    """One advisory as its document, in the shape of OSV."""
    with state_of(request).holding.look() as registry:
        found = find_advisory(identity, registry)
    if found is None:
        raise HTTPException(404, "There is no such advisory.")
    return tagged(request, advisory_text(found), "application/json")


@router.get("/alerts", response_model=AlertList, responses=problems(), operation_id="alerts")
def alerts(
    request: Request, state: State = "", advisory: Word = "", subject: Word = "", after: Word = "", limit: Limit = 50
) -> Response:
    """Alerts that fit, by identity; the newest first where nothing is asked for."""
    states = [AlertState(state)] if state else None
    with state_of(request).holding.look() as registry:
        found = list_alerts(registry, advisory=advisory, subject=subject, states=states, after=after, limit=limit)
    asked: dict[str, str | int] = {"state": state, "advisory": advisory, "subject": subject}
    more = (any(asked.values()) or after) and len(found) == limit
    following = with_query("/api/v1/alerts", **asked, after=found[-1].id, limit=limit) if more else ""
    return said(request, AlertList(tuple(map(alert_entry, found)), following))


@router.get("/alerts/{identity}", response_model=AlertEntry, responses=problems(404), operation_id="alert")
def alert(request: Request, identity: Identity) -> Response:
    """One alert, with the way by which the advisory reaches its subject."""
    return said(request, alert_entry(_found(request, identity)))


_WRITES = problems(401, 403, 404)


@router.post(
    "/alerts/{identity}/acknowledge",
    response_model=AlertEntry,
    responses=_WRITES,
    operation_id="acknowledge",
    openapi_extra=SECURED,
)
def acknowledge(request: Request, identity: Identity) -> Response:
    """Say that an alert was seen. Takes a token in the header that writes and covers the subject."""
    state = state_of(request)
    writer = require_bearer(state.doorkeeper.visitor(request))
    found = _found(request, identity)
    require_cover(writer, found.subject)
    with state.holding.use() as registry:
        known = acknowledge_as(found, writer.token, registry, now())
    return JSONResponse(asdict(alert_entry(known)), headers={"Cache-Control": "no-store"})


def _found(request: Request, identity: str) -> Alert:
    with state_of(request).holding.look() as registry:
        found = find_alert(identity, registry)
    if found is None:
        raise HTTPException(404, "There is no such alert.")
    return found


def _line(advisory: Advisory) -> AdvisoryLine:
    return AdvisoryLine(
        advisory.id,
        advisory.modified,
        advisory.withdrawn,
        advisory.summary,
        str(advisory.severity),
        tuple(map(str, advisory.risks)),
        advisory.records,
    )


def alert_entry(alert: Alert) -> AlertEntry:
    """An alert as the API says it."""
    return AlertEntry(
        alert.id,
        alert.revision,
        alert.advisory,
        alert.subject,
        alert.state.value,
        alert.certainty.value,
        alert.severity,
        alert.risks,
        alert.created,
        alert.updated,
        alert.acknowledged_by,
        alert.note,
        tuple(map(step_entry, alert.path)),
    )
