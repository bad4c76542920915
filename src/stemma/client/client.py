"""A client of a server: one method a question, values out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from stemma.client.reading import read
from stemma.client.shapes import (
    AdvisoryList,
    AlertEntry,
    AlertList,
    DeliveryEntry,
    DeliveryList,
    Lineage,
    Receipt,
    RecordDetail,
    RecordLine,
    RecordList,
    RulingList,
    SubscriptionEntry,
    SubscriptionList,
    VersionEntry,
    Ways,
)
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

    def alert(self, identity: str) -> AlertEntry:
        """One alert, with the way by which the advisory reaches its subject."""
        return self._get(AlertEntry, f"/alerts/{quote(identity, safe='')}")

    def acknowledge(self, alert: str) -> AlertEntry:
        """Say that an alert was seen. Needs a token."""
        address = f"{API}/alerts/{quote(alert, safe='')}/acknowledge"
        return read(AlertEntry, self._ask("POST", address))

    def record_text(self, name: str, version: str) -> tuple[str, str]:
        """One version of a record as it was written, and its tag."""
        answer, data = self._send("GET", _text_address(name, version))
        return data.decode("utf-8", "replace"), answer.headers.get("etag", "").strip('"')

    def put_record(self, name: str, version: str, text: str, *, replacing: str = "", new: bool = False) -> Receipt:
        """Publish a version of a record. ``replacing`` is the tag of what is there and is to be replaced; ``new``: only
        where nothing is there. Needs a token that covers the name."""
        headers = {"Content-Type": "application/yaml"}
        headers |= {"If-Match": f'"{replacing}"'} if replacing else {}
        headers |= {"If-None-Match": "*"} if new else {}
        return read(Receipt, self._ask("PUT", _text_address(name, version), content=text.encode(), headers=headers))

    def put_advisory(self, identity: str, document: str) -> Receipt:
        """Publish an advisory, or a later version of one. Needs a token that covers what it is about."""
        address = f"{API}/advisories/{quote(identity, safe='')}"
        headers = {"Content-Type": "application/json"}
        return read(Receipt, self._ask("PUT", address, content=document.encode(), headers=headers))

    def subscriptions(self) -> SubscriptionList:
        """The subscriptions that the token covers."""
        return self._get(SubscriptionList, "/subscriptions")

    def subscribe(self, name: str, terms: Sequence[str], *, url: str = "", note: str = "") -> SubscriptionEntry:
        """Subscribe; the answer holds the secret, this once. Needs a token that covers the name."""
        wish = {"id": name, "terms": list(terms), "url": url, "note": note}
        return read(SubscriptionEntry, self._ask("POST", f"{API}/subscriptions", json=wish))

    def switch_subscription(self, name: str, *, active: bool) -> SubscriptionEntry:
        """Pause a subscription, or resume it. Needs a token that covers the name."""
        address = f"{API}/subscriptions/{quote(name, safe='')}"
        return read(SubscriptionEntry, self._ask("PATCH", address, json={"active": active}))

    def unsubscribe(self, name: str) -> None:
        """End a subscription. Needs a token that covers the name."""
        self._send("DELETE", f"{API}/subscriptions/{quote(name, safe='')}")

    def deliveries(self, state: str = "dead", *, limit: int = 100) -> DeliveryList:
        """What was sent to subscriptions that the token covers, is to be sent, or was given up."""
        return self._get(DeliveryList, "/deliveries", state=state, limit=limit)

    def replay(self, delivery: str) -> DeliveryEntry:
        """Make a delivery due again. Needs a token that covers its subscription."""
        return read(DeliveryEntry, self._ask("POST", f"{API}/deliveries/{quote(delivery, safe='')}/replay"))

    def _get(self, kind: type[T], path: str, **asked: str | int) -> T:
        shown = {name: value for name, value in asked.items() if value != ""}
        return read(kind, self._ask("GET", f"{API}{path}", asked=shown))

    def _ask(self, method: str, path: str, asked: dict[str, str | int] | None = None, **sent: Any) -> Any:
        """The JSON of an answer."""
        answer, data = self._send(method, path, params=asked or None, **sent)
        found = _json(data)
        if found is None:
            raise SourceError(f"The server answered {answer.status_code} without JSON.", advice="Is it a Stemma?")
        return found

    def _send(self, method: str, path: str, **sent: Any) -> tuple[httpx.Response, bytes]:
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


def _text_address(name: str, version: str) -> str:
    return f"{API}/records/{quote(name, safe='')}/{quote(version, safe='')}/text"


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
