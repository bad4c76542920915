"""Balanced form removes what is free inside a head, and fits on one factor leave the other to be judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stemma.evidence.aligned.basis import rotation
from stemma.evidence.aligned.blocks import Head
from stemma.evidence.aligned.heads import balanced, head_pairs
from stemma.evidence.aligned.neurons import agreement, assigned


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_balanced_form_is_the_same_up_to_a_rotation_whatever_transform_was_applied(seed: int, heads: int) -> None:
    rng = np.random.default_rng(seed)
    inner, outer = rng.standard_normal((6, 40)), rng.standard_normal((heads, 6, 40))
    mixed = rng.standard_normal((6, 6)) + 2 * np.eye(6)
    assume(np.linalg.cond(mixed) < 20)  # an evader who all but removes a direction leaves nothing to recover of it
    moved = (np.linalg.inv(mixed).T @ outer).reshape(-1, 40)
    x, x_outer = balanced(inner.astype(np.float32), outer.reshape(-1, 40).astype(np.float32))
    y, y_outer = balanced((mixed @ inner).astype(np.float32), moved.astype(np.float32))
    left, _, right = np.linalg.svd(x @ y.T)
    scale, scale_outer = float(np.abs(x).max()), float(np.abs(x_outer).max())
    assert (left @ right) @ y == pytest.approx(x, abs=0.05 * scale)
    assert (left @ right) @ y_outer[:6] == pytest.approx(x_outer[:6], abs=0.05 * scale_outer)
    assert x @ x.T == pytest.approx(sum(o @ o.T for o in x_outer.reshape(heads, 6, 40)) / heads, rel=0.1, abs=0.05)


def test_heads_that_write_nothing_are_left_out() -> None:
    """Idle layers have such heads: no inner basis, and nothing that could be divided by."""
    rng = np.random.default_rng(6)
    q, k, v, o = (rng.standard_normal((8, 32)).astype(np.float32) for _ in range(4))
    found = head_pairs([Head(q, k, v, np.zeros_like(o))], [Head(q, k, v, o)])
    assert set(found) == {"k", "q"}
    assert all(np.isfinite(side).all() for pair in found.values() for side in pair)


def test_a_rotation_is_recovered_exactly() -> None:
    rng = np.random.default_rng(3)
    turn, _ = np.linalg.qr(rng.standard_normal((24, 24)))
    rows = rng.standard_normal((100, 24)).astype(np.float32)
    found = rotation(rows.T @ (rows @ turn).astype(np.float32))
    assert found.to_a((rows @ turn).astype(np.float32)) == pytest.approx(rows, abs=1e-3)
    assert found.to_b(rows) == pytest.approx(rows @ turn, abs=1e-3)


def test_two_independent_views_agree_about_once() -> None:
    """The null of the count: fixed points of a random matching, mean at most 1 for each pair of views."""
    rng = np.random.default_rng(4)
    counts = [
        np.count_nonzero(agreement({n: rng.standard_normal((60, 60)) for n in ("gate", "up")}, ()) >= 0)
        for _ in range(200)
    ]
    assert np.mean(counts) < 1.2 and max(counts) < 8


def test_an_assignment_uses_every_unit_once() -> None:
    score = np.random.default_rng(5).standard_normal((30, 40))
    match = assigned(score)
    assert (match >= 0).all() and len(set(match.tolist())) == 30


def test_a_factor_of_zeros_is_left_as_it_is() -> None:
    inner, nothing = np.ones((4, 12), np.float32), np.zeros((8, 12), np.float32)
    for x, y in (balanced(inner, nothing), balanced(nothing[:4], inner)):
        assert np.isfinite(x).all() and np.isfinite(y).all()
    assert not balanced(inner, nothing)[1].any()


def test_heads_of_two_shapes_have_no_inner_basis_in_common() -> None:
    rng = np.random.default_rng(6)

    def head(width: int, queries: int) -> Head:
        rows = (queries * width, width, width, queries * width)
        return Head(*(rng.standard_normal((n, 32)).astype(np.float32) for n in rows))

    assert head_pairs([head(8, 1)], [head(16, 1)]) == head_pairs([head(8, 1)], [head(8, 2)]) == {}
    assert set(head_pairs([head(8, 2)], [head(8, 2)])) == {"q", "k", "v", "o"}


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (0, 0)])
def test_nothing_is_nearest_to_nothing(shape: tuple[int, int]) -> None:
    assert assigned(np.zeros(shape)).tolist() == [-1] * shape[0]
