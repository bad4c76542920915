"""Attention heads in one basis, freed of what an evader may do inside a head.

Value and output of a head share an inner space in which any invertible transform is free (V -> M V, O -> O M^-1), query
and key likewise within what the rotary embedding allows. Each pair of factors is put into *balanced form*, where both
factors have the same inner Gram matrix: that fixes the transform up to a rotation. The rotation is fitted on one factor
and the other factor, which took no part in the fit, is judged; and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from stemma.evidence.aligned.blocks import Head
from stemma.evidence.aligned.interface import Array

_FLOOR = 1e-6
Pair = tuple[Array, Array]


def balanced(inner: Array, outer: Array) -> Pair:
    """Factors ``inner`` (d x h) and ``outer`` (r d x h) after the transform that makes their inner Grams equal.

    With P = M'M the transform solves P G P = H for the Grams G of ``inner`` and H of ``outer`` (mean over its r
    heads): P is their geometric mean, and M its symmetric root, the least change of all that balance. A factor of
    zeros, as in a layer that adds nothing, cannot be balanced: both stay as they are.
    """
    if not (inner.any() and outer.any()):
        return inner, outer
    width = len(inner)
    heads = outer.reshape(-1, width, outer.shape[1])
    of_inner = inner.astype(np.float64) @ inner.T
    of_outer = np.mean([(x.astype(np.float64) @ x.T) for x in heads], axis=0)
    root, back = _roots(of_inner)
    middle, _ = _roots(root @ of_outer @ root)
    both, inverse = _roots(back @ middle @ back)
    return both.astype(np.float32) @ inner, (inverse.astype(np.float32) @ heads).reshape(outer.shape)


def _roots(gram: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The symmetric root and its inverse; directions that hold nothing are kept from blowing up."""
    values, vectors = np.linalg.eigh((gram + gram.T) / 2)
    values = np.maximum(values, max(values[-1], np.finfo(np.float64).tiny) * _FLOOR)
    return (vectors * np.sqrt(values)) @ vectors.T, (vectors / np.sqrt(values)) @ vectors.T


def head_pairs(a: Sequence[Head], b: Sequence[Head]) -> dict[str, Pair]:
    """Q, K, V and O of one attention block of A beside B's, heads assigned and freed; ``b`` is in A's basis.

    Each matrix of B was turned by rotations that were fitted on its partner alone. Heads of which a factor is all zero
    (idle layers have such) are left out: nothing fixes their inner basis. Nothing where heads differ in width or in
    queries for a key.
    """
    made: dict[str, list[Pair]] = {}
    if a[0].k.shape != b[0].k.shape or a[0].q.shape != b[0].q.shape:
        return {}
    for i, j in _assigned(_likeness([_stacked(x) for x in a], [_stacked(y) for y in b])):
        for name, pair in _freed(a[i], _reordered(a[i], b[j])).items():
            made.setdefault(name, []).append(pair)
    return {n: (np.concatenate([x for x, _ in p]), np.concatenate([y for _, y in p])) for n, p in made.items()}


def _freed(a: Head, b: Head) -> dict[str, Pair]:
    pairs: dict[str, Pair] = {}
    for inner, outer in (("v", "o"), ("k", "q")):
        if not all(getattr(head, factor).any() for head in (a, b) for factor in (inner, outer)):
            continue
        x, x_outer = balanced(getattr(a, inner), getattr(a, outer))
        y, y_outer = balanced(getattr(b, inner), getattr(b, outer))
        heads_x, heads_y = (o.reshape(-1, len(x), o.shape[1]) for o in (x_outer, y_outer))
        by_inner, by_outer = _rotation(x @ y.T), _rotation(np.einsum("rih,rjh->ij", heads_x, heads_y, optimize=True))
        pairs[inner] = (x, by_outer @ y)
        pairs[outer] = (x_outer, (by_inner @ heads_y).reshape(x_outer.shape))
    return pairs


def _rotation(cross: Array) -> Array:
    """The rotation R for which x ~ R y, from x y'."""
    left, _, right = np.linalg.svd(cross)
    rotation: Array = left @ right
    return rotation


def _reordered(a: Head, b: Head) -> Head:
    """B's group with its queries in the order of A's."""
    width = len(a.k)
    parts = [[np.hstack([q, o]) for q, o in zip(_cut(h.q, width), _cut(h.o, width), strict=True)] for h in (a, b)]
    order = [j for _, j in _assigned(_likeness(*parts))]
    return Head(
        np.concatenate([_cut(b.q, width)[j] for j in order]),
        b.k,
        b.v,
        np.concatenate([_cut(b.o, width)[j] for j in order]),
    )


def _cut(stacked: Array, width: int) -> list[Array]:
    return [stacked[i : i + width] for i in range(0, len(stacked), width)]


def _stacked(head: Head) -> Array:
    return np.hstack([head.k, head.v])


def _likeness(a: Sequence[Array], b: Sequence[Array]) -> Array:
    """How far the row spaces of two heads overlap, whatever basis is chosen inside each; d x (2 h) each."""
    half = a[0].shape[1] // 2
    score = np.zeros((len(a), len(b)))
    for side in (slice(None, half), slice(half, None)):
        spans_a = [np.linalg.qr(x[:, side].T)[0] for x in a]
        spans_b = [np.linalg.qr(y[:, side].T)[0] for y in b]
        score += [[float(np.sum((x.T @ y) ** 2)) for y in spans_b] for x in spans_a]
    return score


def _assigned(score: Array) -> list[tuple[int, int]]:
    left, right = linear_sum_assignment(-score)
    return [(int(i), int(j)) for i, j in zip(left, right, strict=True)]
