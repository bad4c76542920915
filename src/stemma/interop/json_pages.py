"""JSON from a server, of bounded size, with the manners of :class:`stemma.weights.http_transfer.Transfer`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from stemma.errors import LimitExceeded, SourceError
from stemma.weights.http_hosts import shown
from stemma.weights.http_transfer import Answer, Transfer, TransientError

MAX_BYTES = 64 << 20


def fetch_json(
    transfer: Transfer, url: str, secret: Mapping[str, str], limit: int = MAX_BYTES
) -> tuple[Any, Mapping[str, str]]:
    """What lies at an address, and the headers that came with it.

    Args:
        transfer: who asks, again where that may help.
        url: the address.
        secret: headers for the origin of the address alone.
        limit: bytes at most.

    Raises:
        AccessDenied, ModelNotFound, RateLimited, SourceError: what the server said, or that it says nothing.
        LimitExceeded: there is more.
    """

    def attempt() -> tuple[bytes, Mapping[str, str]]:
        with transfer.open(url, {"Accept": "application/json"}, first=url, secret=secret) as answer:
            return _body(answer, limit), answer.response.headers

    body, headers = transfer.persist(attempt)
    try:
        return json.loads(body), headers
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{shown(url)} answers with no JSON.", advice="Check the address.") from error


def _body(answer: Answer, limit: int) -> bytes:
    where = shown(answer.location)
    found = bytearray()
    try:
        for chunk in answer.response.iter_bytes():
            found += chunk
            if len(found) > limit:
                raise LimitExceeded(f"{where} sends more than {limit} bytes.", advice="Ask for smaller pages.")
    except httpx.TransportError as error:
        raise TransientError(SourceError(f"{where} broke off in the middle.", advice="Try again.")) from error
    except httpx.DecodingError as error:
        raise SourceError(f"{where} sends bytes that cannot be unpacked.") from error
    return bytes(found)
