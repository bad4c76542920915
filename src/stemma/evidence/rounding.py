"""Rounding, grids and zeros: how the exact entries of one model come out of the other's.

From the few entries per matrix that fingerprints keep to the last bit, after matching them by role and site:

* *rounded*: the share of entries of one side that are the other side's entries rounded to bfloat16 or float16;
* *quantised*: rows of one side lie on an even grid and are the other side's rows to the nearest step;
* *pruned*: entries that are exactly zero on one side and not on the other, the rest unchanged.

Null: none; these are facts about entries. Where they hold for all compared entries, one side was computed from the
other: two runs of one seed share no entry that training touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from stemma.evidence.grid import in_blocks, rounded_shares
from stemma.evidence.interface import Evidence
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]
_TYPES: tuple[tuple[str, np.dtype[Any]], ...] = (
    ("bfloat16", np.dtype(ml_dtypes.bfloat16)),
    ("float16", np.dtype(np.float16)),
)


@immutable
class EntryFacts:
    """Shares of the compared entries; ``rounded_b_of_a`` names the type whose rounding turns A into B, or "".

    ``zeroed_in_b``: share of entries that are zero in B and not in A; ``kept_in_b``: share of B's other entries that
    equal A's up to rounding; ``gridded_b``: share of B's rows that are A's rounded to an even grid; likewise for A.
    ``blocks_gridded_b``: the same for blocks of 32 entries, or for whole rows where those fit better.
    ``relative_change`` is ||B - A|| / ||A||, ``equal`` the bit-equal share.
    """

    equal: float
    relative_change: float
    rounded_b_of_a: str
    rounded_a_of_b: str
    zeroed_in_a: float
    zeroed_in_b: float
    kept_in_a: float
    kept_in_b: float
    gridded_a: float
    gridded_b: float
    blocks_gridded_a: float
    blocks_gridded_b: float
    evidence: Evidence


def entry_facts(a: Fingerprint, b: Fingerprint) -> EntryFacts | Missing:
    """Compare the exact entries of matrices at the same place."""
    pairs: list[tuple[Array, Array]] = []
    for key in sorted(set(a.parts) & set(b.parts)):
        x, y = a.parts[key].exact, b.parts[key].exact
        if is_present(x) and is_present(y):
            rows, columns = min(x.shape[0], y.shape[0]), min(x.shape[1], y.shape[1])
            pairs.append((x[:rows, :columns], y[:rows, :columns]))
    if not pairs:
        return Missing("no matrix with exact entries stands at the same place in both models")
    x, y = (np.concatenate([part.ravel() for part in side]) for side in zip(*pairs, strict=True))
    norm = float(np.linalg.norm(x))
    change = float(np.linalg.norm(y - x)) / norm if norm else float("inf")
    equal = float(np.mean(x == y))
    evidence = Evidence(
        test="entry comparison",
        site=f"{len(pairs)} matrices",
        statistic=change,
        effect=equal,
        log10_p=None,
        null="none: facts about entries kept to the last bit",
        method="entry by entry at the same role and site",
        sample=len(x),
        facts={"bit_equal_share": equal, "relative_change": change},
    )
    return EntryFacts(
        equal,
        change,
        _rounding(x, y),
        _rounding(y, x),
        float(np.mean((x == 0) & (y != 0))),
        float(np.mean((y == 0) & (x != 0))),
        _kept(y, x),
        _kept(x, y),
        *_gridded(pairs),
        evidence,
    )


def _gridded(pairs: Sequence[tuple[Array, Array]]) -> tuple[float, float, float, float]:
    """Mean shares on a grid of rows of A, of rows of B, and of rows or blocks of A and of B, whichever fit better."""
    means = {}
    for side, both in (("a", [(y, x) for x, y in pairs]), ("b", pairs)):
        rows = rounded_shares(both)
        blocks = rounded_shares([(in_blocks(fine), in_blocks(coarse)) for fine, coarse in both])
        means[side] = float(np.mean(rows)), float(np.mean(np.maximum(rows, blocks)))
    return means["a"][0], means["b"][0], means["a"][1], means["b"][1]


def _rounding(fine: Array, coarse: Array) -> str:
    """The type to which ``fine`` must be rounded to become ``coarse``; "" if none does, or nothing was rounded."""
    if np.array_equal(fine, coarse):
        return ""
    for name, dtype in _TYPES:
        with np.errstate(over="ignore"):
            if np.array_equal(fine.astype(dtype).astype(np.float32), coarse):
                return name
    return ""


def _kept(before: Array, after: Array) -> float:
    """Share of the non-zero entries of ``after`` that equal ``before`` to within bfloat16 rounding."""
    alive = after != 0
    if not alive.any():
        return 0.0
    close = np.abs(after[alive] - before[alive]) <= np.abs(before[alive]) * 2.0**-8
    return float(np.mean(close))
