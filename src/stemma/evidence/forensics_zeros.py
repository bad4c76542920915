"""Where zeros stand: pruning entry by entry, N of M, or whole rows.

Facts about exact entries, no null: trained entries are never exactly zero in numbers that count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.interface import Evidence
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

_PATTERNS = ((1, 4), (2, 4), (4, 8))
_ALL = 0.995


@immutable
class Zeros:
    """``share`` of the exact entries are zero; ``pattern`` is "2:4" and the like, "whole rows" or "unstructured"."""

    share: float
    pattern: str
    evidence: Evidence


def zeros_of(side: Fingerprint) -> Zeros | Missing:
    """The zeros of one model's exact entries."""
    blocks = [p.exact for _, p in sorted(side.parts.items()) if is_present(p.exact) and p.exact.size]
    if not blocks:
        return Missing("no matrix has exact entries")
    zero = np.concatenate([b.ravel() for b in blocks]) == 0
    count, share = len(zero), float(zero.mean())
    pattern = zero_pattern(blocks)
    evidence = Evidence(
        test="zeros",
        site=f"{len(blocks)} matrices",
        statistic=share,
        effect=share,
        log10_p=None,
        null="none: facts about entries kept to the last bit",
        method="exact zeros among the exact entries, and how they stand",
        sample=count,
        facts={"zero_share": share, "pattern": pattern},
    )
    return Zeros(share, pattern, evidence)


def zero_pattern(blocks: list[Array]) -> str:
    """How the zeros stand in matrices (out x in): along the inputs for N of M.

    >>> zero_pattern([np.array([[0, 0, 1, 2, 3, 0, 0, 4.0]])])
    '2:4'
    """
    if all(np.count_nonzero(b) == b.size for b in blocks):
        return "none"
    for kept, group in _PATTERNS:
        zero = np.concatenate(
            [(b[:, : b.shape[1] - b.shape[1] % group] == 0).reshape(-1, group).sum(axis=1) for b in blocks]
        )
        pruned = zero[zero > 0]
        if len(pruned) >= len(zero) / 2 and np.mean(pruned == group - kept) >= _ALL:
            return f"{kept}:{group}"
    rows = np.concatenate([(b == 0).mean(axis=1) for b in blocks])
    if np.mean((rows == 0) | (rows == 1)) >= _ALL:
        return "whole rows"
    return "unstructured"
