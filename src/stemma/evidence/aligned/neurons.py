"""Neurons in one basis: which unit of A is which of B, and do independent views of them agree?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from stemma.evidence.aligned.basis import Basis, unit_rows
from stemma.evidence.aligned.blocks import Units
from stemma.evidence.aligned.interface import Array

Matches = NDArray[np.int64]


def cosines(a: Units, b: Units, basis: Basis) -> Mapping[str, Array]:
    """Cosines (units of A x units of B) of every view that both have."""
    return {n: basis.to_b(unit_rows(a.views[n])) @ unit_rows(b.views[n]).T for n in a.views if n in b.views}


def mutual(cosine: Array) -> Matches:
    """For each row the column that is its nearest where the row is the column's nearest too, else -1."""
    if not cosine.size:
        return np.full(len(cosine), -1)
    forward, backward = cosine.argmax(axis=1), cosine.argmax(axis=0)
    return np.where(backward[forward] == np.arange(len(forward)), forward, -1)


def agreement(views: Mapping[str, Array], free: tuple[str, ...]) -> Matches:
    """Units that the first view and another match alike; -1 elsewhere."""
    found = [mutual(np.abs(c) if n in free else c) for n, c in views.items()]
    agreed = np.full(len(found[0]), -1)
    for other in found[1:]:
        agreed = np.where((found[0] >= 0) & (found[0] == other), found[0], agreed)
    return agreed


def nearest_agreement(views: Mapping[str, Array], free: tuple[str, ...]) -> Matches:
    """As :func:`agreement` with plain nearest units: for a sample of A's units against all of B's."""
    found = [(np.abs(c) if n in free else c).argmax(axis=1) for n, c in views.items()]
    agreed = np.full(len(found[0]), -1)
    for other in found[1:]:
        agreed = np.where(found[0] == other, found[0], agreed)
    return agreed


def joint(views: Mapping[str, Array], free: tuple[str, ...]) -> Array:
    """The views' cosines added up, those with a free sign under one sign."""
    fixed = sum(c for n, c in views.items() if n not in free)
    signed = sum(c for n, c in views.items() if n in free)
    total: Array = fixed + np.abs(signed)
    return total


def assigned(score: Array) -> Matches:
    """Every row's column under the best assignment: mutual nearest neighbours stand, the rest is assigned."""
    match = mutual(score)
    rows = np.flatnonzero(match < 0)
    columns = np.setdiff1d(np.arange(score.shape[1]), match)
    if len(rows) and len(columns):
        left, right = linear_sum_assignment(-score[np.ix_(rows, columns)])
        match[rows[left]] = columns[right]
    return match
