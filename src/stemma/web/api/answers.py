"""Values as JSON, with a tag."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from pydantic import TypeAdapter

from stemma.web.respond import tagged

_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def said(request: Request, value: Any, adapter: TypeAdapter[Any] | None = None) -> Response:
    """A value of the shapes; what JSON has no number for was left out before."""
    used = adapter or _ADAPTERS.setdefault(type(value), TypeAdapter(type(value)))
    return tagged(request, used.dump_json(value), "application/json")
