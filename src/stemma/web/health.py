"""Whether the server runs, whether it can serve, and how it fares."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from stemma.errors import StemmaError
from stemma.web.metrics import CONTENT_TYPE
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.get("/readyz")
def ready(request: Request) -> Response:
    """The registry answers; 503 where it does not."""
    state = state_of(request)
    try:
        with state.holding.look() as registry:
            registry.graph.versions_of(["-"])
    except StemmaError:
        state.metrics.registry_up(False)
        return JSONResponse({"status": "the registry does not answer"}, 503, {"Cache-Control": "no-store"})
    state.metrics.registry_up(True)
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """For Prometheus."""
    return Response(state_of(request).metrics.text(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
