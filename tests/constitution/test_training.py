"""From ratios to verdict: what stands with the twins, what with the derived, and what is left open."""

from __future__ import annotations

import pytest

from stemma.constitution.training import MATCHED_NEARNESS, NEARNESS, SURE, Shared, judge_ratios
from stemma.evidence.calibration import calibration
from stemma.evidence.learned_overlap import MATCHED, Overlap, Ratio, overlap_from
from stemma.evidence.units import Group

MLP, ATTENTION, STATE = (str(g) for g in Group)


def ratios(**found: tuple[float, float]) -> dict[str, Overlap]:
    names = {"mlp": MLP, "attention": ATTENTION, "state": STATE, "matched": MATCHED}
    return {
        names[n]: overlap_from(Ratio(rho, 1.0, rho, error, 12), names[n], "here", "coefficients")
        for n, (rho, error) in found.items()
    }


@pytest.mark.parametrize(
    ("found", "shared"),
    [
        ({"mlp": (1.0, 0.02), "attention": (1.02, 0.02)}, Shared.TRAINING),
        ({"mlp": (0.9, 0.02), "attention": (0.9, 0.03)}, Shared.TRAINING),
        ({"mlp": (0.8, 0.03), "attention": (0.57, 0.05)}, Shared.SEED),
        ({"mlp": (0.3, 0.03), "attention": (0.3, 0.05)}, Shared.SEED),
        ({"mlp": (0.88, 0.04), "attention": (0.66, 0.16)}, Shared.UNCLEAR),
        ({"mlp": (1.0, 0.02), "attention": (0.4, 0.02)}, Shared.UNCLEAR),
        ({"mlp": (1.0, 0.6), "attention": (1.0, 0.6)}, Shared.UNCLEAR),
        ({"mlp": (-2.0, 1.9), "attention": (-2.0, 1.9)}, Shared.UNCLEAR),
        ({"mlp": (1.0, 0.02)}, Shared.UNCLEAR),
        ({"mlp": (0.5, 0.03)}, Shared.SEED),
        ({"state": (0.99, 0.05)}, Shared.UNCLEAR),
        ({"matched": (1.0, 0.02)}, Shared.UNCLEAR),
        ({}, Shared.UNCLEAR),
    ],
)
def test_verdict(found: dict[str, tuple[float, float]], shared: Shared) -> None:
    verdict, reason = judge_ratios(ratios(**found), {})
    assert verdict is shared, reason


@pytest.mark.parametrize(("found", "name"), [("mlp", NEARNESS), ("state", NEARNESS), ("matched", MATCHED_NEARNESS)])
def test_a_ratio_alone_decides_only_for_what_changed_less_than_any_twins(found: str, name: str) -> None:
    alone = ratios(**{found: (1.0, 0.02)})
    assert judge_ratios(alone, {name: 0.95})[0] is Shared.TRAINING
    known = calibration()[name].twins
    assert judge_ratios(alone, {name: known.mean + (SURE - 0.1) * known.deviation})[0] is Shared.UNCLEAR
    low = ratios(**{found: (0.75, 0.02)})
    assert judge_ratios(low, {name: 0.95})[0] is not Shared.TRAINING


def test_the_reason_gives_the_numbers() -> None:
    _, reason = judge_ratios(ratios(mlp=(0.3, 0.03), attention=(0.3, 0.05)), {})
    assert "0.30 ± 0.03 (mlp, 12 matrices) and 0.30 ± 0.05 (attention" in reason
    assert "below derived models" in reason
