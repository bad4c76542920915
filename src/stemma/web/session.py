"""Sign in with a token, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from stemma.identity import Missing
from stemma.usecases.browse.tokens import SIGN_IN, revoke_token
from stemma.web.access import require_own_form
from stemma.web.pages.session import session_page
from stemma.web.respond import HTML
from stemma.web.state import state_of

router = APIRouter(include_in_schema=False)
_PRIVATE = {"Cache-Control": "no-store"}


@router.get("/session")
def form(request: Request) -> Response:
    """Who one is, or a form to say so."""
    state = state_of(request)
    shown = session_page(state.doorkeeper.visitor(request), provider=state.provider is not None)
    return Response(shown, 200, _PRIVATE, HTML)


@router.post("/session")
def sign_in(request: Request, token: Annotated[str, Form(max_length=200)]) -> Response:
    """Keep a token in a cookie, where it is one."""
    doorkeeper = state_of(request).doorkeeper
    require_own_form(request, "", None)
    found = doorkeeper.check(request, token.strip())
    if isinstance(found, Missing):
        return Response(session_page(None, f"{found.reason[:1].upper()}{found.reason[1:]}."), 401, _PRIVATE, HTML)
    answer = RedirectResponse("/session", 303, _PRIVATE)
    answer.set_cookie(
        doorkeeper.cookie, token.strip(), httponly=True, secure=doorkeeper.secure, samesite="strict", path="/"
    )
    return answer


@router.post("/session/end")
def sign_out(request: Request, proof: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Forget it; a token that came of a sign-in ends."""
    state = state_of(request)
    doorkeeper = state.doorkeeper
    visitor = doorkeeper.visitor(request)
    require_own_form(request, proof, visitor)
    if visitor is not None and visitor.token.origin == SIGN_IN:
        revoke_token(doorkeeper.path, visitor.token.id, state.services.clock())
    answer = RedirectResponse("/session", 303, _PRIVATE)
    answer.delete_cookie(doorkeeper.cookie, httponly=True, secure=doorkeeper.secure, samesite="strict", path="/")
    return answer
