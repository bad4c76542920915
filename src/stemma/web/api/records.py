"""Records by words, versions of one, and one with all it inherits."""

from __future__ import annotations

import json

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import TypeAdapter

from stemma.client.shapes import FieldEntry, RecordDetail, RecordLine, RecordList, VersionEntry
from stemma.publish.record import record_json
from stemma.registry import Found, Query
from stemma.usecases.browse.records import ShownRecord, history
from stemma.web.addresses import with_query
from stemma.web.api.answers import said
from stemma.web.api.parameters import Limit, Name, Offset, Word, problems
from stemma.web.records import shown_record
from stemma.web.state import state_of

router = APIRouter(tags=["records"])
_Versions = tuple[VersionEntry, ...]
_VERSIONS = TypeAdapter(_Versions)


@router.get("/records", response_model=RecordList, responses=problems(), operation_id="records")
def search(
    request: Request,
    q: Word = "",
    type: Word = "",  # noqa: A002 what the API calls it
    licence: Word = "",
    risk: Word = "",
    offset: Offset = 0,
    limit: Limit = 20,
) -> Response:
    """Records by the beginnings of words, and by type, licence and risk: the newest usable version of each name."""
    with state_of(request).holding.look() as registry:
        found = registry.search.find(Query(q, type, licence, risk), offset=offset, limit=limit)
    asked: dict[str, str | int] = {"q": q, "type": type, "licence": licence, "risk": risk, "limit": limit}
    more = offset + limit < found.total and offset + limit <= 10_000
    following = with_query("/api/v1/records", **asked, offset=offset + limit) if more else ""
    return said(request, RecordList(tuple(map(_line, found.found)), found.total, found.complete, following))


@router.get(
    "/records/{name}", response_model=tuple[VersionEntry, ...], responses=problems(404), operation_id="versions"
)
def versions(request: Request, name: Name) -> Response:
    """The versions of a record, newest first, with what each asks of the version."""
    with state_of(request).holding.look() as registry:
        lines = history(name, sorted(registry.records.versions(name), reverse=True), registry)
    if not lines:
        raise HTTPException(404, "There is no record of that name.")
    told = tuple(VersionEntry(e.key, e.key.partition("@")[2], e.state, e.before, e.bump) for e in lines)
    return said(request, told, _VERSIONS)


@router.get(
    "/records/{name}/{version}", response_model=RecordDetail, responses=problems(404, 409), operation_id="record"
)
def one(request: Request, name: Name, version: Name) -> Response:
    """One version of a record with all it inherits, and for every value where it is written."""
    return said(request, _detail(shown_record(request, name, version)))


def _line(found: Found) -> RecordLine:
    facts = found.facts
    return RecordLine(
        found.key,
        found.name,
        found.version,
        found.versions,
        str(facts.type),
        facts.state,
        facts.title,
        facts.publisher,
        facts.licenses,
    )


def _detail(shown: ShownRecord) -> RecordDetail:
    resolved = shown.view.resolved
    fields = tuple(
        FieldEntry(f.path, f.value, f.unset, f.origin.record, f.origin.line, f.origin.record != resolved.key)
        for f in shown.fields
    )
    record = resolved.record
    return RecordDetail(
        resolved.key,
        record.title,
        str(record.type),
        record.status.state,
        str(record.digest),
        resolved.order,
        fields,
        shown.downstream,
        tuple(alert.id for alert in shown.alerts),
        json.loads(record_json(shown.view)),
    )
