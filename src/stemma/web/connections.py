"""Connections that end where whoever is at the other end takes too long, byte by byte or not at all."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
READ_SECONDS = 30.0


class Impatient(H11Protocol):
    """HTTP as uvicorn speaks it, with bounds on how long a whole head, a whole body, and taking an answer may last.

    A bound is on the whole, not on the pause between two bytes, so that sending slowly gains nothing.
    """

    head_seconds, body_seconds, read_seconds = HEAD_SECONDS, BODY_SECONDS, READ_SECONDS
    _owed: str = ""
    _sending: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody is there, and owes a request."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        for timer in (self._sending, self._taking):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request."""
        super().data_received(data)
        self._expect()

    def on_response_complete(self) -> None:
        """An answer was sent whole; the rest of the request may still be owed."""
        super().on_response_complete()
        self._expect()

    def pause_writing(self) -> None:
        """The other end does not take what it asked for."""
        super().pause_writing()
        self._taking = self.loop.call_later(self.read_seconds, self._hang_up)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if self._taking is not None:
            self._taking.cancel()

    def _expect(self) -> None:
        """Give a time for what is owed now, once for each head and each body."""
        known = {h11.IDLE: "head", h11.SEND_BODY: "body"}
        owed = known.get(self.conn.their_state, "")
        if owed == self._owed:
            return
        self._owed = owed
        if self._sending is not None:
            self._sending.cancel()
        seconds = {"head": self.head_seconds, "body": self.body_seconds}.get(owed)
        self._sending = None if seconds is None else self.loop.call_later(seconds, self._hang_up)

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()
