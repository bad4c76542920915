"""S6, delta forensics at the corners: is the change of low rank, how low, and which side carries it?

A fact that names a mechanism; it establishes no link.

*Rank*: each row of B - A is divided by what storing the corners (and, in 16-bit models, the weights) adds to it, so
that noise has unit variance everywhere; singular values above the edge of such noise [1], sqrt(rows) + sqrt(columns),
count.
The rank of the adapter is the one that most of the changed matrices show.

*Which side carries it*: an adapter writes directions that its base did not have ("intruder dimensions" [2]). For each
direction u, s, v of the change, u'Av and u'Bv = u'Av + s are compared: a base holds little of it, the child nearly
all. Two children of one base show both kinds side by side. ``carried_by_b`` is the share of directions of which B
holds more.

References:
    [1] V. Marchenko, L. Pastur (1967), Distribution of eigenvalues for some sets of random matrices.
    [2] R. Shuttleworth et al. (2024), LoRA vs full fine-tuning: an illusion of equivalence, arXiv 2410.21228.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.interface import Evidence
from stemma.evidence.units import corner, corner_shape, overlap
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

_NOISE_MARGIN = 1.05
_MINIMUM_SIDE = 32
_MOST_RANKED = 16
_LOW = 3  # no change of low rank has more directions than this part of its side
_SPACING = {"BF16": 2.0**-8, "GGUF BF16": 2.0**-8, "F16": 2.0**-11, "GGUF F16": 2.0**-11}


@immutable
class LowRank:
    """``changed`` of ``compared`` matrices differ; ``ranks`` of the change in at most 16 of them, evenly spread, up to
    the first of no low rank, and ``explained``, the least share of such a change (beyond storage noise) that its rank
    carries.

    ``rank`` is the most common one; ``roles`` are those of all changed matrices; ``sides`` the shortest sides of the
    ranked corners. Of ``directions`` of change (of those of low rank), the share ``carried_by_b`` stands out in B
    rather than in A.
    """

    compared: int
    changed: int
    ranks: tuple[int, ...]
    explained: float
    rank: int
    roles: tuple[str, ...]
    side: int
    directions: int
    carried_by_b: float
    evidence: Evidence


@immutable(eq=False)
class _Ranked:
    rank: int
    explained: float
    held_by_a: Array
    held_by_b: Array


def low_rank_change(a: Fingerprint, b: Fingerprint) -> LowRank | Missing:
    """Rank of B - A at the corners of the matrices whose digests differ."""
    pairs = [
        (a.parts[k], b.parts[k]) for k in sorted(set(a.parts) & set(b.parts)) if _comparable(a.parts[k], b.parts[k])
    ]
    changed = sorted(((x, y) for x, y in pairs if x.digest != y.digest), key=lambda pair: pair[0].role)
    if not changed:
        return Missing("no sampled matrix at the same place differs")
    step = -(-len(changed) // _MOST_RANKED)
    found: list[_Ranked] = []
    for x, y in changed[::step]:
        found.append(_rank(x, y))
        if found[-1].rank > min(corner_shape(x)) // _LOW:
            break
    ranks = tuple(f.rank for f in found)
    explained = min(f.explained for f in found)
    by_a, by_b = (np.concatenate(side) for side in zip(*((f.held_by_a, f.held_by_b) for f in found), strict=True))
    carried = float(np.mean(by_b > by_a)) if len(by_a) else 0.5
    common = Counter(r for r in ranks if r).most_common()
    rank = max((r for r, n in common if n == common[0][1]), default=0)
    roles = tuple(sorted({x.role.value for x, _ in changed}))
    evidence = Evidence(
        test="change rank",
        site=f"{len(changed)} of {len(pairs)} matrices differ",
        statistic=float(rank),
        effect=explained,
        log10_p=None,
        null="none: the rank of a difference is a fact",
        method="singular values of the corner difference, rows in units of storage noise, above the edge of such noise",
        sample=len(found),
        facts={
            "changed": len(changed),
            "compared": len(pairs),
            "rank": rank,
            "largest_rank": max(ranks),
            "matrices_with_that_rank": sum(r == rank for r in ranks),
            "roles": ", ".join(roles),
            "directions": len(by_a),
            "carried_by_b": carried,
        },
    )
    side = min(min(corner_shape(x)) for x, _ in changed)
    return LowRank(len(pairs), len(changed), ranks, explained, rank, roles, side, len(by_a), carried, evidence)


def _comparable(x: PartPrint, y: PartPrint) -> bool:
    both = is_present(x.coded) and is_present(y.coded) and is_present(x.digest) and is_present(y.digest)
    return both and x.shape == y.shape and min(corner_shape(x)) >= _MINIMUM_SIDE


def _rank(x: PartPrint, y: PartPrint) -> _Ranked:
    before, after = (side.astype(np.float64) for side in overlap(corner(x), corner(y)))
    noise = np.sqrt(_storage_variance(before, x) + _storage_variance(after, y))
    units = np.maximum(noise, 1e-30)[:, None]
    change = (after - before) / units
    values = np.linalg.svd(change, compute_uv=False)
    edge = _NOISE_MARGIN * (change.shape[0] ** 0.5 + change.shape[1] ** 0.5)
    rank = int((values > edge).sum())
    if not 0 < rank <= min(change.shape) // _LOW:  # its directions, thrice as costly, tell nothing
        return _Ranked(rank, _explained(values, rank, change.size), np.zeros(0), np.zeros(0))
    left, values, right = np.linalg.svd(change, full_matrices=False)
    left, right = left[:, :rank], right[:rank]
    held = [np.abs(np.vecdot(left.T @ (side / units), right)) for side in (before, after)]
    return _Ranked(rank, _explained(values, rank, change.size), held[0], held[1])


def _explained(values: Array, rank: int, noise: int) -> float:
    """The share of the energy beyond ``noise`` that the first ``rank`` values carry."""
    signal = max(float((values**2).sum()) - noise, 1e-30)
    return min(1.0, float((values[:rank] ** 2).sum()) / signal)


def _storage_variance(values: Array, part: PartPrint) -> Array:
    """Variance that storing adds to each row: uniform over 1/127 of its largest entry, and over the weights' own
    spacing where they are stored in 16 bits."""
    codes = np.abs(values).max(axis=1) ** 2 / 127.0**2 / 12.0
    spacing = _SPACING.get(part.storage, 0.0)
    # The spacing of a number is between half of ``spacing`` and all of it, relative to its size.
    own: Array = codes + (0.75 * spacing) ** 2 / 12.0 * np.mean(values**2, axis=1)
    return own
