"""What is told of every request: an identity, one line of the log, and the metrics."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stemma.web.metrics import Metrics

_KNOWN = re.compile(rb"[A-Za-z0-9-]{8,64}")
_log = logging.getLogger("stemma.web")


class Observe:
    """Names a request (``X-Request-Id``; one that a proxy gave is kept), logs it when it ends, and counts it."""

    def __init__(self, app: ASGIApp, *, request_id: Callable[[], str], metrics: Metrics) -> None:
        self._app, self._request_id, self._metrics = app, request_id, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        name = given.decode() if _KNOWN.fullmatch(given) else self._request_id()
        scope.setdefault("state", {})["request_id"] = name
        status, size, began = 500, 0, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = name
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - began
            self._metrics.seen(scope["method"], route_of(scope), status, seconds)
            _log.info("request", extra={"fields": _told(scope, name, status, size, seconds)})


def route_of(scope: Scope) -> str:
    """The route as it is declared, never what was asked for: a label must have few values."""
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "none"


def _told(scope: Scope, name: str, status: int, size: int, seconds: float) -> dict[str, Any]:
    client = scope.get("client")
    return {
        "request_id": name,
        "method": scope["method"],
        "path": scope["path"],
        "route": route_of(scope),
        "status": status,
        "bytes": size,
        "ms": round(seconds * 1000, 1),
        "client": client[0] if client else "",
        "actor": scope["state"].get("actor", ""),
    }
