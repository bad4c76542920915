"""S1, the permutation trace: does one model order its units as the other does?

Training from an i.i.d. initialisation is equivariant to permuting hidden units, so under independence the order of
one model's units is uniformly random given the other [1, theorem 1].

Null: the n units of B stand in uniformly random order relative to those of A.
Alternative: unit i of B resembles unit i of A more than the others.

With rows scaled to unit length and columns centred, T = sum_i <a_i, b_i> has under the null, exactly and with
G = A B', mean 0, variance sum G_ij^2 / (n - 1) and third moment n sum G_ij^3 / ((n - 1) (n - 2)) [3]. Its tail is
Pearson's type III with these moments, never below the normal's and never below 1 / n! [4].

Measured on 206 pairs of small trained models, 20,000 permutations of 96 residual dimensions each: skewness -.005 to
.009, excess kurtosis -.03 to 0, and .96, .90, .92 times the normal tail at 1e-3, 1e-4, 1e-5. The third moment matters
where few units carry the resemblance.

References:
    [1] S. Zhu et al. (2025), Independence tests for language models, arXiv 2502.12292.
    [2] A. Wald, J. Wolfowitz (1944), Statistical tests based on permutations of the observations.
    [3] W. Hoeffding (1951), A combinatorial central limit theorem.
    [4] P. W. Mielke, K. J. Berry (2007), Permutation methods, chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.tails import log10_least_p, log10_skewed_tail, stouffer
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

_ROWS = 192  # of the products of all units at a time: what follows finds them in the processor's cache
TAIL = "three exact moments, Pearson III tail"


@immutable
class Trace:
    """``total`` = T, its null ``variance`` and ``third`` moment, the number of units, the energies of both sides.

    ``least`` is the log10 of the smallest p-value that so many permutations can show. Traces over independent
    permutations add up (:func:`add`).
    """

    total: float
    variance: float
    third: float
    least: float
    units: int
    energy_a: float
    energy_b: float

    @property
    def z(self) -> float:
        """T in null standard deviations; 0 where the null leaves no variance."""
        return self.total / math.sqrt(self.variance) if self.variance > 0 else 0.0

    @property
    def skewness(self) -> float:
        """Third null moment in null standard deviations."""
        return float(self.third / self.variance**1.5) if self.variance > 0 else 0.0

    @property
    def log10_p(self) -> float:
        """log10 of the chance of a T so large under the null."""
        return max(log10_skewed_tail(self.z, self.skewness), self.least)

    @property
    def correlation(self) -> float:
        """T over the root of both energies: the correlation of the units' entries."""
        product = self.energy_a * self.energy_b
        return self.total / math.sqrt(product) if product > 0 else 0.0


@immutable(eq=False)
class Prepared:
    """Units (n x f) with rows scaled to unit length and columns centred, and their sum of squares."""

    units: Array
    energy: float

    def __len__(self) -> int:
        return len(self.units)


def permutation_trace(a: Array, b: Array) -> Trace:
    """S1 for two arrays of n units x f features in one hypothesised order.

    Raises:
        ValueError: the shapes differ, or there are fewer than two units.
    """
    if a.shape != b.shape or a.ndim != 2 or len(a) < 2:
        raise ValueError(f"got units of shapes {a.shape} and {b.shape}, expected two equal shapes with n >= 2")
    return trace_of(prepared(a), prepared(b))


def prepared(units: Array) -> Prepared:
    """Units as :func:`trace_of` takes them."""
    norms = np.sqrt(np.vecdot(units, units))
    scaled = units / np.where(norms > 0, norms, np.float32(1))[:, None]
    centred = scaled - scaled.mean(axis=0)
    return Prepared(centred, float(np.vecdot(centred, centred).sum(dtype=np.float64)))


def trace_of(a: Prepared, b: Prepared) -> Trace:
    """:func:`permutation_trace` of units that are :func:`prepared`; for units that are compared with many others."""
    count = len(a)
    total = second = third = 0.0
    for start in range(0, count, _ROWS):
        gram = a.units[start : start + _ROWS] @ b.units.T
        squares = gram * gram
        total += float(np.trace(gram[:, start:], dtype=np.float64))
        second += float(squares.sum(dtype=np.float64))
        third += float(np.vecdot(squares, gram).sum(dtype=np.float64))
    return Trace(
        total,
        second / (count - 1),
        third * count / ((count - 1) * max(1, count - 2)),
        log10_least_p(count),
        count,
        a.energy,
        b.energy,
    )


def add(traces: Sequence[Trace]) -> Trace:
    """The sum of traces over independent permutations."""
    if len(traces) == 1:
        return traces[0]
    return Trace(
        sum(t.total for t in traces),
        sum(t.variance for t in traces),
        sum(t.third for t in traces),
        sum(t.least for t in traces),
        sum(t.units for t in traces),
        sum(t.energy_a for t in traces),
        sum(t.energy_b for t in traces),
    )


def log10_joined_p(traces: Sequence[Trace]) -> float:
    """log10 p of Stouffer's sum of the standard scores of traces over independent permutations."""
    skewness = sum(t.skewness for t in traces) / len(traces) ** 1.5
    return max(log10_skewed_tail(stouffer([t.z for t in traces]), skewness), sum(t.least for t in traces))
