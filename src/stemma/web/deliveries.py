"""What was sent to subscribers: a page for those who are signed in, and a form to send again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from stemma.registry import DeliveryState
from stemma.usecases.browse.subscribing import deliveries_of, replay_delivery, subscriptions_of
from stemma.usecases.registry import now
from stemma.web import addresses
from stemma.web.access import require_known, require_own_form
from stemma.web.pages.deliveries import PAGE, deliveries_page, strangers_page
from stemma.web.respond import HTML
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False)
State = Literal["pending", "delivered", "dead"]
_PRIVATE = {"Cache-Control": "no-store"}


@router.get("/deliveries")
def deliveries(request: Request, state: State = "dead") -> Response:
    """Deliveries of one state to subscriptions that the visitor's token covers, the last first."""
    server = state_of(request)
    visitor = server.doorkeeper.visitor(request)
    if visitor is None:
        return Response(strangers_page(), 200, _PRIVATE, HTML)
    with server.holding.look() as registry:
        subscriptions = subscriptions_of(registry, visitor.token)
        found = deliveries_of(registry, visitor.token, DeliveryState(state), limit=PAGE)
    return Response(deliveries_page(found, subscriptions, DeliveryState(state), visitor), 200, _PRIVATE, HTML)


@router.post("/deliveries/{identity}/replay")
def replay(request: Request, identity: str, proof: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Make a delivery due again."""
    server = state_of(request)
    visitor = server.doorkeeper.visitor(request)
    require_own_form(request, proof, visitor)
    writer = require_known(visitor)
    with server.holding.use() as registry:
        replay_delivery(identity, registry, writer.token, now())
    return RedirectResponse(addresses.with_query("/deliveries", state="pending"), 303, _PRIVATE)
