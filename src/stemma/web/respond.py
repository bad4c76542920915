"""Answers that can be asked for again: with a tag over their content, and 304 where nothing changed."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from fastapi import Request, Response

HTML = "text/html; charset=utf-8"


def tagged(request: Request, content: str | bytes, media: str = HTML, *, name: str = "") -> Response:
    """The answer; ``name`` makes it a file to keep."""
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    tag = f'W/"{hashlib.sha256(media.encode() + data).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding, Cookie"}
    if name:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(data, 200, headers, media)


def _matches(given: str, tag: str) -> bool:
    return any(each.strip() in ("*", tag, tag[2:]) for each in given.split(",")) if given else False
