"""The score of a family graph, by hand."""

from __future__ import annotations

import pytest

from zoo.score.tree_edges import score_tree

TRUTH = [("a", "b", "M2"), ("a", "c", "M7"), ("b", "d", "M9"), ("c", "d", "M9")]


def test_a_perfect_graph_scores_one() -> None:
    score = score_tree(TRUTH, [(p, c, m, True) for p, c, m in TRUTH])
    assert (score.f1, score.right, score.wrong) == (1.0, 4, 0)


def test_types_count_coarsely_and_directions_apart() -> None:
    claimed = [("a", "b", "M3", False), ("c", "a", "M1", True), ("b", "d", "M2", True)]
    score = score_tree(TRUTH, claimed)
    assert (score.found, score.joined, score.right, score.wrong) == (2, 3, 0, 1)
    assert score.precision == pytest.approx(2 / 3) and score.recall == pytest.approx(1 / 2)
    assert score.f1 == pytest.approx(4 / 7)


def test_copies_are_one_model() -> None:
    score = score_tree(TRUTH, [("copy", "b", "M2", True), ("a", "copy", "M1", False)], {"copy": "a"})
    assert (score.found, score.claimed) == (1, 1)
