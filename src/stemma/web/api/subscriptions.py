"""Subscriptions and what was sent to them: for tokens whose namespaces cover their names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from stemma.client.report_shapes import DeliveryEntry, DeliveryList, SubscriptionEntry, SubscriptionList
from stemma.registry import Delivery, DeliveryState, Subscription
from stemma.usecases.browse.subscribing import (
    Wish,
    add_subscription,
    deliveries_of,
    remove_subscription,
    replay_delivery,
    subscriptions_of,
    switch_subscription,
)
from stemma.usecases.registry import now
from stemma.web.access import Visitor, require_bearer
from stemma.web.api.parameters import Identity, problems
from stemma.web.api.writing import SECURED
from stemma.web.state import state_of

router = APIRouter(tags=["subscriptions"])
_PRIVATE = {"Cache-Control": "no-store"}


class NewSubscription(BaseModel, extra="forbid"):
    """What is to be told to whom; the name begins with a namespace of the token."""

    id: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[\x21-\x7e]+$")]
    terms: Annotated[list[Annotated[str, Field(max_length=300)]], Field(min_length=1, max_length=20)]
    url: Annotated[str, Field(max_length=2000)] = ""
    note: Annotated[str, Field(max_length=500)] = ""


class Switch(BaseModel, extra="forbid"):
    """Whether a subscription sends."""

    active: bool


@router.get(
    "/subscriptions",
    response_model=SubscriptionList,
    responses=problems(401),
    operation_id="subscriptions",
    openapi_extra=SECURED,
)
def subscriptions(request: Request) -> Response:
    """The subscriptions that the token covers, without their secrets."""
    visitor = _bearer(request, writes=False)
    with state_of(request).holding.look() as registry:
        found = subscriptions_of(registry, visitor.token)
    told = SubscriptionList(tuple(entry(each) for each in found))
    return JSONResponse(asdict(told), headers=_PRIVATE)


@router.post(
    "/subscriptions",
    status_code=201,
    response_model=SubscriptionEntry,
    responses=problems(401, 403, 409),
    operation_id="subscribe",
    openapi_extra=SECURED,
)
def subscribe(request: Request, wish: Annotated[NewSubscription, Body()]) -> Response:
    """Subscribe. The secret that signs what is sent is shown this once."""
    visitor = _bearer(request)
    asked = Wish(wish.id, tuple(wish.terms), wish.url, wish.note)
    with state_of(request).holding.use() as registry:
        made = add_subscription(asked, registry, visitor.token, now())
    return JSONResponse(asdict(entry(made, secret=made.secret)), 201, _PRIVATE)


@router.patch(
    "/subscriptions/{identity}",
    response_model=SubscriptionEntry,
    responses=problems(401, 403, 404),
    operation_id="switch_subscription",
    openapi_extra=SECURED,
)
def switch(request: Request, identity: Identity, wanted: Annotated[Switch, Body()]) -> Response:
    """Pause a subscription, or resume it."""
    visitor = _bearer(request)
    with state_of(request).holding.use() as registry:
        changed = switch_subscription(identity, registry, visitor.token, active=wanted.active)
    return JSONResponse(asdict(entry(changed)), headers=_PRIVATE)


@router.delete(
    "/subscriptions/{identity}",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
    operation_id="unsubscribe",
    openapi_extra=SECURED,
)
def unsubscribe(request: Request, identity: Identity) -> Response:
    """End a subscription."""
    visitor = _bearer(request)
    with state_of(request).holding.use() as registry:
        remove_subscription(identity, registry, visitor.token)
    return Response(status_code=204, headers=_PRIVATE)


@router.get(
    "/deliveries",
    response_model=DeliveryList,
    responses=problems(401),
    operation_id="deliveries",
    openapi_extra=SECURED,
)
def deliveries(
    request: Request,
    state: Literal["pending", "delivered", "dead"] = "dead",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """What was sent to subscriptions that the token covers, is to be sent, or was given up: the last of it first."""
    visitor = _bearer(request, writes=False)
    with state_of(request).holding.look() as registry:
        found = deliveries_of(registry, visitor.token, DeliveryState(state), limit=limit)
    told = DeliveryList(tuple(map(delivery_entry, found)))
    return JSONResponse(asdict(told), headers=_PRIVATE)


@router.post(
    "/deliveries/{identity}/replay",
    response_model=DeliveryEntry,
    responses=problems(401, 403, 404),
    operation_id="replay",
    openapi_extra=SECURED,
)
def replay(request: Request, identity: Identity) -> Response:
    """Make a delivery due again, under the id that it has; `stemma alerts deliver` then sends it."""
    visitor = _bearer(request)
    with state_of(request).holding.use() as registry:
        again = replay_delivery(identity, registry, visitor.token, now())
    return JSONResponse(asdict(delivery_entry(again)), headers=_PRIVATE)


def _bearer(request: Request, *, writes: bool = True) -> Visitor:
    return require_bearer(state_of(request).doorkeeper.visitor(request), writes=writes)


def entry(of: Subscription, secret: str = "") -> SubscriptionEntry:
    """A subscription as the API says it."""
    return SubscriptionEntry(of.id, of.terms, of.url, of.active, of.created, of.note, secret)


def delivery_entry(of: Delivery) -> DeliveryEntry:
    """A delivery as the API says it."""
    return DeliveryEntry(
        of.id, of.alert, of.revision, of.subscription, of.state.value, of.attempts, of.created, of.due, of.error
    )
