"""The ratio that tells twins from the derived: is what training wrote shared as much as what the seed drew?

Each matrix of A is split into its learned part A_t (components above the noise edge, see ``fingerprint.spectrum``)
and its bulk A_b, and B is regressed on each: beta_t = <A_t, B> / <A_t, A_t>, beta_b = <A_b, B> / <A_b, A_b>,
averaged over matrices. rho_A = beta_t / beta_b, likewise rho_B with the sides exchanged; rho = max(rho_A, rho_B).

Null (twins): the models share their initialisation and nothing that training wrote; then rho < 1, for the bulk is
shared and the learned part is not.
Alternative (derived): B = c A + unrelated change, for whatever c; then rho is near 1.

The ratio has no exact null distribution: it is judged by a stated operating point, and only where another test has
shown that something is shared. A standard error comes from the jackknife over matrices [1].

References:
    [1] B. Efron (1982), The jackknife, the bootstrap and other resampling plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.interface import Background, Evidence
from stemma.evidence.order import Layers, Pairing
from stemma.evidence.units import Group, corner, matrix_pairs
from stemma.fingerprint import PartPrint
from stemma.identity import Missing, is_present

Array = NDArray[np.floating[Any]]
MATCHED = "matched neurons"
# Mean and standard deviation of rho over the trained twins of the calibration zoo.
_TWINS = {"mlp": (0.76, 0.07), "attention": (0.59, 0.07), MATCHED: (0.72, 0.05)}


@dataclass(frozen=True)
class Split:
    """One matrix pair over the same entries: the whole of A, its learned part, and B."""

    whole: Array
    learned: Array
    other: Array


@dataclass(frozen=True)
class Ratio:
    """rho from one side: the mean betas, their ratio, its jackknife standard error, and how many matrices spoke."""

    learned_beta: float
    bulk_beta: float
    rho: float
    error: float
    matrices: int


@dataclass(frozen=True)
class Overlap:
    """rho = max over the sides, with its error. Both sides must show a learned part, else nothing is decided."""

    rho: float
    error: float
    bulk_beta: float
    evidence: Evidence


def learned_ratio(splits: Sequence[Split]) -> Ratio | None:
    """rho of A against B; None with fewer than two matrices with a learned part, or where the bulk is not shared.

    >>> rng = np.random.default_rng(0)
    >>> seed, trained = rng.standard_normal((2, 4, 40, 40))
    >>> half = [Split(s + t, t, (s + t) / 2) for s, t in zip(seed, trained)]
    >>> round(learned_ratio(half).rho, 6)
    1.0
    """
    return ratio_of([b for b in map(_betas, splits) if b is not None])


def ratio_of(betas: Sequence[tuple[float, float]]) -> Ratio | None:
    """The ratio of mean betas (learned, bulk) with its jackknife error; None with fewer than two, or no shared bulk."""
    if len(betas) < 2:
        return None
    learned, bulk = np.array(betas).T
    if not bulk.mean() > 0:
        return None
    count = len(betas)
    left_out = (learned.sum() - learned) / (bulk.sum() - bulk)
    error = float(np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum()))
    means = float(learned.mean()), float(bulk.mean())
    return Ratio(*means, means[0] / means[1], error, count)


def learned_overlap(a: Layers, b: Layers, pairing: Pairing, group: Group) -> Overlap | Missing:
    """rho over the paired layers of one group, from both sides."""
    pairs = [pair for p, q in pairing for pair in matrix_pairs(a[p], b[q], group)]
    if not pairs:
        return Missing(f"no {group.value} matrices stand at matched places")
    ratios = [_ratio(pairs), _ratio([(y, x) for x, y in pairs])]
    known = [r for r in ratios if r is not None]
    if len(known) < 2:
        return Missing(
            f"a side shows no learned part above the noise in its {group.value} matrices, or the bulk is not shared"
        )
    best = max(known, key=lambda r: r.rho)
    return overlap_from(best, group.value, f"{best.matrices} matrices", "regression coefficients")


def overlap_from(ratio: Ratio, what: str, site: str, coefficients: str) -> Overlap:
    """The ratio of ``what`` as evidence, beside what twins of the calibration zoo show."""
    twins = _TWINS.get(what)
    evidence = Evidence(
        test=f"{what} learned part",
        site=site,
        statistic=ratio.rho,
        effect=ratio.learned_beta,
        log10_p=None,
        null="twins: the initialisation is shared and nothing that training wrote (rho well below 1)",
        method=f"ratio of {coefficients} on learned part and bulk, larger of both sides, jackknife error",
        sample=ratio.matrices,
        background=Background(*twins, "measured: twins of the calibration zoo") if twins else None,
        facts={"error": ratio.error, "learned_beta": ratio.learned_beta, "bulk_beta": ratio.bulk_beta},
    )
    return Overlap(ratio.rho, ratio.error, ratio.bulk_beta, evidence)


def _ratio(pairs: Sequence[tuple[PartPrint, PartPrint]]) -> Ratio | None:
    return learned_ratio([s for x, y in pairs if (s := _split(x, y)) is not None])


def _split(part: PartPrint, other: PartPrint) -> Split | None:
    learned = part.learned
    if not is_present(learned) or not learned.count:
        return None
    x, y = corner(part), corner(other)
    rows, columns = min(x.shape[0], y.shape[0]), min(x.shape[1], y.shape[1])
    return Split(x[:rows, :columns], learned.values[:rows, :columns], y[:rows, :columns])


def _betas(split: Split) -> tuple[float, float] | None:
    bulk = split.whole - split.learned
    learned_energy, bulk_energy = _inner(split.learned, split.learned), _inner(bulk, bulk)
    if not (learned_energy > 0 and bulk_energy > 0):
        return None
    return _inner(split.learned, split.other) / learned_energy, _inner(bulk, split.other) / bulk_energy


def _inner(x: Array, y: Array) -> float:
    return float(np.vecdot(x, y).sum(dtype=np.float64))
