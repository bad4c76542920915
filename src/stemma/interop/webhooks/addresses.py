"""Where a webhook may lead: to no address inside, unless that is allowed.

The name is looked up once; if any of its addresses is internal (loopback, private, link-local, a cloud's metadata
service), it is refused, and the connection goes to an address that was looked at. A name that answers differently a
moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from stemma.errors import BadReference, ForbiddenAddress, SourceError
from stemma.immutable import immutable
from stemma.weights.http_hosts import is_private_address

MAX_URL = 2_000
Lookup = Callable[[str, int], Sequence[str]]
"""IP addresses of a host as text, by name and port; raises OSError where there are none."""


@immutable
class Target:
    """A parsed URL. ``path`` holds the query as well."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def shown(self) -> str:
        """The host as it may stand in messages: paths of webhooks are often secret."""
        return f"{self.host}:{self.port}"

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Take a URL apart.

    Raises:
        BadReference: it is no http(s) address, or holds credentials, control characters or a fragment.
    """
    problem = "" if len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url else "its characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadReference("Got a webhook that is no address.", advice=_ADVICE) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem = problem or "its scheme or host"
    elif parts.username is not None or parts.password is not None:
        problem = problem or "credentials in it"
    elif parts.fragment:
        problem = problem or "a fragment"
    if problem or port == 0:
        raise BadReference(f"Got a webhook with {problem or 'port 0'} that cannot be used.", advice=_ADVICE)
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, str(parts.hostname), port or (443 if secure else 80), path)


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def addresses_of(target: Target, *, allow_internal: bool, lookup: Lookup = look_up) -> Sequence[str]:
    """The addresses that may be connected to, in order.

    Raises:
        ForbiddenAddress: one of them is internal, or the way there is not encrypted, and neither is allowed.
        SourceError: the host has none.
    """
    if not target.secure and not allow_internal:
        raise ForbiddenAddress(f"{target.shown} is asked for over plain http.", advice="Use https.")
    try:
        found = lookup(target.host, target.port)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"{target.shown} has no address ({error}).", advice="Check the webhook.") from error
    if not found:
        raise SourceError(f"{target.shown} has no address.", advice="Check the webhook.")
    if not allow_internal and any(is_private_address(address) for address in found):
        raise ForbiddenAddress(
            f"{target.shown} leads to an internal address; that is refused.",
            advice="Allow it with --allow-internal where that is meant.",
        )
    return found


_ADVICE = "Write https://HOST/PATH, at most 2000 ASCII characters, without a user, a password or a fragment."
