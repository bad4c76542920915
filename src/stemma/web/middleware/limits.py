"""Bounds: how long an address, how large a body, how long an answer may take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stemma.web.problems import answer

MAX_ADDRESS = 4096
_log = logging.getLogger("stemma.web")


class Limits:
    """Answers 414, 413 and 503 where a bound is passed.

    ``max_body`` says how many bytes the body of a path may have, ``seconds`` how long it may take. Work in a thread
    cannot be stopped: after a 503 it goes on, takes up its thread, and what it says is dropped.
    """

    def __init__(self, app: ASGIApp, *, max_body: Callable[[str], int], seconds: Callable[[str], float]) -> None:
        self._app, self._max_body, self._seconds = app, max_body, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._max_body(scope["path"])
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_ADDRESS:
            await answer(scope, receive, send, 414, f"The address is longer than {MAX_ADDRESS} bytes.")
        elif not length.isdigit() or int(length) > most:
            await answer(scope, receive, send, 413, f"The request is larger than {most:,} bytes.")
        else:
            await self._timed(scope, _bounded(receive, most), send, self._seconds(scope["path"]))

    async def _timed(self, scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
        passed = _Passed(send)
        task = asyncio.ensure_future(self._app(scope, receive, passed))
        try:
            await asyncio.wait({task}, timeout=seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            task.result()
            return
        passed.open = False
        task.add_done_callback(_late)
        if passed.started:  # whoever asked does not take the answer
            task.cancel()
        else:
            message = f"This took longer than {seconds:g} seconds."
            await answer(scope, receive, send, 503, message, advice="Ask for less, or try again later.")


class _Passed:
    """What is sent, until the time is over."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.open, self.started = True, False

    async def __call__(self, message: Message) -> None:
        if self.open:
            self.started = True
            await self._send(message)


def _bounded(receive: Receive, most: int) -> Receive:
    """The body, as long as it keeps to what its length said or less."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, f"The request is larger than {most:,} bytes.")
        return message

    return bounded


def _late(task: asyncio.Future[None]) -> None:
    failed = None if task.cancelled() else task.exception()
    _log.warning("a request that was given up has ended", exc_info=failed)
