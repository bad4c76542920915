"""A change that leaves many entries alone at random: what DARE and TIES merges leave.

A dense update moves every entry it can. In bfloat16 small updates vanish where the entry is large, so there the
unmoved entries are the large ones; models in 16 bits are therefore not judged.

Facts about exact entries, no null.
"""

from __future__ import annotations

from dataclasses import dataclass

import ml_dtypes
import numpy as np

from stemma.evidence.interface import Evidence
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present

_LEAST, _MOST = 0.05, 0.985
_LARGEST_GAP = 0.2
_MOST_MATRICES = 0.8


@dataclass(frozen=True)
class SparseChange:
    """``unmoved`` is the share of equal entries in matrices that differ; ``scattered`` tells that nearly all of these
    hold such a share, and that equal and moved entries are of one size."""

    unmoved: float
    scattered: bool
    evidence: Evidence


def sparse_change(a: Fingerprint, b: Fingerprint) -> SparseChange | Missing:
    """How the equal entries stand in matrices that differ."""
    shares, sizes, before = [], [], []
    for key in sorted(set(a.parts) & set(b.parts)):
        x, y = a.parts[key].exact, b.parts[key].exact
        if not (is_present(x) and is_present(y)) or x.shape != y.shape or np.array_equal(x, y):
            continue
        same = x == y
        shares.append(float(same.mean()))
        before.append(x.ravel())
        if same.any():
            logs = np.log2(np.maximum(np.abs(x), 1e-12))
            sizes.append(float(logs[same].mean() - logs[~same].mean()))
    if len(shares) < 2:
        return Missing("fewer than two matrices with exact entries differ")
    values = np.concatenate(before)
    narrow = any(np.array_equal(values.astype(k).astype(np.float32), values) for k in (ml_dtypes.bfloat16, np.float16))
    between = float(np.mean([_LEAST <= s <= _MOST for s in shares]))
    gap = float(np.mean(sizes)) if sizes else 0.0
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
