"""Merges planted in drawn models: parents, coefficients, kinds; and what must not be taken for a merge."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from stemma.evidence.merge import Merge, MergeKind, find_merge
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing
from tests.evidence.models import Weights, draw, fingerprint, quantised, restacked, tuned

BASE = draw(1)
ONE, TWO, THREE = tuned(BASE, 11, share=0.5), tuned(BASE, 12, share=0.6), tuned(BASE, 13, share=0.2)
CATALOG: Mapping[str, Fingerprint] = {
    "base": fingerprint(BASE),
    "one": fingerprint(ONE),
    "two": fingerprint(TWO),
    "three": fingerprint(THREE),
    "sibling": fingerprint(tuned(BASE, 14, share=0.4)),
    "int8": fingerprint(quantised(BASE, 8)),
}


def _mixed(shares: Mapping[float, Weights] | list[tuple[float, Weights]]) -> Weights:
    pairs = list(shares.items()) if isinstance(shares, Mapping) else shares
    return {k: sum(np.float32(s) * w[k] for s, w in pairs).astype(np.float32) for k in BASE}  # type: ignore[union-attr]


def _changes(shares: list[tuple[float, Weights]], *, keep: float | None = None, seed: int = 0) -> Weights:
    rng = np.random.default_rng(seed)

    def made(k: object) -> np.ndarray:
        base = BASE[k]  # type: ignore[index]
        total = base.astype(np.float32)
        for share, w in shares:
            change = np.float32(share) * (w[k] - base)  # type: ignore[index]
            if keep is not None:
                change = change * (rng.random(base.shape) < keep) / np.float32(keep)
            total = total + change
        return np.asarray(total.astype(np.float32))

    return {k: made(k) for k in BASE}


def _slerp(t: float, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    u, v = a.ravel().astype(float), b.ravel().astype(float)
    angle = np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))
    return ((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)).astype(np.float32)


def _ties(shares: list[tuple[float, Weights]], density: float) -> Weights:
    made = {}
    for k, base in BASE.items():
        kept = []
        for _, w in shares:
            d = w[k] - base
            kept.append(np.where(np.abs(d) >= np.quantile(np.abs(d), 1 - density), d, 0))
        weights = np.array([s for s, _ in shares]).reshape((-1,) + (1,) * base.ndim)
        stack = np.stack(kept)
        agree = (np.sign(stack) == np.sign((weights * stack).sum(axis=0))) & (stack != 0)
        total = (weights * agree).sum(axis=0)
        change = (weights * stack * agree).sum(axis=0) / np.where(total == 0, 1, total)
        made[k] = (base + change).astype(np.float32)
    return made


def _found(weights: Weights) -> Merge:
    merge = find_merge(fingerprint(weights), CATALOG)
    assert isinstance(merge, Merge), merge
    return merge


def _coefficients(merge: Merge) -> dict[str, float]:
    return {p.name: p.coefficient for p in merge.parents}


@pytest.mark.parametrize(
    "shares", [{"one": 0.3, "two": 0.7}, {"one": 0.05, "two": 0.95}, {"one": 0.5, "two": 0.3, "three": 0.2}]
)
def test_linear_merges_give_parents_and_shares(shares: dict[str, float]) -> None:
    models = {"one": ONE, "two": TWO, "three": THREE}
    merge = _found(_mixed([(s, models[n]) for n, s in shares.items()]))
    assert merge.kind is MergeKind.LINEAR and merge.base is None and not merge.trained_on
    assert _coefficients(merge) == pytest.approx(shares, abs=1e-3)
    assert all(p.low <= p.coefficient <= p.high for p in merge.parents)


def test_slerp_gives_its_share_in_every_layer() -> None:
    curve = (0.2, 0.4, 0.6, 0.8)
    weights = {
        k: _slerp(curve[k[1].layer] if k[1].layer >= 0 else 0.5, ONE[k], TWO[k]) if w.ndim == 2 else w
        for k, w in BASE.items()
    }
    merge = _found(weights)
    assert merge.kind is MergeKind.SLERP
    at = [p.name for p in merge.parents].index("two")
    assert [layer.coefficients[at] for layer in merge.layers] == pytest.approx(curve, abs=0.01)


def test_task_arithmetic_beyond_one_names_its_base() -> None:
    merge = _found(_changes([(0.8, ONE), (0.7, TWO)]))
    assert (merge.kind, merge.base) == (MergeKind.TASK, "base")
    assert _coefficients(merge) == pytest.approx({"one": 0.8, "two": 0.7}, abs=1e-3)


def test_dare_gives_base_parents_and_weights() -> None:
    merge = _found(_changes([(0.6, ONE), (0.4, TWO)], keep=0.5))
    assert (merge.kind, merge.base) == (MergeKind.DARE, "base")
    assert _coefficients(merge) == pytest.approx({"one": 0.6, "two": 0.4}, abs=0.05)
    assert [p.density for p in merge.parents] == pytest.approx([0.5, 0.5], abs=0.05)


def test_ties_gives_base_parents_and_weights() -> None:
    merge = _found(_ties([(0.6, ONE), (0.4, TWO)], 0.6))
    assert (merge.kind, merge.base) == (MergeKind.TIES, "base")
    assert _coefficients(merge) == pytest.approx({"one": 0.6, "two": 0.4}, abs=0.05)


def test_passthrough_names_the_layer_of_every_layer() -> None:
    merge = _found(restacked(ONE, [0, -2, 2, -4], TWO))
    assert merge.kind is MergeKind.PASSTHROUGH
    assert [layer.source for layer in merge.layers] == [
        "one: decoder.0", "two: decoder.1", "one: decoder.2", "two: decoder.3",
    ]  # fmt: skip


def test_a_merge_that_was_trained_on_is_one_and_says_so() -> None:
    merge = _found(tuned(_mixed([(0.5, ONE), (0.5, TWO)]), 21, share=0.05))
    assert merge.trained_on and _coefficients(merge) == pytest.approx({"one": 0.5, "two": 0.5}, abs=0.03)


@pytest.mark.parametrize(
    "weights",
    [tuned(BASE, 31, share=0.3), tuned(ONE, 32, share=0.1), quantised(ONE, 8), BASE, draw(9)],
    ids=["sibling", "grandchild", "quantised", "copy", "stranger"],
)
def test_kin_is_no_merge(weights: Weights) -> None:
    assert isinstance(find_merge(fingerprint(weights), CATALOG), Missing)


def test_a_hundredth_of_a_stranger_is_found_where_nothing_but_rounding_is_left() -> None:
    stranger = draw(9)
    held = {**CATALOG, "stranger": fingerprint(stranger)}
    merge = find_merge(fingerprint(_mixed([(0.99, ONE), (0.01, stranger)])), held)
    assert isinstance(merge, Merge) and not merge.trained_on
    assert _coefficients(merge) == pytest.approx({"one": 0.99, "stranger": 0.01}, abs=1e-4)


def test_a_model_trained_on_is_no_merge_with_a_stranger() -> None:
    held = {**CATALOG, "stranger": fingerprint(draw(9))}
    assert isinstance(find_merge(fingerprint(tuned(ONE, 33, share=0.05)), held), Missing)


def test_an_ancestor_amid_its_children_is_no_merge() -> None:
    children = {n: CATALOG[n] for n in ("one", "two", "three", "sibling")}
    assert isinstance(find_merge(fingerprint(BASE), children), Missing)


def test_a_parent_is_no_merge_of_its_merge_and_the_other_parent() -> None:
    merge = fingerprint(_mixed([(0.5, ONE), (0.5, TWO)]))
    held = {"merge": merge, **{n: CATALOG[n] for n in ("base", "two", "three")}}
    assert isinstance(find_merge(CATALOG["one"], held), Missing)


def test_a_candidate_that_is_itself_a_merge_steps_back() -> None:
    other = fingerprint(_mixed([(0.6, ONE), (0.4, TWO)]))
    merge = find_merge(fingerprint(_mixed([(0.2, ONE), (0.8, TWO)])), {"other": other, **CATALOG})
    assert isinstance(merge, Merge)
    assert _coefficients(merge) == pytest.approx({"two": 0.8, "one": 0.2}, abs=1e-3)
