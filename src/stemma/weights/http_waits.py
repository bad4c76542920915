"""How long to wait before another attempt: backoff with jitter, or what the server asks for."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol

from stemma.immutable import immutable


class Clock(Protocol):
    """Time as it is handed in; the module ``time`` is one."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds since any fixed moment, never running backwards."""

    def sleep(self, seconds: float, /) -> None:
        """Let that many seconds pass."""


@immutable
class RetryPolicy:
    """Times in seconds, rates in bytes per second.

    ``attempts`` failures in a row end the work. Waits double from ``first_wait`` to ``longest_wait``; a
    server may ask for up to ``longest_asked``. After ``grace`` a body slower than ``slowest_rate`` counts as
    stalled.
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 30.0
    longest_asked: float = 600.0
    grace: float = 30.0
    slowest_rate: float = 1024.0


def backoff(policy: RetryPolicy, failures: int, asked: float | None, rng: random.Random) -> float:
    """Seconds to wait after that many failures: at least what was asked, with jitter."""
    own = min(policy.longest_wait, policy.first_wait * 2.0 ** (failures - 1))
    if asked is None:
        return own * rng.uniform(0.5, 1.0)
    return asked + min(own, 1.0) * rng.random()


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds a response asks to wait: ``Retry-After`` (seconds or date), or the reset of ``RateLimit``."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text):
        return float(text)
    if text:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max(0.0, math.ceil(aware.timestamp() - now))
    reset = re.search(r"(?:^|;)\s*t=(\d{1,9})\b", headers.get("RateLimit", ""))
    return float(reset.group(1)) if reset else None
