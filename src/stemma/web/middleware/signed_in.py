"""Whether a page is made for somebody who writes: its way around then leads to where one does."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.web.access import Doorkeeper
from stemma.web.pages.shell import WRITES


class SignedIn:
    """Tells the pages; what anybody may do is decided where it is done."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper) -> None:
        self._app, self._doorkeeper = app, doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http" or scope["path"].startswith(("/static/", "/api/")):
            await self._app(scope, receive, send)
            return
        visitor = self._doorkeeper.by_cookie(Request(scope))
        told = WRITES.set(visitor is not None and visitor.token.writes)
        try:
            await self._app(scope, receive, send)
        finally:
            WRITES.reset(told)
