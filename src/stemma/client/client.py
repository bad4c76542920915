"""A client of a server: one method a question, values out."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from stemma.client.reading import read
from stemma.client.shapes import (
    AdvisoryList,
    AlertEntry,
    AlertList,
    Lineage,
    RecordDetail,
    RecordLine,
    RecordList,
    RulingList,
    VersionEntry,
    Ways,
)
from stemma.errors import AccessDenied, InputError, ModelNotFound, RateLimited, SourceError, StemmaError

T = TypeVar("T")
API = "/api/v1"
MAX_BYTES = 64 << 20


class Client:
    """Asks the server at ``address``; ``token`` is sent with every request, and nowhere else: no redirect is followed.

    Raises, from every method:
        ModelNotFound: there is no such thing.
        AccessDenied: the token is missing, or does not allow it.
        InputError: the server refuses what was asked.
        RateLimited: it asks to slow down.
        SourceError: it does not answer, or not as a Stemma would.
    """

    def __init__(self, address: str, *, token: str = "", timeout: float = 30.0) -> None:
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout, follow_redirects=False)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def records(
        self,
        q: str = "",
        *,
        type: str = "",  # noqa: A002 what the API calls it
        licence: str = "",
        risk: str = "",
        offset: int = 0,
        limit: int = 20,
    ) -> RecordList:
        """Records by words and marks."""
        asked: dict[str, str | int] = {
            "q": q,
            "type": type,
            "licence": licence,
            "risk": risk,
            "offset": offset,
            "limit": limit,
        }
        return self._get(RecordList, "/records", **asked)

    def all_records(self, q: str = "") -> Iterator[RecordLine]:
        """Every record that is found, page after page."""
        found = self.records(q, limit=100)
        yield from found.records
        while found.next:
            found = read(RecordList, self._ask("GET", found.next))
            yield from found.records

    def versions(self, name: str) -> tuple[VersionEntry, ...]:
        """The versions of a record, newest first."""
        return self._get(tuple[VersionEntry, ...], f"/records/{quote(name, safe='')}")

    def record(self, name: str, version: str) -> RecordDetail:
        """One version of a record with all it inherits."""
        return self._get(RecordDetail, f"/records/{quote(name, safe='')}/{quote(version, safe='')}")

    def lineage(self, root: str, *, up: int = 1, down: int = 1, limit: int = 500) -> Lineage:
        """What lies around a node."""
        return self._get(Lineage, "/lineage", root=root, up=up, down=down, limit=limit)

    def ways(self, upstream: str, downstream: str) -> Ways:
        """The ways from one node down to another."""
        return self._get(Ways, "/lineage/ways", upstream=upstream, downstream=downstream)

    def rulings(self, subject: str) -> RulingList:
        """The rulings that a subject has a part in."""
        return self._get(RulingList, "/rulings", subject=subject)

    def advisories(self, *, offset: int = 0) -> AdvisoryList:
        """Advisories in short."""
        return self._get(AdvisoryList, "/advisories", offset=offset)

    def advisory(self, identity: str) -> dict[str, Any]:
        """One advisory as its document."""
        found: dict[str, Any] = self._ask("GET", f"{API}/advisories/{quote(identity, safe='')}")
        return found

    def alerts(self, *, advisory: str = "", subject: str = "", state: str = "", after: str = "") -> AlertList:
        """Alerts that fit."""
        return self._get(AlertList, "/alerts", advisory=advisory, subject=subject, state=state, after=after)

    def acknowledge(self, alert: str) -> AlertEntry:
        """Say that an alert was seen. Needs a token."""
        address = f"{API}/alerts/{quote(alert, safe='')}/acknowledge"
        return read(AlertEntry, self._ask("POST", address))

    def _get(self, kind: type[T], path: str, **asked: str | int) -> T:
        shown = {name: value for name, value in asked.items() if value != ""}
        return read(kind, self._ask("GET", f"{API}{path}", asked=shown))

    def _ask(self, method: str, path: str, asked: dict[str, str | int] | None = None) -> Any:
        try:
            with self._http.stream(method, path, params=asked or None) as answer:
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > MAX_BYTES:
                        raise SourceError(f"The server's answer is larger than {MAX_BYTES:,} bytes.")
            return _content(answer, bytes(data))
        except httpx.HTTPError as error:
            raise SourceError(f"The server does not answer: {error}.", advice="Is its address right?") from error


def _content(answer: httpx.Response, data: bytes) -> Any:
    try:
        found = httpx.Response(answer.status_code, content=data).json() if data else None
    except ValueError:
        found = None
    if answer.is_success and found is not None:
        return found
    told = found if isinstance(found, dict) else {}
    raise _error(answer.status_code)(
        str(told.get("detail") or f"The server answered with {answer.status_code}."), advice=str(told.get("advice", ""))
    )


def _error(status: int) -> type[StemmaError]:
    known = {401: AccessDenied, 403: AccessDenied, 404: ModelNotFound, 429: RateLimited}
    return known.get(status, InputError if 400 <= status < 500 else SourceError)
