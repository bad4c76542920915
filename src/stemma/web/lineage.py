"""The lineage explorer, and its picture as a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from stemma.errors import ModelNotFound
from stemma.publish.graph import Graph, svg_document
from stemma.registry import Registry
from stemma.usecases.browse.graph import MAX_DEPTH, Seen, around, find, opened_out, picture, ways
from stemma.web import addresses
from stemma.web.api.parameters import Word
from stemma.web.pages.lineage import MOST_DRAWN, lineage_page
from stemma.web.respond import HTML, tagged
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False)
Depth = Annotated[int, Query(ge=0, le=MAX_DEPTH)]
Open = Annotated[str, Query(max_length=3000)]
MOST_OPEN = 40


@router.get("/lineage")
def explorer(
    request: Request,
    root: Word = "",
    up: Depth = 1,
    down: Depth = 1,
    open: Open = "",  # noqa: A002 what the address calls it
    start: Annotated[str, Query(alias="from", max_length=300)] = "",
    to: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """What lies around a record."""
    if not root:
        return tagged(request, lineage_page(None, None, root="", up=up, down=down, ends=("", ""), ways=()))
    with state_of(request).holding.look() as registry:
        try:
            seen = _seen(root, up, down, open, registry)
            found = ways(find(start, registry), find(to, registry), registry) if start and to else ()
        except ModelNotFound as error:
            page = lineage_page(None, None, root=root, up=up, down=down, ends=("", ""), ways=(), said=error.message)
            return Response(page, 404, {"Cache-Control": "no-store"}, HTML)
    drawn = _drawn(seen) if len(seen.nodes) <= MOST_DRAWN else None
    return tagged(request, lineage_page(seen, drawn, root=root, up=up, down=down, ends=(start, to), ways=found))


@router.get("/lineage.svg")
def as_svg(
    request: Request,
    root: Annotated[str, Query(min_length=1, max_length=300)],
    up: Depth = 1,
    down: Depth = 1,
    open: Open = "",  # noqa: A002
) -> Response:
    """The picture as a file."""
    with state_of(request).holding.look() as registry:
        seen = _seen(root, up, down, open, registry, limit=300)
    return tagged(request, svg_document(_drawn(seen, links=False)), "image/svg+xml", name="lineage.svg")


def _seen(root: str, up: int, down: int, opened: str, registry: Registry, limit: int = 500) -> Seen:
    key = find(root, registry)
    seen = around(key, registry, up=up, down=down, limit=limit)
    return opened_out(seen, opened.split()[:MOST_OPEN], registry, limit=limit)


def _drawn(seen: Seen, *, links: bool = True) -> Graph:
    found = {node.key: addresses.record(node.key) for node in seen.nodes} if links else {}
    return picture(seen, {key: link.removeprefix("/") for key, link in found.items() if link})
