"""Web addresses as strangers write them, taken apart without an exception on the way."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from stemma.identity.absence import Missing

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_HOST = 253


def split_address(text: str) -> SplitResult | Missing:
    """The parts of an http(s) address whose host and port can exist, or what is wrong with it."""
    if not text.isprintable():
        return Missing("it holds characters that cannot be printed")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as problem:
        return Missing(str(problem))
    if parts.scheme not in ("http", "https"):
        return Missing("its scheme is not http or https")
    if port == 0 or not _can_be_a_host(host):
        return Missing("its host or port cannot be one")
    return parts


def _can_be_a_host(host: str) -> bool:
    if ":" in host:
        try:
            return bool(ip_address(host.partition("%")[0]))
        except ValueError:
            return False
    try:
        coded = host.encode("idna").decode("ascii").lower().removesuffix(".")
        coded.encode("ascii").decode("idna")
    except UnicodeError:
        return False
    return 0 < len(coded) <= _LONGEST_HOST and all(_LABEL.fullmatch(label) for label in coded.split("."))
