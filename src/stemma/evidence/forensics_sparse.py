"""A change that leaves many entries alone at random: what DARE and TIES merges leave.

A dense update moves every entry it can. In bfloat16 small updates vanish where the entry is large, so there the
unmoved entries are the large ones; models in 16 bits are therefore not judged.

Facts about exact entries, no null.
"""

from __future__ import annotations

import ml_dtypes
import numpy as np

from stemma.evidence.interface import Evidence
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

_LEAST, _MOST = 0.05, 0.985
_NARROW = (ml_dtypes.bfloat16, np.float16)
_LARGEST_GAP = 0.2
_MOST_MATRICES = 0.8


@immutable
class SparseChange:
    """``unmoved`` is the share of equal entries in matrices that differ; ``scattered`` tells that nearly all of these
    hold such a share, and that equal and moved entries are of one size."""

    unmoved: float
    scattered: bool
    evidence: Evidence


def sparse_change(a: Fingerprint, b: Fingerprint) -> SparseChange | Missing:
    """How the equal entries stand in matrices that differ."""
    pairs = [
        (x.ravel(), y.ravel())
        for key in sorted(set(a.parts) & set(b.parts))
        if is_present(x := a.parts[key].exact) and is_present(y := b.parts[key].exact) and x.shape == y.shape
    ]
    pairs = [(x, y) for x, y in pairs if not np.array_equal(x, y)]
    if len(pairs) < 2:
        return Missing("fewer than two matrices with exact entries differ")
    values, others = (np.concatenate(side) for side in zip(*pairs, strict=True))
    sizes = np.array([len(x) for x, _ in pairs])
    same, matrix = values == others, np.repeat(np.arange(len(pairs)), sizes)
    equal = np.bincount(matrix, same, len(pairs))
    shares = equal / sizes
    with np.errstate(over="ignore"):
        narrow = any(np.array_equal(values.astype(k).astype(np.float32), values) for k in _NARROW)
    between = float(np.mean((shares >= _LEAST) & (shares <= _MOST)))
    logs = np.log2(np.maximum(np.abs(values), 1e-12))
    of_equal, of_moved = (np.bincount(matrix, logs * kind, len(pairs)) for kind in (same, ~same))
    both = equal > 0
    gaps = of_equal[both] / equal[both] - of_moved[both] / (sizes - equal)[both]
    gap = float(gaps.mean()) if both.any() else 0.0
    scattered = between >= _MOST_MATRICES and abs(gap) <= _LARGEST_GAP and not narrow
    evidence = Evidence(
        test="sparse change",
        site=f"{len(shares)} matrices that differ",
        statistic=float(np.mean(shares)),
        effect=float(np.mean(shares)),
        log10_p=None,
        null="none: facts about entries kept to the last bit",
        method="share of equal entries in matrices that differ; size_gap: log2 of equal over moved entries' size",
        sample=len(values),
        facts={"unmoved_share": float(np.mean(shares)), "matrices_with_both": between, "size_gap": gap},
    )
    return SparseChange(float(np.mean(shares)), scattered, evidence)
