"""Advisories written on a page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from stemma.advisories import RiskKind, Severity, advisory_text
from stemma.errors import AccessDenied, InputError, InvalidAdvisory, LimitExceeded, Problem
from stemma.usecases.browse.notices import reaching
from stemma.usecases.browse.proposing import (
    MOST_AFFECTED,
    Notice,
    Warned,
    advisory_of,
    publish_advisory,
    require_new,
)
from stemma.usecases.registry import now
from stemma.web import addresses
from stemma.web.pages.write_advisory import Looked, advisory_form_page
from stemma.web.state import state_of
from stemma.web.writing import PRIVATE, Asked, Proof, empty, private, told, writer_of

router = APIRouter(include_in_schema=False)
Cells = Annotated[list[Annotated[str, Form(max_length=128)]], Form(max_length=MOST_AFFECTED)]


@router.get("/write/advisory")
def empty_advisory(request: Request) -> Response:
    """The form for an advisory."""
    return empty(request, lambda visitor: advisory_form_page(visitor, Notice()))


@router.post("/write/advisory")
def advisory(
    request: Request,
    proof: Proof = "",
    id: Annotated[str, Form(max_length=128)] = "",  # noqa: A002 what the form calls it
    summary: Annotated[str, Form(max_length=2_000)] = "",
    details: Annotated[str, Form(max_length=20_000)] = "",
    severity: Annotated[Severity, Form()] = Severity.UNKNOWN,
    risk: Annotated[list[RiskKind], Form(max_length=len(RiskKind))] = [],  # noqa: B006 it does not change
    record: Cells = [],  # noqa: B006
    introduced: Cells = [],  # noqa: B006
    fixed: Cells = [],  # noqa: B006
    references: Annotated[str, Form(max_length=8_000)] = "",
    asked: Annotated[Asked, Form()] = "check",
) -> Response:
    """Look at an advisory, or publish it."""
    writer = writer_of(request, proof)
    if not len(record) == len(introduced) == len(fixed):
        raise InputError("Got rows of affected records that do not fit together.", advice="Load the page again.")
    rows = (tuple(each.strip() for each in row) for row in zip(record, introduced, fixed, strict=True))
    affected = tuple(Warned(*row) for row in rows if any(row))
    texts = (id.strip(), summary.strip(), "\n".join(details.splitlines()).strip())
    notice = Notice(*texts, severity, tuple(risk), affected, tuple(references.split()))
    state = state_of(request)
    try:
        made = advisory_of(notice, state.services.clock())
        if asked == "publish":
            with state.holding.use() as registry:
                publish_advisory(made, registry, writer.token, now())
            return RedirectResponse(addresses.advisory(made.id), 303, PRIVATE)
        with state.holding.look() as registry:
            require_new(made, registry, writer.token)
            reached = reaching(made, registry)
    except (InputError, LimitExceeded) as error:
        status = 403 if isinstance(error, AccessDenied) else 422
        return private(advisory_form_page(writer, notice, _problems(error)), status)
    looked = Looked(advisory_text(made), reached.affected, reached.possibly)
    return private(advisory_form_page(writer, notice, looked=looked))


def _problems(error: InputError | LimitExceeded) -> tuple[Problem, ...]:
    return error.problems if isinstance(error, InvalidAdvisory) else told(error)
