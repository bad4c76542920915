"""Scan with an uploaded fingerprint."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, HTTPException, Request, Response, UploadFile

from stemma.catalog import Catalog
from stemma.errors import InputError, LimitExceeded
from stemma.usecases.browse.drafts import MOST_DECLARED, Declaration, declarations, draft
from stemma.usecases.browse.scanning import scan_upload
from stemma.usecases.lineage.shelf import Shelf
from stemma.usecases.registry import now
from stemma.usecases.settings import Work
from stemma.web.access import require_own_form
from stemma.web.pages.scan import scan_page
from stemma.web.respond import HTML, tagged
from stemma.web.state import State, state_of

router = APIRouter(include_in_schema=False)
MAX_UPLOAD = 32 << 20
AT_ONCE = 2
_free = threading.BoundedSemaphore(AT_ONCE)


@router.get("/scan")
def form(request: Request) -> Response:
    """The form."""
    return tagged(request, scan_page(state_of(request).settings.catalog is not None))


@router.post("/scan")
def scan(request: Request, file: Annotated[UploadFile, File()]) -> Response:
    """What the catalog holds of kin to the upload."""
    catalog = state_of(request).settings.catalog
    require_own_form(request, "", None)
    if catalog is None:
        raise HTTPException(404, "This server has no catalog to scan against.")
    if not _free.acquire(blocking=False):
        raise HTTPException(503, "Others are scanning: try again in a minute.")
    upload = file.file.read(MAX_UPLOAD + 1)
    try:
        found = scan_upload(upload, catalog)
        offered = _offered(state_of(request), catalog, found, upload)
    except (InputError, LimitExceeded) as error:
        return Response(scan_page(True, None, str(error)), 422, {"Cache-Control": "no-store"}, HTML)
    finally:
        _free.release()
    visitor = state_of(request).doorkeeper.by_cookie(request)
    writer = visitor if visitor is not None and visitor.token.writes else None
    shown = scan_page(True, found, declared=offered, writer=writer)
    return Response(shown, 200, {"Cache-Control": "no-store"}, HTML)


@router.post("/scan/draft")
def declare(
    request: Request,
    name: Annotated[str, Form(max_length=128)],
    version: Annotated[str, Form(max_length=128)] = "1.0.0",
    relation: Annotated[list[str], Form(max_length=MOST_DECLARED)] = [],  # noqa: B006 it does not change
) -> Response:
    """A draft record that declares what was chosen; nothing is kept here."""
    require_own_form(request, "", None)
    record, text = draft(name.strip(), version.strip(), relation)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f"attachment; filename={record.name}-draft.yaml"}
    return Response(text, 200, headers, "application/yaml")


def _offered(state: State, catalog: Path, found: dict[str, Any], upload: bytes) -> tuple[Declaration, ...]:
    with state.holding.use() as registry:
        shelf = Shelf(registry, Catalog(catalog), {}, Work(network=state.services.network), network=False)
        return declarations(found, upload, shelf.subject_of, now()[:10])
