"""Where everything is."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from stemma.lineage import is_held
from stemma.registry import Alert


def record(key: str) -> str | None:
    """The page of ``name@version``; None for what is no version of a record."""
    if not is_held(key):
        return None
    name, _, version = key.partition("@")
    return f"/records/{quote(name, safe='')}/{quote(version, safe='')}"


def beside(key: str) -> str | None:
    """The same as seen from another record's page, for pictures, whose links are relative."""
    found = record(key)
    return found.replace("/records/", "../", 1) if found else None


def advisory(identity: str) -> str:
    """The page of an advisory."""
    return f"/advisories/{quote(identity, safe='')}"


def alert(of: Alert) -> str:
    """The page of an alert."""
    return f"/alerts/{quote(of.id, safe='')}"


def pair(a: str, b: str) -> str:
    """The page of the ruling over two subjects."""
    return with_query("/pair", a=a, b=b)


def with_query(path: str, **values: str | int) -> str:
    """A path with what is set of a query."""
    return f"{path}?{query}" if (query := urlencode({k: v for k, v in values.items() if v not in ("", 0)})) else path
