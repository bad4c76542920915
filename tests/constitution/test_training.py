"""From ratios to verdict: what stands with the twins, what with the derived, and what is left open."""

from __future__ import annotations

import pytest

from stemma.constitution.training import MATCHED_NEARNESS, NEARNESS, SURE, Shared, judge_ratios
from stemma.evidence.calibration import FIRST_ENERGY, calibration
from stemma.evidence.learned_overlap import MATCHED, Correlation, Overlap, overlap_from
from stemma.evidence.units import Group

MLP, ATTENTION, STATE = (str(g) for g in Group)


def ratios(energy: float = 0.2, **found: tuple[float, float]) -> dict[str, Overlap]:
    names = {"mlp": MLP, "attention": ATTENTION, "state": STATE, "matched": MATCHED}
    return {
        names[n]: overlap_from(Correlation(rho, error, 1.0, 12, energy), names[n], "here", "coefficients")
        for n, (rho, error) in found.items()
    }


@pytest.mark.parametrize(
    ("found", "shared"),
    [
        ({"mlp": (1.0, 0.02), "attention": (1.02, 0.02)}, Shared.TRAINING),
        ({"mlp": (0.9, 0.02), "attention": (0.9, 0.03)}, Shared.TRAINING),
        ({"mlp": (0.8, 0.03), "attention": (0.8, 0.05)}, Shared.TRAINING),
        ({"mlp": (0.65, 0.03), "attention": (0.55, 0.05)}, Shared.UNCLEAR),
        ({"mlp": (0.5, 0.03), "attention": (0.5, 0.05)}, Shared.UNCLEAR),
        ({"mlp": (0.35, 0.03), "attention": (0.25, 0.05)}, Shared.SEED),
        ({"mlp": (0.3, 0.03), "attention": (0.3, 0.05)}, Shared.SEED),
        ({"mlp": (0.7, 0.04), "attention": (0.5, 0.16)}, Shared.UNCLEAR),
        ({"mlp": (1.0, 0.02), "attention": (0.4, 0.02)}, Shared.UNCLEAR),
        ({"mlp": (1.0, 0.6), "attention": (1.0, 0.6)}, Shared.UNCLEAR),
        ({"mlp": (-2.0, 1.9), "attention": (-2.0, 1.9)}, Shared.UNCLEAR),
        ({"mlp": (1.0, 0.02)}, Shared.TRAINING),
        ({"mlp": (0.8, 0.02)}, Shared.UNCLEAR),
        ({"attention": (0.8, 0.02)}, Shared.TRAINING),
        ({"mlp": (0.6, 0.03)}, Shared.UNCLEAR),
        ({"mlp": (0.4, 0.03)}, Shared.SEED),
        ({"state": (0.99, 0.05)}, Shared.UNCLEAR),
        ({"matched": (1.0, 0.02)}, Shared.UNCLEAR),
        ({}, Shared.UNCLEAR),
    ],
)
def test_verdict(found: dict[str, tuple[float, float]], shared: Shared) -> None:
    verdict, reason = judge_ratios(ratios(**found), {})
    assert verdict is shared, reason


@pytest.mark.parametrize(
    ("found", "rho", "name"),
    [("mlp", 0.8, NEARNESS), ("state", 0.99, NEARNESS), ("matched", 1.0, MATCHED_NEARNESS)],
)
def test_a_ratio_alone_that_is_not_far_above_twins_decides_only_for_what_changed_less_than_they(
    found: str, rho: float, name: str
) -> None:
    alone = ratios(**{found: (rho, 0.02)})
    assert judge_ratios(alone, {})[0] is Shared.UNCLEAR
    assert judge_ratios(alone, {name: 0.98})[0] is Shared.TRAINING
    known = calibration()[name].twins
    assert judge_ratios(alone, {name: known.mean + (SURE - 0.1) * known.deviation})[0] is Shared.UNCLEAR
    low = ratios(**{found: (0.5, 0.02)})
    assert judge_ratios(low, {name: 0.98})[0] is not Shared.TRAINING


@pytest.mark.parametrize(("rho", "energy"), [(1.0, 0.03), (1.3, 0.01), (0.6, 0.02)])
def test_where_little_was_learned_ratios_say_nothing(rho: float, energy: float) -> None:
    """Twins of the first steps reach .95; nor does less of it show a seed, but what twins share at most does."""
    early = ratios(mlp=(rho, 0.02), attention=(rho, 0.02), energy=energy)
    for nearness in ({}, {NEARNESS: 0.8}, {NEARNESS: 0.91}):
        verdict, reason = judge_ratios(early, nearness)
        assert verdict is Shared.UNCLEAR and f"training wrote only {energy:.1%}" in reason

    assert judge_ratios(ratios(mlp=(0.2, 0.02), attention=(0.2, 0.02), energy=energy), {})[0] is Shared.SEED


def test_what_hardly_moved_is_linked_even_where_little_was_learned() -> None:
    for energy, shared in ((0.03, Shared.TRAINING), (FIRST_ENERGY / 2, Shared.UNCLEAR)):
        early = ratios(mlp=(1.0, 0.01), attention=(1.0, 0.01), energy=energy)
        assert judge_ratios(early, {NEARNESS: 0.98})[0] is shared
    unlike = ratios(mlp=(1.0, 0.01), attention=(0.6, 0.01), energy=0.03)
    assert judge_ratios(unlike, {NEARNESS: 0.98})[0] is Shared.UNCLEAR


def test_a_ratio_of_little_is_left_out_beside_one_of_much() -> None:
    mixed = ratios(attention=(1.0, 0.02)) | ratios(mlp=(0.5, 0.02), energy=0.02)
    verdict, reason = judge_ratios(mixed, {})
    assert verdict is Shared.TRAINING and "mlp" not in reason


def test_what_shares_little_of_the_bulk_either_is_no_twin() -> None:
    """A tenth of a merge: its learned part and its bulk correlate by a tenth."""
    found = {n: overlap_from(Correlation(0.1, 0.02, 0.1, 12, 0.2), n, "here", "coefficients") for n in (MLP, ATTENTION)}
    assert judge_ratios(found, {})[0] is Shared.UNCLEAR


def test_the_reason_gives_the_numbers() -> None:
    _, reason = judge_ratios(ratios(mlp=(0.3, 0.03), attention=(0.3, 0.05)), {})
    assert "0.30 ± 0.03 (mlp, 12 matrices) and 0.30 ± 0.05 (attention" in reason
    assert "below derived models" in reason
