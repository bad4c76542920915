"""Who asks: a token in the header, or in the cookie of somebody who signed in; and what a form has to prove.

The cookie holds the token itself, out of reach of scripts and of other sites, so that a revoked token is refused at
once and the server keeps no sessions. A form carries a digest that only the bearer of the cookie can have been given.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.usecases.browse.tokens import UNKNOWN, Token, check_token, digest_of, read_tokens
from stemma.web.middleware.buckets import Buckets, client_of
from stemma.web.problems import answer
from stemma.web.settings import Services

OPEN = ("/healthz", "/readyz", "/session", "/static/", "/hooks/")
GUESSES, GUESS_RATE = 10, 1 / 6
"""Tokens that are none of ours which one client may bring at once, and how many a second in the long run."""
_STRAYS = 2_000
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="stemma"'}


@immutable
class Visitor:
    """A known visitor; ``by_cookie`` where a browser sent the token by itself."""

    token: Token
    secret: str
    by_cookie: bool

    @property
    def proof(self) -> str:
        """What a form of theirs has to carry."""
        return hmac.new(self.secret.encode(), b"stemma form", hashlib.sha256).hexdigest()


class Doorkeeper:
    """Knows the tokens of a file, which is read again when it has changed."""

    def __init__(self, path: Path, services: Services, *, secure: bool) -> None:
        self.path, self._services = path, services
        self.cookie = "__Host-stemma" if secure else "stemma"
        self.secure = secure
        self._guesses, self._strays = (Buckets(rate=GUESS_RATE, burst=GUESSES) for _ in range(2))
        self._known_strays: OrderedDict[str, str] = OrderedDict()
        self._tokens: tuple[Token, ...] = ()
        self._stamp: tuple[int, int, int] | None = None

    def check(self, request: Request, secret: str) -> Token | Missing:
        """The token that a secret is. Raises HTTPException (429) for a client that has guessed too often, whatever it
        brings now."""
        client = client_of(request.scope)
        if not self._guesses.has(client):
            raise HTTPException(429, "Too many tokens that are none of ours came from this address.")
        found = check_token(self._read(), secret, self._services.clock())
        if found == UNKNOWN:
            self._guesses.take(client)
        return found

    def visitor(self, request: Request) -> Visitor | None:
        """Who asks; None for somebody unknown. Raises HTTPException (401) where a token in the header is none."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            token = self.check(request, given.strip())
            if isinstance(token, Missing):
                raise HTTPException(401, f"{token.reason[:1].upper()}{token.reason[1:]}.", _CHALLENGE)
            return self._known(request, Visitor(token, given.strip(), by_cookie=False))
        return self.by_cookie(request)

    def by_cookie(self, request: Request) -> Visitor | None:
        """Whose browser asks, whatever stands in the header."""
        kept = request.cookies.get(self.cookie, "")
        found = self._of_cookie(client_of(request.scope), kept) if kept else Missing("no cookie")
        return None if isinstance(found, Missing) else self._known(request, Visitor(found, kept, by_cookie=True))

    def _of_cookie(self, client: str, kept: str) -> Token | Missing:
        """As :meth:`check`; but an old cookie, which a browser brings with every page, keeps nobody from signing in,
        and the same again is no further guess."""
        if not self._strays.has(client):
            return Missing("too many cookies that are none of ours came from this address")
        found = check_token(self._read(), kept, self._services.clock())
        if found == UNKNOWN and self._known_strays.get(client) != (digest := digest_of(kept)):
            self._known_strays[client] = digest
            if len(self._known_strays) > _STRAYS:
                self._known_strays.popitem(last=False)
            self._strays.take(client)
        return found

    def _known(self, request: Request, visitor: Visitor) -> Visitor:
        request.scope.setdefault("state", {})["actor"] = f"{visitor.token.name} ({visitor.token.id})"
        return visitor

    def _read(self) -> tuple[Token, ...]:
        try:
            found = self.path.stat()
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        except FileNotFoundError:
            stamp = (0, 0, 0)
        if stamp != self._stamp:
            self._tokens, self._stamp = read_tokens(self.path), stamp
        return self._tokens


def require_writer(visitor: Visitor | None, subject: str) -> Visitor:
    """A visitor who may write about a subject.

    Raises:
        HTTPException: 401 where nobody is known, 403 where the token does not reach that far.
    """
    known = require_known(visitor)
    require_cover(known, subject)
    return known


def require_known(visitor: Visitor | None, *, writes: bool = True) -> Visitor:
    """A visitor with a token, which ``writes``; raises HTTPException as above."""
    if visitor is None:
        raise HTTPException(401, "This needs a token.", _CHALLENGE)
    if writes and not visitor.token.writes:
        raise HTTPException(403, "This token reads, and does not write.")
    return visitor


def require_bearer(visitor: Visitor | None, *, writes: bool = True) -> Visitor:
    """The same for programs: the token has to stand in the header, where no other site can put it."""
    return require_known(None if visitor is None or visitor.by_cookie else visitor, writes=writes)


def require_cover(visitor: Visitor, subject: str) -> None:
    """That a token covers a subject; raises HTTPException (403)."""
    if not visitor.token.covers(subject):
        raise HTTPException(403, f"This token does not cover {subject}.")


def require_own_form(request: Request, proof: str, visitor: Visitor | None) -> None:
    """That a form was filled in on a page of ours, by the visitor whose cookie came with it.

    Raises:
        HTTPException: 403.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    strange = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if strange or (origin is not None and urlsplit(origin).netloc != host):
        raise HTTPException(403, "This form comes from another site.")
    if visitor is not None and not hmac.compare_digest(visitor.proof.encode(), proof.encode("utf-8", "replace")):
        raise HTTPException(403, "This form has expired: load the page again.")


class Closed:
    """Answers 401 to strangers, wherever reading is closed."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper) -> None:
        self._app, self._doorkeeper = app, doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http" or scope["path"].startswith(OPEN):
            await self._app(scope, receive, send)
            return
        try:
            known = self._doorkeeper.visitor(Request(scope))
        except HTTPException as error:
            await answer(scope, receive, send, error.status_code, error.detail)
            return
        if known is None:
            await answer(scope, receive, send, 401, "Reading is for those who have a token.", advice="Sign in.")
            return
        await self._app(scope, receive, send)
