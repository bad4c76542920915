"""Errors as people and programs read them: a page, or a problem document (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from stemma.errors import (
    AccessDenied,
    ChangedMeanwhile,
    Conflict,
    InputError,
    LimitExceeded,
    ModelNotFound,
    RegistryUnavailable,
    SourceError,
    StemmaError,
    UnresolvedRecord,
)
from stemma.web.pages.problem import problem_page

API = "/api/"
MEDIA = "application/problem+json"
_RETRY = {429: "1", 503: "5"}
_STATUS: tuple[tuple[type[StemmaError], int], ...] = (
    (ModelNotFound, 404),
    (AccessDenied, 403),
    (UnresolvedRecord, 409),
    (Conflict, 409),
    (ChangedMeanwhile, 412),
    (InputError, 422),
    (LimitExceeded, 413),
    (RegistryUnavailable, 503),
    (SourceError, 502),
)


def respond(request: Request, status: int, detail: str, *, advice: str = "") -> Response:
    """The answer for an error, in the form that was asked for."""
    title = HTTPStatus(status).phrase
    name = getattr(request.state, "request_id", "")
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": _RETRY[status]} if status in _RETRY else {})
    if _wants_page(request):
        page = problem_page(status, title, detail, advice, name)
        return Response(page, status, headers, "text/html; charset=utf-8")
    document = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "advice": advice,
        "instance": request.url.path,
        "request_id": name,
    }
    shown = {key: value for key, value in document.items() if value != ""}
    return JSONResponse(shown, status, headers, MEDIA)


def _wants_page(request: Request) -> bool:
    accepted = request.headers.get("accept", "*/*")
    return not request.url.path.startswith(API) and ("text/html" in accepted or "*/*" in accepted)


async def answer(scope: Scope, receive: Receive, send: Send, status: int, detail: str, *, advice: str = "") -> None:
    """As :func:`respond`, for layers around the routes."""
    await respond(Request(scope), status, detail, advice=advice)(scope, receive, send)


async def on_http(request: Request, error: Exception) -> Response:
    """What routes refuse."""
    assert isinstance(error, HTTPException)
    found = respond(request, error.status_code, str(error.detail))
    for name, value in (error.headers or {}).items():
        found.headers[name] = value
    return found


async def on_invalid(request: Request, error: Exception) -> Response:
    """A parameter that breaks its rules."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return respond(request, 422, f"{where}: {first['msg']}.")


async def on_stemma(request: Request, error: Exception) -> Response:
    """An error of Stemma's own."""
    assert isinstance(error, StemmaError)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if isinstance(error, RegistryUnavailable):  # where the database is, is nobody's business
        return respond(request, 503, "The registry does not answer.", advice="Try again later.")
    return respond(request, status, error.message, advice=error.advice)


async def on_defect(request: Request, _error: Exception) -> Response:
    """Anything else is a defect; what went wrong is in the log, under the name of the request."""
    return respond(request, 500, "This is a defect in Stemma.", advice="The log has more, under the request id.")
