"""Which provider is trusted, and whom it may vouch for: a file beside the server."""

from __future__ import annotations

import json
from dataclasses import field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stemma.errors import InputError
from stemma.immutable import immutable

SCHEMA = "stemma.oidc/1"
_KEYS = {"schema", "issuer", "client_id", "client_secret", "redirect", "scopes", "grants"}
_GRANT_KEYS = {"claim", "value", "namespaces", "writes"}
_MAX_BYTES = 1 << 20


@immutable
class Grant:
    """Whoever's ``claim`` is (or, where it is a list, holds) ``value`` gets these namespaces."""

    claim: str
    value: str
    namespaces: tuple[str, ...]
    writes: bool


@immutable
class OidcSettings:
    """A provider by its issuer, ourselves as its client, and what its people may do here."""

    issuer: str
    client_id: str
    redirect: str
    grants: tuple[Grant, ...]
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")


def read_settings(path: Path) -> OidcSettings:
    """The settings in a file; raises InputError where they cannot be used."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("it is too large")
        told = json.loads(path.read_text("utf-8"))
        return _settings(told)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{path} holds no settings for OpenID Connect: {reason}.", advice="See docs/web.md."
        ) from error


def require_safe(address: str) -> str:
    """An address that secrets may be sent to: https, or this machine; raises ValueError."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and _here(parts.hostname or "")):
        raise ValueError(f"got {address[:200]!r}, expected an https address")
    if not parts.hostname or parts.username or parts.fragment:
        raise ValueError(f"got {address[:200]!r}, expected an address of a host")
    return address


def _settings(told: dict[str, Any]) -> OidcSettings:
    if told["schema"] != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    if unknown := set(told) - _KEYS:
        raise ValueError(f"{sorted(unknown)[0]} is not known")
    grants = tuple(_grant(each) for each in told["grants"])
    scopes = tuple(map(str, told.get("scopes", ("openid", "email", "profile"))))
    if not grants or "openid" not in scopes:
        raise ValueError("it grants nothing, or does not ask for the scope openid")
    return OidcSettings(
        require_safe(str(told["issuer"])),
        str(told["client_id"]),
        require_safe(str(told["redirect"])),
        grants,
        str(told.get("client_secret", "")),
        scopes,
    )


def _grant(told: dict[str, Any]) -> Grant:
    if set(told) != _GRANT_KEYS or not told["namespaces"] or not isinstance(told["writes"], bool):
        raise ValueError(f"a grant has {', '.join(sorted(_GRANT_KEYS))}")
    return Grant(str(told["claim"]), str(told["value"]), tuple(map(str, told["namespaces"])), told["writes"])


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
