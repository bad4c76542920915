"""Residual order: one permutation test over the residual dimensions of the whole model.

All norm gains and residual biases and the embedding columns of shared anchor tokens are stacked as features of the
residual dimensions, for they are all moved by one and the same permutation. Features are put to normal scores first,
so that a few outlier dimensions cannot carry the result. The leading 768 dimensions are tested: any choice made before
looking is as good as another.

Null: the residual dimensions of B stand in uniformly random order relative to A's.
Alternative: they share an order (copies, descendants, twins, inherited embeddings).

Not run where sinusoidal position tables are added to the residual stream: these tie dimensions to their index in every
model that uses them.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.trace import TAIL, permutation_trace
from stemma.fingerprint import Anchors, Fingerprint
from stemma.identity import Missing, is_present

Array = NDArray[np.floating[Any]]

_MINIMUM_DIMENSIONS = 32
# Enough to show any sharing that matters, in a test whose cost grows with the square of the dimensions.
_DIMENSIONS, _TOKENS = 768, 96
_INDEXED_POSITIONS = frozenset({"sinusoidal"})


def residual_order(a: Fingerprint, b: Fingerprint) -> Evidence | Missing:
    """S1 over residual dimensions, or why it was not run."""
    for side in (a, b):
        if side.facts.position in _INDEXED_POSITIONS:
            return Missing("sinusoidal position tables tie residual dimensions to their index")
    hidden = a.facts.hidden
    if not is_present(hidden) or hidden != b.facts.hidden:
        return Missing("the residual widths differ or are unknown")
    features = {**_vectors(a, b, hidden), **_tokens(a, b, hidden)}
    if not features or hidden < _MINIMUM_DIMENSIONS:
        return Missing("no gains, biases or shared tokens over enough residual dimensions")
    scores = {name: (normal_scores(x), normal_scores(y)) for name, (x, y) in features.items()}
    groups = {name: permutation_trace(x, y) for name, (x, y) in scores.items()}
    whole = permutation_trace(*(np.hstack(side) for side in zip(*scores.values(), strict=True)))
    return Evidence(
        test="residual order",
        site="the whole model",
        statistic=whole.z,
        effect=whole.correlation,
        log10_p=whole.log10_p,
        null="the residual dimensions of one model stand in random order relative to the other's",
        method=f"permutation trace over residual dimensions, normal scores, {TAIL}",
        sample=whole.units,
        background=Background(0.0, 1.0, "exact: permutations of independent dimensions"),
        per_site=tuple(SiteValue(n, n, t.z, t.log10_p, t.correlation) for n, t in groups.items()),
        facts={"features": sum(x.shape[1] for x, _ in features.values())},
    )


def shared_anchors(a: Anchors, b: Anchors) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions in A's and in B's anchors of the tokens that both hold (by string, or by id in both)."""
    if a.by_string != b.by_string:
        empty = np.zeros(0, np.int64)
        return empty, empty
    _, left, right = np.intersect1d(a.keys, b.keys, assume_unique=True, return_indices=True)
    return left.astype(np.int64), right.astype(np.int64)


def normal_scores(features: Array) -> NDArray[np.float32]:
    """Each column replaced by the normal quantiles of its ranks; equal values share the mean of theirs.

    Gains stored in 16 bits and biases that never moved are full of ties; to break these by position would tie the
    dimensions of all models to their index.
    """
    columns = np.ascontiguousarray(features.T)
    order = np.argsort(columns, axis=1)
    ranked = np.take_along_axis(columns, order, axis=1)
    scores = np.empty(columns.shape, np.float32)
    np.put_along_axis(scores, order, _scores_of_ranked(ranked), axis=1)
    return np.ascontiguousarray(scores.T)


def _scores_of_ranked(ranked: Array) -> NDArray[np.float32]:
    """For rows in rising order: the mean normal quantile over each run of equal values, 0 in rows of one value."""
    count = ranked.shape[1]
    begins = np.ones(ranked.shape, bool)
    np.not_equal(ranked[:, 1:], ranked[:, :-1], out=begins[:, 1:])
    starts = np.flatnonzero(begins)
    sizes = np.diff(starts, append=ranked.size)
    up_to = np.concatenate([[0.0], np.cumsum(_normal_quantiles(count))])
    means = (up_to[starts % count + sizes] - up_to[starts % count]) / sizes
    means[sizes == count] = 0.0
    return np.repeat(means.astype(np.float32), sizes).reshape(ranked.shape)


@lru_cache(maxsize=8)
def _normal_quantiles(count: int) -> Array:
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / count) for i in range(count)])


def _vectors(a: Fingerprint, b: Fingerprint, hidden: int) -> dict[str, tuple[Array, Array]]:
    """The leading dimensions of gains and residual biases that both models have at one place, as columns."""
    gains: list[tuple[Array, Array]] = []
    biases: list[tuple[Array, Array]] = []
    for key in sorted(set(a.parts) & set(b.parts)):
        x, y = a.parts[key].vector, b.parts[key].vector
        if not (is_present(x) and is_present(y)) or not all(_over_residual(side, key, hidden) for side in (a, b)):
            continue
        if min(len(x), len(y)) >= min(hidden, _DIMENSIONS):
            (biases if a.parts[key].bias else gains).append((x[:_DIMENSIONS], y[:_DIMENSIONS]))
    found = {"norm gains": gains, "residual biases": biases}
    return {
        name: (np.column_stack([x for x, _ in pairs]), np.column_stack([y for _, y in pairs]))
        for name, pairs in found.items()
        if pairs
    }


def _over_residual(fingerprint: Fingerprint, key: str, hidden: int) -> bool:
    """True for gains and biases whose index runs over residual dimensions, not over neurons or head dimensions."""
    part = fingerprint.parts[key]
    if part.shape != (hidden,):
        return False
    if part.bias:
        return part.role.value in {"o", "down", "norm", "attention_norm", "mlp_norm", "final_norm"}
    return part.role.value in {"norm", "attention_norm", "mlp_norm", "final_norm"}


def _tokens(a: Fingerprint, b: Fingerprint, hidden: int) -> dict[str, tuple[Array, Array]]:
    if not (is_present(a.anchors) and is_present(b.anchors)):
        return {}
    left, right = (side[:_TOKENS] for side in shared_anchors(a.anchors, b.anchors))
    if not len(left) or a.anchors.embedding.shape[1] != hidden or b.anchors.embedding.shape[1] != hidden:
        return {}
    return {
        "embedding columns": (
            a.anchors.embedding[left, :_DIMENSIONS].T,
            b.anchors.embedding[right, :_DIMENSIONS].T,
        )
    }
