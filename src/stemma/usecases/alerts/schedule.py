"""When to try again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from stemma.immutable import immutable


@immutable
class Schedule:
    """Seconds to wait after each attempt that failed, as the Standard Webhooks specification proposes them.

    After as many attempts as there are waits and one more a delivery is given up. ``jitter`` is the share by which a
    wait is lengthened at most, ``longest_asked`` the longest wait that a receiver may ask for, ``lease`` for how long a
    message that is being sent is left alone by others.
    """

    waits: tuple[float, ...] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    jitter: float = 0.2
    longest_asked: float = 86_400
    lease: float = 60

    def wait(self, attempts: int, asked: float | None, rng: random.Random) -> float | None:
        """Seconds until the next attempt after so many; None: no more."""
        if attempts > len(self.waits):
            return None
        own = self.waits[attempts - 1] * (1.0 + self.jitter * rng.random())
        return max(own, min(asked or 0.0, self.longest_asked))


def later(moment: str, seconds: float) -> str:
    """A time so many seconds after another, as the registry writes times."""
    when = datetime.fromisoformat(moment).astimezone(UTC) + timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(moment: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()
