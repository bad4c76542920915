"""How often a client may do something: a bucket for each that fills at a steady rate."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import Scope

MAX_CLIENTS = 20_000


class Buckets:
    """``burst`` at once and ``rate`` a second in the long run. Of very many clients those are forgotten who asked
    longest ago."""

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self._burst, self._clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> bool:
        """Take one; False where there is none left."""
        granted = self.has(client)
        left, _ = self._left[client]
        self._left[client] = (left - 1.0 if granted else left, self._clock())
        return granted

    def has(self, client: str) -> bool:
        """Whether there is one left."""
        now = self._clock()
        left, since = self._left.pop(client, (float(self._burst), now))
        self._left[client] = (min(float(self._burst), left + (now - since) * self.rate), now)
        if len(self._left) > MAX_CLIENTS:
            self._left.popitem(last=False)
        return self._left[client][0] >= 1.0


def client_of(scope: Scope) -> str:
    """Who asks: an address; of IPv6 the first half, which one household has."""
    address = scope["client"][0] if scope.get("client") else ""
    return ":".join(address.split(":")[:4]) if ":" in address else address
