"""Webhooks of hubs: a repository changed, says the hub itself; what became of it is then looked up there."""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from stemma.usecases.alerts.hub import take_event
from stemma.usecases.registry import now
from stemma.usecases.settings import Work
from stemma.web.state import State, state_of

router = APIRouter(include_in_schema=False)
AT_ONCE = 2
_free = threading.BoundedSemaphore(AT_ONCE)


@router.post("/hooks/huggingface")
async def huggingface(
    request: Request, x_webhook_secret: Annotated[str | None, Header(max_length=200)] = None
) -> Response:
    """One event of the Hugging Face hub; there is no such page where no secret was agreed on."""
    state = state_of(request)
    if not state.settings.hub_secret:
        raise HTTPException(404, "This server takes no webhooks.")
    body = await request.body()
    return await run_in_threadpool(_take, state, body, x_webhook_secret)


def _take(state: State, body: bytes, secret: str | None) -> Response:
    if not _free.acquire(blocking=False):
        raise HTTPException(503, "Other events are being looked at: send it again.")
    try:
        with state.holding.use() as registry:
            work = Work(network=state.services.network)
            report = take_event(registry, body, secret, state.settings.hub_secret, now=now, work=work)
    finally:
        _free.release()
    found = () if report is None else report.findings
    return JSONResponse({"changes": len(found)}, headers={"Cache-Control": "no-store"})
