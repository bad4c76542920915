"""Sign in with OpenID Connect: what comes of it is a token of a day, like any other, which `stemma token` lists."""

from __future__ import annotations

import secrets
from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.responses import RedirectResponse

from stemma.errors import AccessDenied
from stemma.interop.oidc import Person, Provider, Started, finish, start
from stemma.usecases.browse.tokens import SIGN_IN, add_token, forget_expired
from stemma.web.pages.session import welcome_page
from stemma.web.respond import HTML
from stemma.web.state import State, state_of

router = APIRouter(include_in_schema=False)
MINUTES = 10
PATH = "/session/oidc"
_PRIVATE = {"Cache-Control": "no-store"}


@router.get(PATH)
def go(request: Request) -> Response:
    """Off to the provider; the browser keeps for ten minutes what it has to bring back."""
    state = state_of(request)
    begun = start(_provider(state), secrets.token_bytes)
    answer = RedirectResponse(begun.address, 303, _PRIVATE)
    answer.set_cookie(
        _cookie(state),
        f"{begun.state}.{begun.nonce}.{begun.verifier}",
        max_age=MINUTES * 60,
        httponly=True,
        secure=state.doorkeeper.secure,
        samesite="lax",  # it has to come along when the provider sends the browser back
        path="/",
    )
    return answer


@router.get(f"{PATH}/back")
def back(request: Request) -> Response:
    """Back from the provider."""
    state = state_of(request)
    parts = request.cookies.get(_cookie(state), "").split(".")
    begun = Started("", *parts) if len(parts) == 3 else Started("", "", "", "")
    person = finish(_provider(state), begun, dict(request.query_params), state.services.clock())
    answer = Response(welcome_page(person.name), 200, _PRIVATE, HTML)
    answer.set_cookie(
        state.doorkeeper.cookie,
        _token(state, person),
        httponly=True,
        secure=state.doorkeeper.secure,
        samesite="strict",
        path="/",
    )
    answer.delete_cookie(_cookie(state), path="/", secure=state.doorkeeper.secure, httponly=True, samesite="lax")
    return answer


def _token(state: State, person: Person) -> str:
    """A token of a day with what is granted."""
    if not person.grants:
        raise AccessDenied(f"{person.name[:200]} is known, but nothing is granted to them here.")
    now = state.services.clock()
    writing = [grant for grant in person.grants if grant.writes]
    namespaces = dict.fromkeys(space for grant in writing or person.grants for space in grant.namespaces)
    name = "".join(each for each in person.name if each.isprintable())[:80] or "somebody"
    forget_expired(state.doorkeeper.path, now - timedelta(days=7))
    path, writes, spaces = state.doorkeeper.path, bool(writing), tuple(namespaces)
    _, secret = add_token(path, name, writes=writes, namespaces=spaces, days=1, now=now, origin=SIGN_IN)
    return secret


def _provider(state: State) -> Provider:
    if state.provider is None:
        raise HTTPException(404, "This server knows no provider to sign in with.")
    return state.provider


def _cookie(state: State) -> str:
    return f"{state.doorkeeper.cookie}-login"
