"""pytest fixtures around the hub on loopback: import the ones wanted into a ``conftest.py``."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from stemma.weights.http_source import new_client
from stemma.weights.http_transfer import Transfer
from stemma.weights.http_waits import RetryPolicy
from tests.hub.server import Hub


@dataclass
class CountingClock:
    """A clock in which sleeping takes no time but is written down."""

    now: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as running:
        yield running


@pytest.fixture
def clock() -> CountingClock:
    return CountingClock()


@pytest.fixture
def transfer(clock: CountingClock) -> Iterator[Transfer]:
    with new_client(timeout=0.4) as client:
        yield Transfer(client, clock=clock, rng=random.Random(7), policy=RetryPolicy())
