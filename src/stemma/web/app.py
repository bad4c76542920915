"""The application: routes, handlers of errors, and the layers around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from stemma.errors import StemmaError
from stemma.identity.version import VERSION
from stemma.interop.oidc import Provider
from stemma.usecases.browse.holding import Holding
from stemma.usecases.browse.scanning import SECONDS
from stemma.usecases.browse.tokens import tokens_path
from stemma.web import (
    advising,
    assets,
    deliveries,
    health,
    hooks,
    lineage,
    notices,
    oidc,
    pairs,
    records,
    scan,
    session,
    writing,
)
from stemma.web.access import Closed, Doorkeeper
from stemma.web.api import routes as api
from stemma.web.api.writing import MAX_DOCUMENT
from stemma.web.metrics import Metrics
from stemma.web.middleware.headers import SecurityHeaders
from stemma.web.middleware.limits import Limits
from stemma.web.middleware.observe import Observe
from stemma.web.middleware.rates import Rates
from stemma.web.middleware.signed_in import SignedIn
from stemma.web.problems import on_defect, on_http, on_invalid, on_stemma
from stemma.web.settings import Services, WebSettings
from stemma.web.state import State

AT_ONCE = 8
"""Requests that are worked on at once, others wait: a database lends that many connections."""
_ROUTES = (
    health, assets, records, lineage, notices, deliveries, hooks, pairs, scan, writing, advising, session, oidc, api,
)  # fmt: skip
_DOCUMENTS = (f"{api.PREFIX}/records/", f"{api.PREFIX}/advisories/")


def body_bound(path: str, otherwise: int) -> int:
    """How many bytes the body of a request to a path may have."""
    if path == "/scan":
        return scan.MAX_UPLOAD + 4096
    if path == "/write/record":
        return 2 * MAX_DOCUMENT + 4096  # what was written, and a file in its place
    return max(otherwise, MAX_DOCUMENT) if path.startswith(_DOCUMENTS) else otherwise


def time_bound(path: str, otherwise: float) -> float:
    """How many seconds a request to a path may take; a scan has a bound of its own, which says more."""
    return max(otherwise, SECONDS + 10.0) if path == "/scan" else otherwise


def create_app(settings: WebSettings, services: Services = Services()) -> ASGIApp:  # noqa: B008 it does not change
    """The application with everything around it; the registry is opened when it starts."""
    state = state_for(settings, services)
    app: ASGIApp = SignedIn(routes(state), state.doorkeeper)
    app = GZipMiddleware(app, minimum_size=1024, compresslevel=6)
    if settings.closed:
        app = Closed(app, state.doorkeeper)
    app = Rates(app, rate=settings.rate, burst=settings.burst)
    app = Limits(
        app,
        max_body=lambda path: body_bound(path, settings.max_body),
        seconds=lambda path: time_bound(path, settings.seconds),
    )
    return Observe(SecurityHeaders(app), request_id=services.request_id, metrics=state.metrics)


def state_for(settings: WebSettings, services: Services) -> State:
    """What the routes of one server work with; nothing is opened yet."""
    holding = Holding(settings.registry, settings.refresh_seconds)
    doorkeeper = Doorkeeper(tokens_path(settings.tokens), services, secure=settings.secure_cookies)
    provider = Provider(settings.oidc) if settings.oidc is not None else None
    return State(settings, services, holding, Metrics(), doorkeeper, provider)


def routes(state: State) -> FastAPI:
    """Routes and handlers of errors alone."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = AT_ONCE
        with state.holding, ExitStack() as stack:
            if state.provider is not None:
                stack.callback(state.provider.close)
            yield

    app = FastAPI(title="Stemma", version=VERSION, lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.stemma = state
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(StemmaError, on_stemma)
    app.add_exception_handler(Exception, on_defect)
    for module in _ROUTES:
        app.include_router(module.router)
    app.include_router(api.pages)
    return app
