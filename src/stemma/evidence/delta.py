"""S6, delta forensics at the corners: is the change of low rank?

A fact that names a mechanism; it establishes no link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.interface import Evidence
from stemma.evidence.units import corner, overlap
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Missing, is_present

Array = NDArray[np.floating[Any]]

_NOISE_MARGIN = 1.15
_MINIMUM_SIDE = 32
_MOST_RANKED = 16


@dataclass(frozen=True)
class LowRank:
    """``changed`` of ``compared`` matrices differ; ``ranks`` of the change in at most 16 of them, evenly spread, and
    ``explained``, the least share of such a change (beyond storage noise) that its rank carries."""

    compared: int
    changed: int
    ranks: tuple[int, ...]
    explained: float
    evidence: Evidence


def low_rank_change(a: Fingerprint, b: Fingerprint) -> LowRank | Missing:
    """Rank of B - A at the corners of the matrices whose digests differ."""
    pairs = [
        (a.parts[k], b.parts[k]) for k in sorted(set(a.parts) & set(b.parts)) if _comparable(a.parts[k], b.parts[k])
    ]
    changed = [(x, y) for x, y in pairs if x.digest != y.digest]
    if not changed:
        return Missing("no sampled matrix at the same place differs")
    step = -(-len(changed) // _MOST_RANKED)
    found = [_rank(x, y) for x, y in changed[::step]]
    ranks = tuple(rank for rank, _ in found)
    explained = min(share for _, share in found)
    evidence = Evidence(
        test="change rank",
        site=f"{len(changed)} of {len(pairs)} matrices differ",
        statistic=float(np.median(ranks)),
        effect=explained,
        log10_p=None,
        null="none: the rank of a difference is a fact",
        method="singular values of the corner difference above the edge of storage noise",
        sample=len(found),
        facts={"changed": len(changed), "compared": len(pairs), "largest_rank": max(ranks)},
    )
    return LowRank(len(pairs), len(changed), ranks, explained, evidence)


def _comparable(x: PartPrint, y: PartPrint) -> bool:
    both = is_present(x.corner) and is_present(y.corner) and is_present(x.digest) and is_present(y.digest)
    return both and x.shape == y.shape and min(corner(x).shape) >= _MINIMUM_SIDE


def _rank(x: PartPrint, y: PartPrint) -> tuple[int, float]:
    before, after = overlap(corner(x), corner(y))
    change = (after - before).astype(np.float32)
    # Storing rounds each side by up to half of 1/127 of its row's largest entry, uniformly.
    steps = (np.abs(before).max(axis=1) ** 2 + np.abs(after).max(axis=1) ** 2) / 127.0**2 / 12.0
    noise = float(np.sqrt(steps.mean()))
    edge = _NOISE_MARGIN * noise * (change.shape[0] ** 0.5 + change.shape[1] ** 0.5)
    values = np.linalg.svd(change, compute_uv=False).astype(np.float64)
    above = values > edge
    signal = max(float((values**2).sum()) - change.size * noise**2, 1e-30)
    share = min(1.0, float((values[above] ** 2).sum()) / signal)
    return int(above.sum()), share
