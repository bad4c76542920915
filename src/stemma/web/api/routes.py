"""All of the API in one router, and its description."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse

from stemma.identity.version import VERSION
from stemma.web.api import lineage, notices, records, reports, subscriptions, writing
from stemma.web.pages.api import api_page
from stemma.web.respond import tagged

PREFIX = "/api/v1"
router = APIRouter(prefix=PREFIX)
for _module in (records, lineage, notices, subscriptions, writing, reports):
    router.include_router(_module.router)


def description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    found = get_openapi(
        title="Stemma",
        version=VERSION,
        summary="The family tree of models: records, lineage, advisories and alerts.",
        description=(
            "Every answer has an ETag and honours If-None-Match. Errors are problem documents (RFC 9457). "
            "Where reading is closed, and for everything that writes, send `Authorization: Bearer TOKEN`."
        ),
        license_info={"name": "Apache-2.0"},
        routes=app.routes,
    )
    bearer = {"type": "http", "scheme": "bearer", "description": "A token of `stemma token add`."}
    found.setdefault("components", {})["securitySchemes"] = {"token": bearer}
    return found


pages = APIRouter(include_in_schema=False)


@pages.get("/api")
def page(request: Request) -> Response:
    """The description for people."""
    return tagged(request, api_page(description(request.app)))


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> Response:
    """The description of the API."""
    return JSONResponse(description(request.app), headers={"Cache-Control": "max-age=3600"})
