"""Scan with an uploaded fingerprint."""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import APIRouter, File, HTTPException, Request, Response, UploadFile

from stemma.errors import InputError, LimitExceeded
from stemma.usecases.browse.scanning import scan_upload
from stemma.web.access import require_own_form
from stemma.web.pages.scan import scan_page
from stemma.web.respond import HTML, tagged
from stemma.web.state import state_of

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
    try:
        found = scan_upload(file.file.read(MAX_UPLOAD + 1), catalog)
    except (InputError, LimitExceeded) as error:
        return Response(scan_page(True, None, str(error)), 422, {"Cache-Control": "no-store"}, HTML)
    finally:
        _free.release()
    return Response(scan_page(True, found), 200, {"Cache-Control": "no-store"}, HTML)
