"""How often one client may ask: a bucket for each that fills at a steady rate."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.web.problems import answer

MAX_CLIENTS = 20_000
_FREE = frozenset({"/healthz", "/readyz", "/metrics"})


class Rates:
    """Answers 429 to a client that asks more than ``rate`` times a second once ``burst`` is spent; 0: no bound.

    A client is an address; of IPv6 the first half, which one household has. Of very many clients those that asked
    longest ago are forgotten.
    """

    def __init__(self, app: ASGIApp, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._rate, self._burst, self._clock = app, rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http" or not self._rate or scope["path"] in _FREE or self._take(_client(scope)):
            await self._app(scope, receive, send)
            return
        advice = f"Up to {self._rate:g} requests a second are answered."
        await answer(scope, receive, send, 429, "Too many requests.", advice=advice)

    def _take(self, client: str) -> bool:
        now = self._clock()
        left, since = self._left.pop(client, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._rate)
        granted = left >= 1.0
        self._left[client] = (left - 1.0 if granted else left, now)
        if len(self._left) > MAX_CLIENTS:
            self._left.popitem(last=False)
        return granted


def _client(scope: Scope) -> str:
    address = scope["client"][0] if scope.get("client") else ""
    return ":".join(address.split(":")[:4]) if ":" in address else address
