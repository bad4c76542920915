"""S1, the permutation trace: does one model order its units as the other does?

Training from an i.i.d. initialisation is equivariant to permuting hidden units, so under independence the order of
one model's units is uniformly random given the other [1, theorem 1].

Null: the n units of B stand in uniformly random order relative to those of A.
Alternative: unit i of B resembles unit i of A more than the others.

With rows scaled to unit length and columns centred, T = sum_i <a_i, b_i> has mean 0 and variance
||A B'||_F^2 / (n - 1) under the null, exactly; its tail is taken as normal.

References:
    [1] S. Zhu et al. (2025), Independence tests for language models, arXiv 2502.12292.
    [2] A. Wald, J. Wolfowitz (1944), Statistical tests based on permutations of the observations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Trace:
    """``total`` = T, its null ``variance``, the number of units, and the energies of both sides.

    Traces over independent permutations add up (:func:`add`).
    """

    total: float
    variance: float
    units: int
    energy_a: float
    energy_b: float

    @property
    def z(self) -> float:
        """T in null standard deviations; 0 where the null leaves no variance."""
        return self.total / math.sqrt(self.variance) if self.variance > 0 else 0.0

    @property
    def correlation(self) -> float:
        """T over the root of both energies: the correlation of the units' entries."""
        product = self.energy_a * self.energy_b
        return self.total / math.sqrt(product) if product > 0 else 0.0


def permutation_trace(a: Array, b: Array) -> Trace:
    """S1 for two arrays of n units x f features in one hypothesised order.

    Raises:
        ValueError: the shapes differ, or there are fewer than two units.
    """
    if a.shape != b.shape or a.ndim != 2 or len(a) < 2:
        raise ValueError(f"got units of shapes {a.shape} and {b.shape}, expected two equal shapes with n >= 2")
    a, b = _prepared(a), _prepared(b)
    gram = a @ b.T
    variance = float(np.vecdot(gram, gram).sum(dtype=np.float64)) / (len(a) - 1)
    return Trace(
        float(np.trace(gram, dtype=np.float64)),
        variance,
        len(a),
        float(np.vecdot(a, a).sum(dtype=np.float64)),
        float(np.vecdot(b, b).sum(dtype=np.float64)),
    )


def add(traces: Sequence[Trace]) -> Trace:
    """The sum of traces over independent permutations."""
    return Trace(
        sum(t.total for t in traces),
        sum(t.variance for t in traces),
        sum(t.units for t in traces),
        sum(t.energy_a for t in traces),
        sum(t.energy_b for t in traces),
    )


def _prepared(units: Array) -> Array:
    norms = np.sqrt(np.vecdot(units, units))
    scaled = units / np.where(norms > 0, norms, np.float32(1))[:, None]
    centred: Array = scaled - scaled.mean(axis=0)
    return centred
