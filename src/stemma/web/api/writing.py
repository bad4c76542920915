"""Writing records and advisories: whole documents as they are written, by a token in the header."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from stemma.client.report_shapes import Receipt
from stemma.usecases.browse.records import find_record
from stemma.usecases.browse.writing import Written, put_advisory, put_record, tag_of
from stemma.usecases.registry import now
from stemma.web.access import Visitor, require_bearer, require_cover
from stemma.web.api.parameters import Identity, Name, problems
from stemma.web.state import State, state_of

router = APIRouter(tags=["writing"])
MAX_DOCUMENT = 1 << 20
"""Bytes of a record or an advisory that is sent."""
SECURED: dict[str, Any] = {"security": [{"token": []}]}
Tags = Annotated[str, Header(max_length=1000)]
_WRITES = problems(401, 403, 409, 412, 413)


def _body(media: str) -> dict[str, Any]:
    content = {media: {"schema": {"type": "string" if media != "application/json" else "object"}}}
    return {**SECURED, "requestBody": {"required": True, "content": content}}


@router.get(
    "/records/{name}/{version}/text",
    response_class=Response,
    responses={**problems(404), 200: {"content": {"application/yaml": {"schema": {"type": "string"}}}}},
    operation_id="record_text",
)
def text(request: Request, name: Name, version: Name) -> Response:
    """One version of a record as it was written. Its ETag is what If-Match takes to replace it."""
    with state_of(request).holding.look() as registry:
        record = find_record(name, version, registry)
        if record is None:
            raise HTTPException(404, "There is no such version of a record.")
        written = registry.records.text(record.name, record.version)
    headers = {"ETag": f'"{tag_of(written)}"', "Cache-Control": "no-cache"}
    if headers["ETag"] in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(written, 200, headers, "application/yaml")


@router.put(
    "/records/{name}/{version}/text",
    response_model=Receipt,
    responses={**_WRITES, 201: {"model": Receipt, "description": "It is new."}},
    operation_id="put_record",
    openapi_extra=_body("application/yaml"),
)
async def write_record(
    request: Request, name: Name, version: Name, if_match: Tags = "", if_none_match: Tags = ""
) -> Response:
    """Publish a version of a record. What is published is not changed, unless If-Match names the ETag of what is there;
    a change of substance is a version of its own. With `If-None-Match: *` it is written only where nothing is there."""
    visitor = require_bearer(state_of(request).doorkeeper.visitor(request))
    require_cover(visitor, name)
    written = _decoded(await request.body())
    if if_none_match not in ("", "*"):
        raise HTTPException(422, "Of If-None-Match only * is taken here.")
    expected = tuple(each.strip('"') for each in _tags(if_match)) or None
    return await run_in_threadpool(
        _put_record, state_of(request), visitor, written, (name, version), expected, if_none_match
    )


def _put_record(
    state: State, visitor: Visitor, text: str, place: tuple[str, str], expected: tuple[str, ...] | None, none: str
) -> Response:
    with state.holding.use() as registry, registry.transaction():
        if none and find_record(*place, registry) is not None:
            raise HTTPException(412, f"{place[0]}@{place[1]} is there already.")
        return _receipt(put_record(text, place, registry, visitor.token, now(), expected))


@router.put(
    "/advisories/{identity}",
    response_model=Receipt,
    responses={**_WRITES, 201: {"model": Receipt, "description": "It is new."}},
    operation_id="put_advisory",
    openapi_extra=_body("application/json"),
)
async def write_advisory(request: Request, identity: Identity) -> Response:
    """Publish an advisory in the shape of OSV, or a later version of one. The token has to cover every record that it
    names; one that is recognised by digests or repositories takes a token for everything. Alerts are raised with it."""
    visitor = require_bearer(state_of(request).doorkeeper.visitor(request))
    written = _decoded(await request.body())
    return await run_in_threadpool(_put_advisory, state_of(request), visitor, written, identity)


def _put_advisory(state: State, visitor: Visitor, text: str, identity: str) -> Response:
    with state.holding.use() as registry:
        return _receipt(put_advisory(text, identity, registry, visitor.token, now()))


def _receipt(written: Written) -> Response:
    receipt = {
        "key": written.key,
        "tag": written.tag,
        "created": written.created,
        "alerts_told": written.raised.told,
        "alerts_over": written.raised.resolved,
    }
    headers = {"Cache-Control": "no-store", "ETag": f'"{written.tag}"'}
    return JSONResponse(receipt, 201 if written.created else 200, headers)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise HTTPException(422, "The document is not in UTF-8.") from None


def _tags(given: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in given.split(",") if each.strip())
