"""Signatures of messages as the Standard Webhooks specification has them (version 1, symmetric).

``webhook-signature`` is ``v1,`` and the base64 of HMAC-SHA256 over ``ID.TIMESTAMP.BODY``, keyed with the bytes that the
secret holds in base64 after ``whsec_``. Several signatures stand in one header, parted by spaces.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping

from stemma.errors import InputError

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE = 300
"""Seconds by which the clocks of both sides may differ."""


def new_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A fresh secret."""
    return PREFIX + base64.b64encode(random_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes in a secret of 24 to 64 bytes; raises InputError for anything else."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise InputError(
            "Got a secret that signs nothing.", advice=f"A secret is {PREFIX} and the base64 of 24 to 64 random bytes."
        )
    return key


def signed_headers(secret: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that go with a message: its id, when it is sent (seconds since 1970), and the signature."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{_signature(key_of(secret), message, timestamp, body)}",
    }


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether a message was signed with a secret, and lately. Header names are in lower case."""
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE:
        return False
    wanted = _signature(key_of(secret), headers.get("webhook-id", ""), int(timestamp), body).encode()
    given = [each.partition(",") for each in headers.get("webhook-signature", "").split(" ")]
    matches = [
        hmac.compare_digest(wanted, value.encode("utf-8", "replace")) for kind, _, value in given if kind == "v1"
    ]
    return any(matches)


def _signature(key: bytes, message: str, timestamp: int, body: bytes) -> str:
    signed = hmac.digest(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256)
    return base64.b64encode(signed).decode()
