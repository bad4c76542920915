"""From ratios to verdict: what stands with the twins, what with the derived, and what is left open."""

from __future__ import annotations

import pytest

from stemma.constitution.training import HALF, MATCHED_NEARNESS, NEARNESS, Shared, judge_ratios, learned
from stemma.evidence.calibration import FIRST_ENERGY, LEAST_OF_ROLE, nearest_twins
from stemma.evidence.learned_overlap import Correlation
from stemma.evidence.learned_parts import MATCHED, Overlap, overlap_from

GLU = ("q", "k", "v", "o", "gate", "up", "down")
PLAIN = ("up", "down")


def ratios(energy: float = 0.2, bulk: float = 1.0, **found: tuple[float, float]) -> dict[str, Overlap]:
    return {
        n: overlap_from(Correlation(rho, error, bulk, 12, energy), n, "here", "by hand")
        for n, (rho, error) in found.items()
    }


def every(names: tuple[str, ...], rho: float, error: float = 0.02) -> dict[str, tuple[float, float]]:
    return dict.fromkeys(names, (rho, error))


@pytest.mark.parametrize(
    ("found", "shared"),
    [
        (every(GLU, 1.0), Shared.TRAINING),
        (every(GLU, 0.9), Shared.TRAINING),
        (every(GLU, 0.75, 0.05), Shared.TRAINING),
        (every(GLU, 0.4), Shared.UNCLEAR),
        (every(GLU, 0.25), Shared.SEED),
        (every(GLU, 1.0, 0.6), Shared.UNCLEAR),
        (every(GLU, -2.0, 1.9), Shared.UNCLEAR),
        (every(PLAIN, 0.3), Shared.SEED),
        (every(PLAIN, 0.75), Shared.UNCLEAR),
        ({"q": (1.0, 0.02)}, Shared.TRAINING),
        ({"q": (0.5, 0.02)}, Shared.UNCLEAR),
        ({"up": (1.0, 0.02)}, Shared.UNCLEAR),
        ({"state_out": (0.99, 0.05)}, Shared.UNCLEAR),
        ({MATCHED + "up": (0.95, 0.02)}, Shared.UNCLEAR),
        ({"gains": (1.0, 0.0)}, Shared.UNCLEAR),
        ({}, Shared.UNCLEAR),
    ],
)
def test_verdict(found: dict[str, tuple[float, float]], shared: Shared) -> None:
    verdict, reason = judge_ratios(ratios(**found), {})
    assert verdict is shared, reason


def test_what_data_dictate_counts_for_little() -> None:
    """Twins are alike in values, outputs and ungated neurons; queries, keys and gates tell."""
    dictated = every(("v", "o", "up", "down"), 0.6) | every(("q", "k", "gate"), 0.25)
    assert judge_ratios(ratios(**dictated), {})[0] is not Shared.TRAINING
    telling = every(("v", "o", "up", "down"), 0.6) | every(("q", "k", "gate"), 0.6)
    assert judge_ratios(ratios(**telling), {})[0] is Shared.TRAINING


def test_gains_join_where_matrices_do_not_tell() -> None:
    open_still = every(PLAIN, 0.82)
    assert judge_ratios(ratios(**open_still), {})[0] is Shared.UNCLEAR
    verdict, reason = judge_ratios(ratios(**open_still, gains=(0.98, 0.01)), {})
    assert verdict is Shared.TRAINING and "0.98 ± 0.01" in reason
    assert judge_ratios(ratios(**open_still, gains=(0.3, 0.01)), {})[0] is Shared.UNCLEAR


def test_gains_that_were_folded_away_take_nothing_back() -> None:
    verdict, reason = judge_ratios(ratios(**every(GLU, 0.9), gains=(0.0, 0.01)), {})
    assert verdict is Shared.TRAINING and "0.00 ± 0.01" not in reason
    unlike = ratios(**every(PLAIN, 0.82), gains=(0.0, 0.01))
    assert judge_ratios(unlike, {})[0] is Shared.UNCLEAR
    contrary = ratios(**every(GLU, 0.25), gains=(0.95, 0.01))
    assert judge_ratios(contrary, {})[0] is Shared.UNCLEAR


@pytest.mark.parametrize(
    ("found", "rho", "name"),
    [("up", 0.95, NEARNESS), ("state_out", 0.99, NEARNESS), (MATCHED + "up", 0.99, MATCHED_NEARNESS)],
)
def test_what_is_not_far_above_twins_decides_only_for_what_changed_less_than_they(
    found: str, rho: float, name: str
) -> None:
    alone = ratios(**{found: (rho, 0.02)})
    near, far = (1 - by * (1 - nearest_twins(early=False)[name]) for by in (HALF - 0.01, HALF + 0.01))
    assert judge_ratios(alone, {})[0] is Shared.UNCLEAR
    assert judge_ratios(alone, {name: near})[0] is Shared.TRAINING
    assert judge_ratios(alone, {name: far})[0] is Shared.UNCLEAR
    low = ratios(**{found: (0.5, 0.02)})
    assert judge_ratios(low, {name: near})[0] is not Shared.TRAINING


@pytest.mark.parametrize(("rho", "energy"), [(1.0, 0.015), (1.3, 0.01), (0.6, 0.01)])
def test_where_little_was_learned_ratios_say_nothing(rho: float, energy: float) -> None:
    """Twins of the first steps reach .95; nor does less of it show a seed, but what twins share at most does."""
    early = ratios(energy, **every(GLU, rho))
    for nearness in ({}, {NEARNESS: 0.8}, {NEARNESS: 0.91}):
        verdict, reason = judge_ratios(early, nearness)
        assert verdict is Shared.UNCLEAR and f"training wrote only {energy:.1%}" in reason
    assert judge_ratios(ratios(energy, **every(GLU, 0.2)), {})[0] is Shared.SEED


def test_what_hardly_moved_is_linked_even_where_little_was_learned() -> None:
    for energy, shared in ((0.015, Shared.TRAINING), (FIRST_ENERGY / 2, Shared.UNCLEAR)):
        assert judge_ratios(ratios(energy, **every(GLU, 1.0, 0.01)), {NEARNESS: 0.98})[0] is shared
    unlike = ratios(0.015, **every(PLAIN, 1.0, 0.01), q=(0.6, 0.01))
    assert judge_ratios(unlike, {NEARNESS: 0.98})[0] is Shared.UNCLEAR


def test_a_ratio_of_little_is_left_out_beside_one_of_much() -> None:
    mixed = ratios(**every(("q", "k"), 1.0)) | ratios(LEAST_OF_ROLE / 2, up=(0.5, 0.02))
    verdict, reason = judge_ratios(mixed, {})
    assert verdict is Shared.TRAINING and "up" not in reason


def test_roles_without_a_learned_part_count_as_nothing_learned() -> None:
    """Queries of a T5-like model start small, and hold much early, when nothing else holds anything."""
    early = ratios(0.12, q=(0.95, 0.02), k=(0.95, 0.02))
    assert judge_ratios(early, {})[0] is Shared.TRAINING
    verdict, reason = judge_ratios(early, {}, silent=5)
    assert verdict is Shared.UNCLEAR and "training wrote only 3.4% of a side" in reason


def test_halves_of_one_matrix_count_once() -> None:
    state = ratios(0.015, **{"aligned x": (1.0, 0.01), "aligned z": (1.0, 0.01)})
    assert learned({**state, **ratios(0.08, **{"aligned out": (1.0, 0.01)})}, 0) == pytest.approx((0.015 + 0.08) / 2)


def test_what_no_twins_were_measured_of_is_passed_over() -> None:
    unknown = ratios(**{"aligned turnip": (1.0, 0.01)})
    assert judge_ratios(unknown, {})[0] is Shared.UNCLEAR
    assert judge_ratios(unknown | ratios(**every(GLU, 1.0)), {})[0] is Shared.TRAINING


def test_what_shares_little_of_the_bulk_either_is_no_twin() -> None:
    """A tenth of a merge: its learned part and its bulk correlate by a tenth."""
    assert judge_ratios(ratios(bulk=0.1, **every(GLU, 0.1)), {})[0] is Shared.UNCLEAR


def test_the_reason_gives_the_numbers() -> None:
    _, reason = judge_ratios(ratios(q=(0.3, 0.03), gate=(0.3, 0.05)), {})
    assert "0.30 ± 0.03 (q, here) and 0.30 ± 0.05 (gate, here)" in reason
    assert "below derived models" in reason
