"""Advisories and alerts: pages, the feed, and the form by which an alert is acknowledged."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Request, Response
from starlette.responses import RedirectResponse

from stemma.publish.alerts.atom import alerts_feed
from stemma.registry import Alert, AlertState
from stemma.usecases.alerts.listing import list_alerts as newest_alerts
from stemma.usecases.browse.notices import (
    acknowledge_as,
    find_advisory,
    find_alert,
    list_advisories,
    list_alerts,
    reaching,
)
from stemma.usecases.registry import now
from stemma.web import addresses
from stemma.web.access import require_own_form, require_writer
from stemma.web.api.parameters import Offset, Word
from stemma.web.pages.notices import PAGE, advisories_page, advisory_page, alert_page, alerts_page
from stemma.web.respond import HTML, tagged
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False)
State = Literal["", "open", "acknowledged", "resolved"]


@router.get("/advisories")
def advisories(request: Request, offset: Offset = 0) -> Response:
    """The list."""
    with state_of(request).holding.look() as registry:
        found, total = list_advisories(registry, offset=offset, limit=PAGE)
    return tagged(request, advisories_page(found, total, offset))


@router.get("/advisories/{identity}")
def advisory(request: Request, identity: str) -> Response:
    """One advisory, with everything downstream."""
    with state_of(request).holding.look() as registry:
        found = find_advisory(identity, registry)
        if found is None:
            raise HTTPException(404, "There is no such advisory.")
        told = reaching(found, registry)
    return tagged(request, advisory_page(told))


@router.get("/alerts")
def alerts(request: Request, state: State = "", advisory: Word = "", subject: Word = "", after: Word = "") -> Response:
    """The list."""
    states = [AlertState(state)] if state else None
    with state_of(request).holding.look() as registry:
        found = list_alerts(registry, advisory=advisory, subject=subject, states=states, after=after, limit=PAGE)
    asked = {"state": state, "advisory": advisory, "subject": subject}
    more = any(asked.values()) and len(found) == PAGE
    following = addresses.with_query("/alerts", **asked, after=found[-1].id) if more else ""
    return tagged(request, alerts_page(found, asked, following))


@router.get("/alerts.atom")
def feed(request: Request, advisory: Word = "", subject: Word = "") -> Response:
    """The newest hundred alerts, for readers of feeds."""
    terms = [*([f"advisory={advisory}"] if advisory else []), *([f"model={subject}"] if subject else [])]
    with state_of(request).holding.look() as registry:
        listing = newest_alerts(registry, terms)
    return tagged(request, alerts_feed(listing), "application/atom+xml; charset=utf-8")


@router.get("/alerts/{identity}")
def alert(request: Request, identity: str) -> Response:
    """One alert."""
    state = state_of(request)
    found = _found(request, identity)
    visitor = state.doorkeeper.visitor(request)
    if visitor is None:
        return tagged(request, alert_page(found, None))
    return Response(alert_page(found, visitor), 200, {"Cache-Control": "no-store"}, HTML)


@router.post("/alerts/{identity}/acknowledge")
def acknowledge(request: Request, identity: str, proof: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Somebody signed in has seen it."""
    state = state_of(request)
    visitor = state.doorkeeper.visitor(request)
    require_own_form(request, proof, visitor)
    found = _found(request, identity)
    writer = require_writer(visitor, found.subject)
    with state.holding.use() as registry:
        acknowledge_as(found, writer.token, registry, now())
    return RedirectResponse(addresses.alert(found), 303, {"Cache-Control": "no-store"})


def _found(request: Request, identity: str) -> Alert:
    with state_of(request).holding.look() as registry:
        found = find_alert(identity, registry)
    if found is None:
        raise HTTPException(404, "There is no such alert.")
    return found
