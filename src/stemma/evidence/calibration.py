"""Measured twins and measured derived models: what a learned-part ratio is judged beside.

``data/calibration.json`` is made by ``python -m zoo calibrate`` from models of known lineage, those of the calibration
half alone. For every measure it gives mean and standard deviation over the twins and over the derived pairs, every
architecture weighing the same, so that the deviation is that of a pair of an architecture drawn at random.

What is learned first is dictated by seed and data, so that twins of the first steps look like parent and child. The
ratios of the file are those of pairs whose learned part holds :data:`LEAST_ENERGY` of the matrices or more on both
sides, where twins have drifted apart. Of twins that learned less, but :data:`FIRST_ENERGY` at least, the file says how
near they come.

A measure seen in fewer architectures than :data:`FEWEST` does not show how much architectures differ; it is given the
largest deviation among the ratios that do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import hypot
from pathlib import Path
from typing import Any

from stemma.evidence.interface import Background

FORMAT = "stemma.calibration/2"
FILE = Path(__file__).parent / "data" / "calibration.json"
FEWEST = 5
LEAST_ENERGY, FIRST_ENERGY = 0.04, 0.005


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of a measure over the pairs of one kind."""

    mean: float
    deviation: float
    pairs: int
    architectures: int


@dataclass(frozen=True)
class Measured:
    """One measure over twins and over derived pairs; larger values speak for derivation."""

    twins: Spread
    derived: Spread

    def above_twins(self, value: float, error: float = 0.0) -> float:
        """How many standard deviations ``value`` lies above the mean of twins, its own error counted in."""
        return (value - self.twins.mean) / hypot(self.twins.deviation, error)

    def below_derived(self, value: float, error: float = 0.0) -> float:
        """How many standard deviations ``value`` lies below the mean of derived pairs, its own error counted in."""
        return (self.derived.mean - value) / hypot(self.derived.deviation, error)

    @property
    def background(self) -> Background:
        """The twins, as a report prints them."""
        seen = f"{self.twins.pairs} pairs of {self.twins.architectures} architectures"
        return Background(self.twins.mean, self.twins.deviation, f"measured: twins of the calibration zoo, {seen}")


@cache
def calibration() -> Mapping[str, Measured]:
    """Every measure of the data file by name."""
    read = json.loads(FILE.read_text("utf-8"))
    raw = {name: Measured(_spread(m["twins"]), _spread(m["derived"])) for name, m in read["measures"].items()}
    return {
        name: Measured(_widened(m.twins, raw, "twins"), _widened(m.derived, raw, "derived")) for name, m in raw.items()
    }


@cache
def nearest_early_twins() -> Mapping[str, float]:
    """The largest nearness of measured twins that learned too little to have drifted apart, by measure."""
    return {name: spread["most"] for name, spread in json.loads(FILE.read_text("utf-8"))["early"].items()}


def _spread(record: Mapping[str, Any]) -> Spread:
    return Spread(record["mean"], record["deviation"], record["pairs"], record["architectures"])


def _widened(own: Spread, raw: Mapping[str, Measured], kind: str) -> Spread:
    if own.architectures >= FEWEST:
        return own
    spreads: list[Spread] = [getattr(m, kind) for m in raw.values()]
    widest = max((s.deviation for s in spreads if s.architectures >= FEWEST), default=own.deviation)
    return replace(own, deviation=max(own.deviation, widest))
