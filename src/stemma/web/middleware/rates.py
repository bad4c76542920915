"""How often one client may ask."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.web.middleware.buckets import Buckets, client_of
from stemma.web.problems import answer

_FREE = frozenset({"/healthz", "/readyz", "/metrics"})


class Rates:
    """Answers 429 to a client that asks more than ``rate`` times a second once ``burst`` is spent; 0: no bound."""

    def __init__(self, app: ASGIApp, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._buckets = app, Buckets(rate=rate, burst=burst, clock=clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        free = scope["type"] != "http" or not self._buckets.rate or scope["path"] in _FREE
        if free or self._buckets.take(client_of(scope)):
            await self._app(scope, receive, send)
            return
        advice = f"Up to {self._buckets.rate:g} requests a second are answered."
        await answer(scope, receive, send, 429, "Too many requests.", advice=advice)
