"""All measures of one pair together: how far it lies above twins, how far below derived models.

Each correlation of learned parts is put beside measured twins, in deviations z_i, its own error e_i in the same unit.
They weigh by how far apart twins and derived models lie in them, d_i = (mean of derived - mean of twins) / deviation of
twins, and the less the more they err: w_i = d_i / (1 + e_i^2), the weights of the best linear discriminant if measures
went each on its own [1]. They do not: C_ij is the correlation of z_i and z_j over measured twins, where errors, which
come of different matrices, go apart. So the sum is put in its own deviations,

    above = sum w_i z_i / sqrt(w' C w + sum w_i^2 e_i^2).

References:
    [1] P. J. Bickel, E. Levina (2004), Some theory for Fisher's linear discriminant function, 'naive Bayes', and some
        alternatives when there are many more variables than observations.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stemma.evidence.calibration import Measured, calibration, together
from stemma.immutable import immutable


@immutable
class Joint:
    """Deviations above measured twins, and below measured derived models as if all measures said the same."""

    above: float
    below: float


def joint(found: Mapping[str, tuple[float, float]]) -> Joint:
    """The scores of one or more correlations by measure, each with its standard error."""
    known, names = calibration(), list(found)
    apart = np.array([_apart(known[name]) for name in names])
    errors = np.array([error / known[name].twins.deviation for name, (_, error) in found.items()])
    above = np.array([known[name].above_twins(rho) for name, (rho, _) in found.items()])
    below = np.array([known[name].below_derived(rho, error) for name, (rho, error) in found.items()])
    alike = np.array([[1.0 if x == y else together(x, y) for y in names] for x in names])
    weights = apart / (1 + errors**2)
    own = weights @ alike @ weights + ((weights * errors) ** 2).sum()
    return Joint(float(weights @ above / own**0.5), float(weights @ below / weights.sum()))


def _apart(measure: Measured) -> float:
    return (measure.derived.mean - measure.twins.mean) / measure.twins.deviation
