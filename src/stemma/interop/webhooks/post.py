"""One POST to a webhook: to an address that was checked, without redirects, within bounds of time and size.

A proxy is not used even where the environment names one: it would look the name up again, past the check. Of the answer
nothing but the status and ``Retry-After`` is read.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from stemma.errors import LimitExceeded, SourceError
from stemma.immutable import immutable
from stemma.interop.webhooks.addresses import Lookup, Target, addresses_of, look_up, target_of
from stemma.weights.http_waits import asked_wait

MAX_BODY = 256_000


@immutable
class Bounds:
    """Seconds without a sign of life, and seconds in all; the look-up of the name, by the system, comes before."""

    silence: float = 10.0
    whole: float = 20.0


@immutable
class Answer:
    """What the receiver said. ``wait`` is how long it asks to be left alone, in seconds."""

    status: int
    wait: float | None = None


class Poster:
    """Sends bodies to webhooks.

    Args:
        allow_internal: also to addresses inside, and over plain http.
        bounds: of time.
        lookup: who knows the addresses of hosts.
        context: what certificates are trusted; default: those of the system.
    """

    def __init__(
        self,
        *,
        allow_internal: bool = False,
        bounds: Bounds | None = None,
        lookup: Lookup = look_up,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_internal, self._lookup = allow_internal, lookup
        self._bounds = bounds or Bounds()
        self._context = context

    def post(self, url: str, headers: Mapping[str, str], body: bytes, now: float) -> Answer:
        """Send one message; ``now`` is the present, in seconds since 1970.

        Raises:
            BadReference: the URL cannot be used.
            ForbiddenAddress: it leads inside.
            SourceError: nobody answered in time, or not in HTTP.
            LimitExceeded: the body is too large.
        """
        if len(body) > MAX_BODY:
            raise LimitExceeded(f"Got a message of {len(body)} bytes, expected at most {MAX_BODY}.")
        target = target_of(url)
        addresses = addresses_of(target, allow_internal=self._allow_internal, lookup=self._lookup)
        connection = _Pinned(target, addresses, self._bounds.silence, self._secure(target))
        watch = threading.Timer(self._bounds.whole, connection.cut)
        watch.daemon = True
        watch.start()
        try:
            told = {"User-Agent": "stemma", "Content-Type": "application/json", "Connection": "close", **headers}
            connection.request("POST", target.path, body, {"Host": target.authority, **told})
            response = connection.getresponse()
            return Answer(response.status, asked_wait({"Retry-After": response.headers.get("Retry-After", "")}, now))
        except (OSError, http.client.HTTPException) as error:
            late = " in time" if connection.was_cut or isinstance(error, TimeoutError) else ""
            reason = "" if late else f" ({str(error)[:200] or type(error).__name__})"
            raise SourceError(f"{target.shown} did not answer{late}{reason}.", advice="It is tried again.") from error
        finally:
            watch.cancel()
            connection.close()

    def _secure(self, target: Target) -> ssl.SSLContext | None:
        if not target.secure:
            return None
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context


class _Pinned(http.client.HTTPConnection):
    """A connection to one of the given addresses, whatever the host's name leads to by now."""

    def __init__(
        self, target: Target, addresses: Sequence[str], silence: float, context: ssl.SSLContext | None
    ) -> None:
        super().__init__(target.host, target.port, timeout=silence)
        self._addresses, self._silence, self._context = addresses, silence, context
        self.was_cut = False

    def connect(self) -> None:
        """Connect to the first address that answers."""
        trouble: OSError = OSError("no address")
        for address in self._addresses:
            if self.was_cut:
                break
            try:
                plain = socket.create_connection((address, self.port), self._silence)
            except OSError as error:
                trouble = error
                continue
            self.sock = plain
            if self._context is not None:
                self.sock = self._context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
                self.sock.do_handshake()
            return
        raise trouble

    def cut(self) -> None:
        """Time is up: end whatever is going on. Called by another thread."""
        self.was_cut = True
        held = self.sock
        if held is not None:
            with suppress(OSError):  # it may have ended by itself
                socket.socket.shutdown(held, socket.SHUT_RDWR)
