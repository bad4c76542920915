"""Sign in with OpenID Connect: the authorisation code flow with PKCE, from the side of a client."""

from __future__ import annotations

from stemma.interop.oidc.flow import Person, Started, finish, start
from stemma.interop.oidc.provider import Provider
from stemma.interop.oidc.settings import Grant, OidcSettings, read_settings

__all__ = ["Grant", "OidcSettings", "Person", "Provider", "Started", "finish", "read_settings", "start"]
