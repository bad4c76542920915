"""Parameters that several questions share, with their bounds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

Word = Annotated[str, Query(max_length=200)]
Key = Annotated[str, Query(min_length=1, max_length=300, description="NAME@VERSION, or model:REFERENCE.")]
Offset = Annotated[int, Query(ge=0, le=10_000)]
Limit = Annotated[int, Query(ge=1, le=100)]
Name = Annotated[str, Path(min_length=1, max_length=128)]
Identity = Annotated[str, Path(min_length=1, max_length=200)]

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "advice": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an operation may answer where it fails."""
    words = {
        304: "Nothing has changed.",
        401: "A token is missing, or is none of ours.",
        403: "The token does not allow this.",
        404: "There is no such thing.",
        409: "What is there, or what records say, contradicts this.",
        412: "What is there is not what If-Match or If-None-Match asks for.",
        413: "The document is too large.",
        422: "A parameter breaks its rules.",
        429: "Too many requests.",
        503: "The registry does not answer in time.",
    }
    content = {"application/problem+json": {"schema": _PROBLEM}}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": words[status], "content": content} for status in (*statuses, 422, 429, 503)
    }
    return found | {304: {"description": words[304]}}
