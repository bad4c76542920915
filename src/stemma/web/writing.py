"""Records and advisories written on a page: looked at first, then published by the same rules as over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from starlette.responses import RedirectResponse

from stemma.errors import AccessDenied, InputError, InvalidRecord, LimitExceeded, Problem
from stemma.registry import Registry
from stemma.usecases.browse.drafts import MOST_DECLARED, draft
from stemma.usecases.browse.proposing import Proposal, look_at_record, publish_record
from stemma.usecases.registry import now
from stemma.web import addresses
from stemma.web.access import Visitor, require_known, require_own_form
from stemma.web.api.writing import MAX_DOCUMENT
from stemma.web.pages.write_record import record_form_page, write_page
from stemma.web.respond import HTML
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False, prefix="/write")
Proof = Annotated[str, Form(max_length=200)]
Asked = Literal["check", "publish"]
PRIVATE = {"Cache-Control": "no-store"}


@router.get("")
def choice(request: Request) -> Response:
    """What can be written here."""
    return private(write_page(state_of(request).doorkeeper.visitor(request)))


@router.get("/record")
def empty_record(request: Request) -> Response:
    """The form for a record."""
    return empty(request, lambda visitor: record_form_page(visitor, Proposal("", None)))


@router.post("/record")
def record(
    request: Request,
    proof: Proof = "",
    text: Annotated[str, Form(max_length=MAX_DOCUMENT)] = "",
    asked: Annotated[Asked, Form()] = "check",
    replacing: Annotated[str, Form(max_length=64)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Look at a record, or publish it."""
    writer = writer_of(request, proof)
    try:
        written = _uploaded(file) if file is not None and file.filename else _lines(text)
    except InputError as error:
        return private(record_form_page(writer, Proposal(_lines(text), None), told(error)), 422)
    if asked == "publish":
        return _published(request, writer, written, replacing)
    with state_of(request).holding.look() as registry:
        return _looked_at(registry, writer, written)


@router.post("/draft")
def from_draft(
    request: Request,
    name: Annotated[str, Form(max_length=128)],
    proof: Proof = "",
    version: Annotated[str, Form(max_length=128)] = "1.0.0",
    relation: Annotated[list[str], Form(max_length=MOST_DECLARED)] = [],  # noqa: B006 it does not change
) -> Response:
    """The form for a record, with a draft in it that declares what a scan found; nothing is kept yet."""
    writer = writer_of(request, proof)
    _, text = draft(name.strip(), version.strip(), relation)
    with state_of(request).holding.look() as registry:
        return _looked_at(registry, writer, text)


def empty(request: Request, form_of: Callable[[Visitor], str]) -> Response:
    """A form with nothing in it for somebody whose token writes; for others, what writing takes."""
    visitor = state_of(request).doorkeeper.visitor(request)
    if visitor is None or not visitor.token.writes:
        return private(write_page(visitor))
    return private(form_of(visitor))


def writer_of(request: Request, proof: str) -> Visitor:
    """Somebody whose token writes, on a form of ours; raises HTTPException."""
    visitor = state_of(request).doorkeeper.visitor(request)
    require_own_form(request, proof, visitor)
    return require_known(visitor)


def private(page: str, status: int = 200) -> Response:
    """A page for one visitor."""
    return Response(page, status, PRIVATE, HTML)


def told(error: InputError | LimitExceeded) -> tuple[Problem, ...]:
    """An error as something that is wrong with what was written."""
    return (Problem("", 0, 0, error.message, error.advice),)


def _published(request: Request, writer: Visitor, text: str, replacing: str) -> Response:
    with state_of(request).holding.use() as registry:
        try:
            written = publish_record(text, registry, writer.token, now(), replacing)
        except (InputError, LimitExceeded) as error:
            return _looked_at(registry, writer, text, () if isinstance(error, InvalidRecord) else told(error))
    return RedirectResponse(addresses.record(written.key) or "/", 303, PRIVATE)


def _looked_at(registry: Registry, writer: Visitor, text: str, refused: tuple[Problem, ...] = ()) -> Response:
    try:
        proposal = look_at_record(text, registry, writer.token)
    except AccessDenied as error:
        return private(record_form_page(writer, Proposal(text, None), told(error)), 403)
    wrong = bool(refused or proposal.problems)
    return private(record_form_page(writer, proposal, refused), 422 if wrong else 200)


def _uploaded(file: UploadFile) -> str:
    data = file.file.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise InputError(f"Got a file of more than {MAX_DOCUMENT:,} bytes.", advice="A record is smaller.")
    try:
        return _lines(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError("Got a file that is not in UTF-8.", advice="A record is a text.") from None


def _lines(text: str) -> str:
    """As it was written: browsers send ends of lines in a way of their own."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
