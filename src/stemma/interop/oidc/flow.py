"""The two steps of a sign-in: off to the provider, and back with a code that is worth an identity.

- PKCE (S256) always, a state against requests from other sites, a nonce against tokens of other sign-ins.
- An identity counts where its signature is by a key of the provider, of an asymmetric kind, and issuer, audience, time
  and nonce are right.

References:
    [1] OpenID Connect Core 1.0, sections 3.1 and 5.3.
    [2] RFC 7636 (PKCE), RFC 9207 (issuer in the answer).
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from stemma.errors import AccessDenied
from stemma.immutable import immutable
from stemma.interop.oidc.provider import Provider
from stemma.interop.oidc.settings import Grant

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
LEEWAY_SECONDS = 60
_ADVICE = "Sign in again."
Random = Callable[[int], bytes]


@immutable
class Started:
    """A sign-in that was begun: where to go, and what the browser has to bring back."""

    address: str
    state: str
    nonce: str
    verifier: str


@immutable
class Person:
    """Somebody the provider vouches for, and the grants that fit."""

    subject: str
    name: str
    grants: tuple[Grant, ...]


def start(provider: Provider, random_bytes: Random) -> Started:
    """Begin a sign-in."""
    state, nonce, verifier = (_text(random_bytes(32)) for _ in range(3))
    settings = provider.settings
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": settings.redirect,
        "scope": " ".join(settings.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": _text(sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    address = provider.address("authorization_endpoint")
    return Started(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", state, nonce, verifier)


def finish(provider: Provider, begun: Started, back: Mapping[str, str], now: datetime) -> Person:
    """Who it is that came back with a code.

    Raises:
        AccessDenied: the provider refused, or what came back belongs to no sign-in that was begun here.
        SourceError: the provider does not answer as it should.
    """
    settings = provider.settings
    if not begun.state or not hmac.compare_digest(begun.state.encode(), back.get("state", "").encode()):
        raise AccessDenied("This answer belongs to no sign-in of this browser.", advice=_ADVICE)
    if back.get("iss", settings.issuer) != settings.issuer:
        raise AccessDenied("This answer is of another provider.", advice=_ADVICE)
    if not back.get("code"):
        raise AccessDenied("The provider did not let you in.", advice=_ADVICE)
    form = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": settings.redirect,
        "code_verifier": begun.verifier,
        "client_id": settings.client_id,
    }
    auth = (settings.client_id, settings.client_secret) if settings.client_secret else None
    told = provider.post(provider.address("token_endpoint"), form, auth)
    claims = _verified(provider, str(told.get("id_token", "")), begun.nonce, now)
    return _person(provider, claims, str(told.get("access_token", "")))


def _verified(provider: Provider, token: str, nonce: str, now: datetime) -> dict[str, Any]:
    settings = provider.settings
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": settings.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = dict(_decoded(provider, token))
        rules.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise AccessDenied("What the provider says of you cannot be trusted.", advice=_ADVICE) from error
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != settings.client_id:
        raise AccessDenied("What the provider says of you was said to somebody else.", advice=_ADVICE)
    return claims


def _decoded(provider: Provider, token: str) -> Mapping[str, Any]:
    try:
        return jwt.decode(token, _keys(provider.keys()), algorithms=ALGORITHMS).claims
    except InvalidKeyIdError:  # the provider may have new keys
        return jwt.decode(token, _keys(provider.keys(anew=True)), algorithms=ALGORITHMS).claims


def _keys(told: Mapping[str, Any]) -> KeySet:
    """The keys of a provider; kinds that are not known are left out, as the standard says."""
    known = [key for key in told.get("keys", ()) if isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP")]
    return KeySet.import_key_set({"keys": known})


def _person(provider: Provider, claims: dict[str, Any], access: str) -> Person:
    """With what it tells beside the token; that has to be of the same subject."""
    more = provider.get(provider.address("userinfo_endpoint"), access) if access else {}
    if more and more.get("sub") != claims["sub"]:
        raise AccessDenied("The provider speaks of two different people.", advice=_ADVICE)
    everything = {**more, **claims}
    grants = tuple(each for each in provider.settings.grants if _holds(everything.get(each.claim), each, everything))
    name = next((str(everything[key]) for key in ("email", "name", "sub") if everything.get(key)), "")
    return Person(str(claims["sub"]), name, grants)


def _holds(value: Any, grant: Grant, claims: Mapping[str, Any]) -> bool:
    """Whether a claim says what a grant asks for; an address counts where the provider does not call it unverified."""
    if grant.claim == "email" and claims.get("email_verified") is False:
        return False
    return grant.value in value if isinstance(value, list) else isinstance(value, str) and value == grant.value


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
