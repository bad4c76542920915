"""Measured twins and measured derived models: what a learned-part ratio is judged beside.

``data/calibration.json`` is made by ``python -m zoo calibrate`` from models of known lineage, those of the calibration
half alone. For every measure it gives mean and standard deviation over the twins and over the derived pairs, every
architecture and seed weighing the same, so that the deviation is that of a pair of a run drawn at random. Of every two
measures it gives how their deviations go together over twins.

What is learned first is dictated by seed and data, so that twins of the first steps look like parent and child. The
ratios of the file are those of pairs whose learned part holds :data:`LEAST_ENERGY` of all matrices or more on both
sides, where twins have drifted apart, and :data:`LEAST_OF_ROLE` of those of the role. Of twins that learned less, but
:data:`FIRST_ENERGY` at least, the file says how near they come (``early``).

A measure seen in fewer architectures than :data:`FEWEST` does not show how much architectures differ; to its deviation
is added what they differ by in the measures that do, on average.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import hypot
from pathlib import Path
from typing import Any

from stemma.evidence.interface import Background
from stemma.immutable import immutable

FORMAT = "stemma.calibration/3"
FILE = Path(__file__).parent / "data" / "calibration.json"
FEWEST = 5
LEAST_ENERGY, LEAST_OF_ROLE, FIRST_ENERGY = 0.035, 0.01, 0.005


@immutable
class Spread:
    """Mean and standard deviation of a measure over the pairs of one kind; ``between`` is that of architectures."""

    mean: float
    deviation: float
    pairs: int
    architectures: int
    between: float = 0.0


@immutable
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
    raw = {name: Measured(_spread(m["twins"]), _spread(m["derived"])) for name, m in _read()["measures"].items()}
    return {
        name: Measured(_widened(m.twins, raw, "twins"), _widened(m.derived, raw, "derived")) for name, m in raw.items()
    }


@cache
def nearest_twins(*, early: bool) -> Mapping[str, float]:
    """The largest nearness of measured twins, by measure: of those that are asked, or also of ``early`` ones."""
    read = _read()
    found = {name: measure["twins"]["most"] for name, measure in read["measures"].items() if "nearness" in name}
    return {
        name: max(most, read["early"].get(name, {"most": most})["most"] if early else most)
        for name, most in found.items()
    }


def together(first: str, second: str) -> float:
    """The correlation of two measures over twins; the mean of the file where theirs was not measured."""
    known = _together()
    return known.get(frozenset((first, second)), sum(known.values()) / len(known))


@cache
def _together() -> Mapping[frozenset[str], float]:
    return {frozenset(names.split("|")): value for names, value in _read()["together"].items()}


@cache
def _read() -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return read


def _spread(record: Mapping[str, Any]) -> Spread:
    return Spread(*(record[name] for name in ("mean", "deviation", "pairs", "architectures", "between")))


def _widened(own: Spread, raw: Mapping[str, Measured], kind: str) -> Spread:
    if own.architectures >= FEWEST:
        return own
    spreads: list[Spread] = [getattr(m, kind) for m in raw.values()]
    between = [s.between for s in spreads if s.architectures >= FEWEST]
    return replace(own, deviation=hypot(own.deviation, sum(between) / max(1, len(between))))
