"""Pairs: the rulings that are kept over two subjects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from stemma.web.api.parameters import Key
from stemma.web.pages.pair import pair_page
from stemma.web.respond import tagged
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False)


@router.get("/pair")
def pair(request: Request, a: Key, b: Key, ruling: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The newest ruling over two subjects, or the one that is named."""
    with state_of(request).holding.look() as registry:
        found = [edge for edge in registry.graph.measured([a]) if {edge.a, edge.b} == {a, b}]
    found.sort(key=lambda edge: edge.date, reverse=True)
    chosen = next((edge for edge in found if ruling in ("", edge.id)), None)
    if chosen is None:
        raise HTTPException(404, "No ruling is kept over these two.")
    return tagged(request, pair_page(found, chosen))
