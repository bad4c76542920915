"""What the ids of advisories, of ATLAS techniques and of AVID reports look like, and the names of repositories."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_LOCAL = re.compile(r"x_[A-Za-z0-9][A-Za-z0-9._:-]{0,125}", re.ASCII)
_ATLAS = re.compile(r"AML\.(?:TA|T|M|CS)[0-9]{4}(?:\.[0-9]{3})?", re.ASCII)
_AVID = re.compile(r"AVID-[0-9]{4}-[RV]?[0-9]{3,6}", re.ASCII)
_OWNER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,95}){0,2}", re.ASCII)


def id_problem(text: str) -> str | None:
    """What was expected in place of the id of an advisory; None where it is well formed."""
    if _LOCAL.fullmatch(text):
        return None
    known = any(text.startswith(f"{prefix}-") for prefix in _table()["prefixes"])
    if known and _SAFE.fullmatch(text):
        return None
    return (
        "an id of a database that OSV knows, such as OSV-2026-1, or one that begins with x_, such as x_ACME-2026-0001"
    )


def atlas_problem(text: str) -> str | None:
    """What was expected in place of an id of MITRE ATLAS."""
    return None if _ATLAS.fullmatch(text) else "an id of MITRE ATLAS such as AML.T0010"


def avid_problem(text: str) -> str | None:
    """What was expected in place of an id of the AI Vulnerability Database."""
    return None if _AVID.fullmatch(text) else "an id of AVID such as AVID-2023-V001 or AVID-2022-R0001"


def repository_of(address: str) -> str:
    """``https://huggingface.co/org/name`` as ``huggingface:org/name``; other addresses as they are."""
    try:
        parts = urlsplit(address)
    except ValueError:  # such as an IPv6 address that is cut short
        return address
    hub = _table()["hosts"].get((parts.hostname or "").lower())
    path = parts.path.strip("/").removesuffix(".git").removeprefix("models/")
    return f"{hub}:{path}" if hub and _OWNER_NAME.fullmatch(path) else address


def repository_of_purl(purl: str) -> str:
    """``pkg:huggingface/org/name@commit`` as ``huggingface:org/name``; empty where it is no hub's."""
    kind, _, rest = purl.removeprefix("pkg:").partition("/")
    name = rest.partition("@")[0].partition("?")[0].partition("#")[0]
    known = kind.lower() in _table()["hosts"].values() and _OWNER_NAME.fullmatch(name)
    return f"{kind.lower()}:{name}" if known else ""


@cache
def _table() -> dict[str, Any]:
    path = files("stemma.advisories") / "data" / "identifiers.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
