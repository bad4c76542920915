"""A real server on loopback, in a thread of the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp

from stemma.web.connections import Impatient
from stemma.web.server import config_of, listen


@contextmanager
def serving(app: ASGIApp, protocol: type[Impatient] = Impatient, port: int = 0) -> Iterator[httpx.Client]:
    """A client of a server that ends with the block."""
    listener = listen("127.0.0.1", port)
    server = uvicorn.Server(config_of(app, protocol=protocol))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        assert server.started, "the server did not start"
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
