"""How a server is asked: one connection pool, bounded answers, errors of Stemma's own."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from stemma.client.reading import read
from stemma.errors import (
    AccessDenied,
    ChangedMeanwhile,
    Conflict,
    InputError,
    ModelNotFound,
    RateLimited,
    SourceError,
    StemmaError,
)

T = TypeVar("T")
Asked = dict[str, str | int] | list[tuple[str, str]]
API = "/api/v1"
MAX_BYTES = 64 << 20


class Transport:
    """Sends requests to the server at ``address``, and ``token`` with them; no redirect is followed."""

    def __init__(self, address: str, *, token: str = "", timeout: float = 30.0) -> None:
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self.address = address
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def get(self, kind: type[T], path: str, **asked: str | int) -> T:
        shown = {name: value for name, value in asked.items() if value != ""}
        return read(kind, self.ask("GET", f"{API}{path}", asked=shown))

    def ask(self, method: str, path: str, asked: Asked | None = None, **sent: Any) -> Any:
        """The JSON of an answer."""
        answer, data = self.send(method, path, params=asked or None, **sent)
        found = _json(data)
        if found is None:
            raise SourceError(f"The server answered {answer.status_code} without JSON.", advice="Is it a Stemma?")
        return found

    def send(self, method: str, path: str, **sent: Any) -> tuple[httpx.Response, bytes]:
        """An answer that is no error."""
        try:
            with self._http.stream(method, path, **sent) as answer:
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > MAX_BYTES:
                        raise SourceError(f"The server's answer is larger than {MAX_BYTES:,} bytes.")
        except httpx.HTTPError as error:
            raise SourceError(f"The server does not answer: {error}.", advice="Is its address right?") from error
        if answer.is_success:
            return answer, bytes(data)
        told = _json(bytes(data))
        told = told if isinstance(told, dict) else {}
        raise _error(answer.status_code)(
            str(told.get("detail") or f"The server answered with {answer.status_code}."),
            advice=str(told.get("advice", "")),
        )


def _json(data: bytes) -> Any:
    """What the bytes say; None where they are no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _error(status: int) -> type[StemmaError]:
    known = {
        401: AccessDenied,
        403: AccessDenied,
        404: ModelNotFound,
        409: Conflict,
        412: ChangedMeanwhile,
        429: RateLimited,
    }
    return known.get(status, InputError if 400 <= status < 500 else SourceError)
