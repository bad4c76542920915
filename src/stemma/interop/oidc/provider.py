"""What a provider says of itself: its addresses and its keys, asked for once and then kept for a while."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from stemma.errors import SourceError
from stemma.interop.oidc.settings import OidcSettings, require_safe

KEPT_SECONDS = 3600.0
AGAIN_SECONDS = 30.0
_MAX_BYTES = 1 << 20
_ADVICE = "Try again later; the log of the provider may say more."


class Provider:
    """A provider, over the network; threads may share it. No redirect is followed, and every answer is bounded."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings, self._clock = settings, clock
        self._http = httpx.Client(timeout=10.0, follow_redirects=False, headers={"Accept": "application/json"})
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def address(self, name: str) -> str:
        """One of its addresses; raises SourceError where it names none that may be used."""
        told = self._document("configuration", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self.settings.issuer:
            raise SourceError("The provider gives another issuer than the one that was asked.", advice=_ADVICE)
        try:
            return require_safe(str(told[name]))
        except (KeyError, ValueError) as error:
            raise SourceError(f"The provider has no {name} that can be used.", advice=_ADVICE) from error

    def keys(self, *, anew: bool = False) -> dict[str, Any]:
        """The keys that it signs with; ``anew`` where one is missing, which is looked for twice a minute at most."""
        return self._document("keys", self.address("jwks_uri"), AGAIN_SECONDS if anew else KEPT_SECONDS)

    def post(self, address: str, form: Mapping[str, str], auth: tuple[str, str] | None) -> dict[str, Any]:
        """The answer to a form."""
        return self._send("POST", address, data=dict(form), auth=auth)

    def get(self, address: str, token: str) -> dict[str, Any]:
        """What it tells the bearer of a token."""
        return self._send("GET", address, headers={"Authorization": f"Bearer {token}"})

    def _document(self, name: str, address: str, age: float = KEPT_SECONDS) -> dict[str, Any]:
        with self._lock:
            at, told = self._kept.get(name, (float("-inf"), {}))
            if self._clock() - at > age:
                told = self._send("GET", address)
                self._kept[name] = (self._clock(), told)
            return told

    def _send(self, method: str, address: str, **sent: Any) -> dict[str, Any]:
        data = bytearray()
        try:
            with self._http.stream(method, address, **sent) as answer:
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > _MAX_BYTES:
                        raise SourceError("The provider's answer is too large.", advice=_ADVICE)
            told = json.loads(data)
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise SourceError("The provider does not answer as it should.", advice=_ADVICE) from error
        if not answer.is_success or not isinstance(told, dict):
            raise SourceError(f"The provider refuses this ({answer.status_code}).", advice=_ADVICE)
        return told
