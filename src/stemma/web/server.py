"""Run the application: one process, which ends when it is told to, after what it is answering."""

from __future__ import annotations

import json
import logging
import socket
import sys
from datetime import UTC, datetime

import uvicorn
from starlette.types import ASGIApp

from stemma.errors import StemmaError
from stemma.publish.figures import visible
from stemma.web.connections import Impatient

GRACE_SECONDS = 20
IDLE_SECONDS = 5
MAX_CONNECTIONS = 500
SWITCH_SECONDS = 0.0005
"""How long a thread computes before others have their turn: a page asks dozens of short questions of a database, and
after each would wait ten times as long as the answer takes for a thread that computes."""


class JsonLines(logging.Formatter):
    """One line of JSON for each entry; what a request said cannot break out of its field."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"at": moment, "level": record.levelname.lower(), "event": visible(record.getMessage())}
        told |= getattr(record, "fields", {})
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=True, default=str)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises StemmaError where the place is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        found = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise StemmaError(
            f"{host} port {port} cannot be listened at: {getattr(error, 'strerror', None) or error}.",
            advice="Choose others with --host and --port.",
        ) from error
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer's second part waits 40 ms for an echo
    return found


def serve(app: ASGIApp, listener: socket.socket, *, behind_proxy: bool = False) -> None:
    """Answer until a signal says to stop; what is being answered then is finished first."""
    sys.setswitchinterval(SWITCH_SECONDS)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("stemma.web", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO if name == "stemma.web" else logging.WARNING)
    uvicorn.Server(config_of(app, behind_proxy=behind_proxy)).run(sockets=[listener])


def config_of(app: ASGIApp, *, behind_proxy: bool = False, protocol: type[Impatient] = Impatient) -> uvicorn.Config:
    """How connections are served."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        proxy_headers=behind_proxy,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=16 * 1024,
        http=protocol,
        ws="none",
    )
