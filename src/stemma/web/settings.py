"""What can be set of a server, and what it is handed: the time and randomness."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path

from stemma.immutable import immutable
from stemma.interop.network import Network
from stemma.interop.oidc import OidcSettings

KIB = 1024


@immutable
class WebSettings:
    """How a server behaves.

    Args:
        registry: a directory, or the URL or file of a database; None: as the environment says.
        title: the name of this place, on every page.
        max_body: bytes of a request at most, where a route takes no more.
        seconds: how long a request may take before it is answered with 503.
        refresh_seconds: how often a directory is looked at for changes made by others.
        rate: requests a second that one client may make in the long run; 0: no bound.
        burst: how many it may make at once.
        closed: reading, too, takes a token.
        tokens: the file of tokens; None: as the environment says.
        catalog: what uploads are scanned against; None: nothing is.
        hub_secret: what the hub sends with its webhooks; "": none are taken.
        oidc: the provider to sign in with; None: with a token alone.
        secure_cookies: cookies are sent over TLS alone; to be set wherever TLS is in front.
    """

    registry: str | None = None
    title: str = "Model records"
    max_body: int = 64 * KIB
    seconds: float = 30.0
    refresh_seconds: float = 2.0
    rate: float = 50.0
    burst: int = 200
    secure_cookies: bool = False
    closed: bool = False
    tokens: Path | None = None
    catalog: Path | None = None
    hub_secret: str = field(default="", repr=False)
    oidc: OidcSettings | None = None


@immutable
class Services:
    """What a server takes from the world: the present moment, names for requests, and the way to hubs."""

    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    request_id: Callable[[], str] = field(default=lambda: secrets.token_hex(8))
    network: Network = field(default_factory=Network)
