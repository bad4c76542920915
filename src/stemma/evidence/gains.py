"""The gains of the norms: a learned part that no seed drew.

A norm's gain starts at one value for all dimensions, so that its deviations from their mean are what training wrote and
nothing else: no noise to split off, and no least strength to ask for. Two models that stand in one basis are compared
gain by gain over the residual dimensions, and every layer has one vote.

Null (twins): gains start equal, and each training moved them on its own; then their correlation is 0, or, where the
data and the basis that they share drove both the same way, somewhere below 1.
Alternative (derived): the gains of one went on from those of the other; then it is 1, less what either learned since.

A gain can be folded into the matrices that read through it at no cost: a low correlation says nothing. It has no exact
null distribution and is judged beside measured twins, as the learned parts of matrices are
(``evidence.learned_overlap``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.learned_overlap import Correlation
from stemma.evidence.learned_parts import Overlap, overlap_from
from stemma.evidence.order import Pairing
from stemma.evidence.units import Place
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present

Vector = NDArray[np.floating[Any]]
GAINS = "gains"
GAIN_ROLES = (Role.ATTENTION_NORM, Role.MLP_NORM, Role.NORM)
_HALF_PRECISION, _CLEAR = 2.0**-11, 4.0


def gain_overlap(a: Fingerprint, b: Fingerprint, pairing: Pairing) -> Overlap | Missing:
    """Their correlation over the paired layers, dimension by dimension in the order they stand in."""
    ours, theirs = _by_place(a), _by_place(b)
    pairs = (
        (str(p), x, theirs[q][key])
        for p, q in pairing
        if p in ours and q in theirs
        for key, x in ours[p].items()
        if key in theirs[q]
    )
    return overlap_of_gains(pairs)


def overlap_of_gains(pairs: Iterable[tuple[str, Vector, Vector]]) -> Overlap | Missing:
    """The correlation as evidence, from layer and both gains; gains of unequal length are passed over."""
    found = gain_correlation(pairs)
    if found is None:
        return Missing(f"{GAINS}: fewer than two layers have gains that training moved on both sides")
    return overlap_from(found, GAINS, f"{found.matrices} gains", "mean correlation of gains, error over layers")


def gain_correlation(pairs: Iterable[tuple[str, Vector, Vector]]) -> Correlation | None:
    """Mean over layers of the mean correlation of their gains; None with fewer than two layers.

    Gains that stand out of rounding to half precision by less than a few times are passed over.

    >>> moved = np.array([0.9, 1.0, 1.2, 1.1])
    >>> gain_correlation([("0", moved, moved), ("1", moved, 2 - moved)]).rho
    0.0
    """
    layers: dict[str, list[float]] = {}
    for layer, x, y in pairs:
        if x.shape == y.shape and _moved(x) and _moved(y):
            layers.setdefault(layer, []).append(float(np.corrcoef(x, y)[0, 1]))
    if len(layers) < 2:
        return None
    votes = np.array([np.mean(found) for found in layers.values()])
    error = float(votes.std(ddof=1) / len(votes) ** 0.5)
    return Correlation(float(votes.mean()), error, 1.0, sum(map(len, layers.values())), 1.0)


def _moved(gain: Vector) -> bool:
    return bool(gain.std() > _CLEAR * _HALF_PRECISION * np.abs(gain).max())


def _by_place(model: Fingerprint) -> dict[Place, dict[tuple[str, Role], Vector]]:
    places: dict[Place, dict[tuple[str, Role], Vector]] = {}
    for part in model.parts.values():
        if part.role in GAIN_ROLES and not part.bias and part.site.layer >= 0 and is_present(part.vector):
            place = Place(part.site.stack, part.site.layer)
            places.setdefault(place, {})[part.site.block, part.role] = part.vector.astype(np.float64)
    return places
