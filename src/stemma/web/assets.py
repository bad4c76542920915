"""Style sheet, scripts and picture of the pages: a fixed set of files, each under its own digest, kept for good."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, HTTPException, Response

from stemma.web.pages.style import WEB_CSS

router = APIRouter(include_in_schema=False)
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


@cache
def contents() -> dict[str, bytes]:
    """Every file by name."""
    found = {"stemma.css": WEB_CSS.encode()}
    for file in (files("stemma.web") / "static").iterdir():
        if file.name.rpartition(".")[2] in _KINDS:
            found[file.name] = file.read_bytes()
    return found


@cache
def address(name: str) -> str:
    """Where a page finds a file."""
    return f"/static/{hashlib.sha256(contents()[name]).hexdigest()[:16]}/{name}"


@router.get("/static/{digest}/{name}")
def static(digest: str, name: str) -> Response:
    """One file; an old digest leads nowhere, so that no cache holds a new file under it."""
    if name not in contents() or address(name) != f"/static/{digest}/{name}":
        raise HTTPException(404, "There is no such file.")
    return Response(contents()[name], media_type=_KINDS[name.rpartition(".")[2]], headers={"Cache-Control": _FOREVER})
