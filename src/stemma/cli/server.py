"""``--server``: ask a server in place of a registry at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from stemma.cli.parser import Option
from stemma.errors import InputError

if TYPE_CHECKING:
    from stemma.client import Client

TOKEN = "STEMMA_TOKEN"
ServerOption = Annotated[
    str | None,
    Option("--server", metavar="URL", help=f"Ask the server at this address, with the token of ${TOKEN}."),
]


@contextmanager
def asking(address: str, *, registry: str | None = None) -> Iterator[Client]:
    """A client of a server; raises InputError where that is no address, or the token would be sent in the clear."""
    from stemma.client import Client

    if registry is not None:
        raise InputError("Got both a registry and a server.", advice="Name one: --registry or --server.")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise InputError(f"Got the server {address[:200]!r}.", advice="Give an address: https://models.example.org")
    token = os.environ.get(TOKEN, "").strip()
    if token and parts.scheme == "http" and not _here(host):
        raise InputError(f"The token of ${TOKEN} is sent over https alone.", advice="Give an https address.")
    with Client(address.rstrip("/"), token=token) as client:
        yield client


def _here(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
