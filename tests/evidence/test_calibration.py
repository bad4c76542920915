"""The calibration data that ship: complete, of the fingerprint that is made, and apart where they must be."""

from __future__ import annotations

import json
from math import hypot
from statistics import mean

import pytest

from stemma.evidence.calibration import FEWEST, FILE, FORMAT, Measured, Spread, calibration
from stemma.evidence.gains import GAINS
from stemma.evidence.learned_parts import MATCHED
from stemma.evidence.units import LEARNED_ROLES
from stemma.fingerprint import DEFAULT

ROLES = [str(role) for roles in LEARNED_ROLES.values() for role in roles]
RATIOS = (*ROLES, GAINS, MATCHED + "gate", MATCHED + "up", MATCHED + "down")


def test_the_data_belong_to_the_fingerprint_that_is_made() -> None:
    """If this fails, the fingerprint changed: run `python -m zoo calibrate` again."""
    read = json.loads(FILE.read_text("utf-8"))
    assert read["format"] == FORMAT
    assert read["fingerprint"] == DEFAULT.schema
    assert set(read["measures"]) >= {*RATIOS, "nearness", "matched nearness"}


@pytest.mark.parametrize("name", RATIOS)
def test_twins_and_derived_stand_apart(name: str) -> None:
    record = json.loads(FILE.read_text("utf-8"))["measures"][name]
    apart = record["derived"]["mean"] - record["twins"]["mean"]
    assert apart > 1.5 * (record["derived"]["deviation"] + record["twins"]["deviation"])
    assert 0.85 < record["derived"]["mean"] < 1.01


@pytest.mark.parametrize("name", ["q", "k", "gate", "gains"])
def test_what_tells_most_tells_every_measured_twin_from_most_derived(name: str) -> None:
    record = json.loads(FILE.read_text("utf-8"))["measures"][name]
    assert record["twins"]["most"] < record["derived"]["mean"] - 2 * record["derived"]["deviation"]


def test_to_a_measure_of_few_architectures_is_added_what_architectures_differ_by() -> None:
    raw = json.loads(FILE.read_text("utf-8"))["measures"]
    for name, found in calibration().items():
        for kind, spread in (("twins", found.twins), ("derived", found.derived)):
            of_many = [m[kind]["between"] for m in raw.values() if m[kind]["architectures"] >= FEWEST]
            few = raw[name][kind]["architectures"] < FEWEST
            expected = hypot(raw[name][kind]["deviation"], mean(of_many) if few else 0)
            assert spread.deviation == pytest.approx(expected)


def test_scores_by_hand() -> None:
    known = Measured(Spread(0.4, 0.3, 10, 6), Spread(1.0, 0.06, 10, 6))
    assert known.above_twins(1.0) == pytest.approx(2.0)
    assert known.above_twins(1.0, 0.4) == pytest.approx(0.6 / 0.5)
    assert known.below_derived(0.9, 0.08) == pytest.approx(1.0)
    assert "10 pairs of 6 architectures" in known.background.source
