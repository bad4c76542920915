"""What a figure is, and where it is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.models import TINY, Shape, make
from benchmarks.process import Runs


@dataclass(frozen=True)
class Place:
    """Where the work is done: the commands, the folder for models, and how large they are."""

    folder: Path
    stemma: str
    peer: str | None
    smoke: bool

    def model(self, name: str, shape: Shape, seed: int, tuned: int | None = None) -> Path:
        small = TINY if self.smoke else shape
        return make(self.folder / f"{small.name}-{name}", small, seed, tuned=tuned)

    def runs(self, wanted: int) -> int:
        return 2 if self.smoke else wanted


@dataclass(frozen=True)
class Figure:
    """A number beside its promise. `value` and `limit` are in `unit`; `runs` are what it was made of."""

    name: str
    value: float
    limit: float
    unit: str
    runs: Mapping[str, Runs]

    @property
    def held(self) -> bool:
        return self.value <= self.limit
