"""Pages of records: the list, one version, and every form of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi import Query as Asked
from starlette.responses import RedirectResponse

from stemma.registry import Query
from stemma.usecases.browse.records import ShownRecord, find_record, newest_version, show
from stemma.web import addresses
from stemma.web.forms import FORMS, available
from stemma.web.pages.record import record_page
from stemma.web.pages.search import PAGE, search_page
from stemma.web.respond import tagged
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False)
Word = Annotated[str, Asked(max_length=200)]


@router.get("/")
def search(
    request: Request,
    q: Word = "",
    type: Word = "",  # noqa: A002 what the form calls it
    licence: Word = "",
    risk: Word = "",
    offset: Annotated[int, Asked(ge=0, le=10_000)] = 0,
) -> Response:
    """The list of records."""
    state = state_of(request)
    query = Query(q, type, licence, risk)
    with state.holding.look() as registry:
        found = registry.search.find(query, offset=offset, limit=PAGE)
    return tagged(request, search_page(state.settings.title, query, found, offset))


@router.get("/records/{name}")
def newest(request: Request, name: str) -> Response:
    """The newest usable version."""
    with state_of(request).holding.look() as registry:
        version = newest_version(name, registry)
    if version is None:
        raise HTTPException(404, "There is no record of that name.")
    return RedirectResponse(addresses.record(f"{name}@{version}") or "/", 302, {"Cache-Control": "no-cache"})


@router.get("/records/{name}/{version}")
def one(request: Request, name: str, version: str) -> Response:
    """One version."""
    return tagged(request, record_page(shown_record(request, name, version)))


@router.get("/records/{name}/{version}/record.{form}")
def form_of(request: Request, name: str, version: str, form: str) -> Response:
    """One version in one form."""
    if form not in available():
        raise HTTPException(404, "There is no such form of a record here.")
    shown = shown_record(request, name, version)
    made = FORMS[form]
    file = f"{name}-{version}.{form}" if made.keep else ""
    return tagged(request, made.render(shown), made.media, name=file)


def shown_record(request: Request, name: str, version: str) -> ShownRecord:
    """Everything that is shown of a record; 404 where there is none."""
    with state_of(request).holding.look() as registry:
        record = find_record(name, version, registry)
        if record is None:
            raise HTTPException(404, "There is no such version of a record.")
        return show(record, registry, links=addresses.beside, alert_link=addresses.alert)
