"""A small client of HTTP that costs little: the server it measures shares two cores with it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

PATIENCE = 60.0
HEADERS = "Host: benchmark\r\nAccept-Encoding: gzip\r\nAccept: text/html,*/*\r\n\r\n"


@dataclass
class Line:
    """One connection, kept open from request to request."""

    host: str
    port: int
    _reader: asyncio.StreamReader | None = field(default=None, repr=False)
    _writer: asyncio.StreamWriter | None = field(default=None, repr=False)

    async def get(self, path: str) -> tuple[int, int]:
        """Status and bytes of the body; a connection that the server closed meanwhile is opened again."""
        fresh = self._writer is None
        try:
            return await asyncio.wait_for(self._get(path), PATIENCE)
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.close()
            if fresh:
                raise
            return await asyncio.wait_for(self._get(path), PATIENCE)

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()
        self._reader = self._writer = None

    async def _get(self, path: str) -> tuple[int, int]:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        self._writer.write(f"GET {path} HTTP/1.1\r\n{HEADERS}".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        if "transfer-encoding: chunked" in head:
            return status, await self._chunks()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        await self._reader.readexactly(length)
        if "connection: close" in head:
            await self.close()
        return status, length

    async def _chunks(self) -> int:
        assert self._reader is not None
        total = 0
        while True:
            size = int(await self._reader.readline(), 16)
            await self._reader.readexactly(size + 2)
            if size == 0:
                return total
            total += size
