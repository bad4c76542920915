"""Units that were taken away: neurons, value heads' dimensions, residual dimensions.

Where one model has fewer units than the other, its units (as rows of the corners) are looked for among the other's.
Kept units stand in the old order, so their places in the larger model ascend, with gaps where units were taken out.
Nobody grows a model by putting new units between old ones, so gaps tell which side is the child; units added at the
end leave none.

Null: a unit of an unrelated model is parallel to one of the other's by chance alone; rows of at least 32 entries that
agree to .98 do not occur among independent ones (the chance is below 1e-20 for each), so no p-value is made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.interface import Evidence
from stemma.evidence.units import corner, corner_shape
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

_ALIKE, _EQUAL = 0.98, 0.9995
_MINIMUM_FEATURES, _MINIMUM_FOUND, _MINIMUM_VECTORS = 32, 8, 4
_NOTHING = "no matrices at the same place differ in their number of units alone"
_KINDS = ((Role.UP, "neurons"), (Role.V, "value dimensions of the heads"))


@immutable
class Removed:
    """``smaller`` ("A" or "B") holds ``kept`` of the other's ``units`` at this kind of place; of ``searched`` units in
    its corners ``found`` have their like, ``equal`` tells that these are the same up to storage, ``ascending`` that
    they stand in the old order with gaps."""

    smaller: str
    kind: str
    kept: int
    units: int
    searched: int
    found: int
    equal: bool
    ascending: bool
    evidence: Evidence


def removed_units(a: Fingerprint, b: Fingerprint) -> Removed | Missing:
    """The first kind of unit that one side has fewer of, over the layers at the same place."""
    for role, kind in _KINDS:
        pairs = [
            (part, b.parts[key])
            for key, part in sorted(a.parts.items())
            if part.role is role and not part.bias and key in b.parts and _usable(part, b.parts[key])
        ]
        if pairs:
            return _compare(pairs, kind)
    return _residual(a, b)


def _residual(a: Fingerprint, b: Fingerprint) -> Removed | Missing:
    """Residual dimensions, by the gains and biases that run over them."""
    widths = a.facts.hidden, b.facts.hidden
    if not (is_present(widths[0]) and is_present(widths[1])) or widths[0] == widths[1]:
        return Missing(_NOTHING)
    features: tuple[list[Array], list[Array]] = ([], [])
    for key in sorted(set(a.parts) & set(b.parts)):
        x, y = a.parts[key].vector, b.parts[key].vector
        if is_present(x) and is_present(y) and (len(x), len(y)) == widths:
            features[0].append(x)
            features[1].append(y)
    if len(features[0]) < _MINIMUM_VECTORS:
        return Missing(_NOTHING)
    tables = [np.column_stack(side).astype(np.float64) for side in features]
    smaller = 1 if widths[1] < widths[0] else 0
    small, large = tables[smaller], tables[1 - smaller]
    distances = np.abs(small[:, None] - large[None]).max(axis=2)
    places, nearest = distances.argmin(axis=1), distances.min(axis=1)
    same = nearest <= 2.0**-10 * np.maximum(1.0, np.abs(small).max(axis=1))
    found, units = int(same.sum()), len(large)
    rising = bool(np.all(np.diff(places[same]) > 0)) and found >= _MINIMUM_FOUND
    gaps = found > 0 and bool(places[same][-1] > np.flatnonzero(same)[-1])
    evidence = _evidence("residual dimensions", len(features[0]), len(small), units, found, len(small), rising and gaps)
    name = "B" if smaller else "A"
    equal = found >= 0.95 * len(small)
    return Removed(name, "residual dimensions", len(small), units, len(small), found, equal, rising and gaps, evidence)


def _evidence(kind: str, sites: int, kept: int, units: int, found: int, searched: int, in_order: bool) -> Evidence:
    where = f"{kind} of {sites} layers" if kind != "residual dimensions" else f"{kind}, by {sites} gains and biases"
    return Evidence(
        test="removed units",
        site=where,
        statistic=float(found),
        effect=min(1.0, found / max(1, searched)),
        log10_p=None,
        null="unrelated units, which agree with none of the other model's",
        method="nearest units of the other model, their order and the gaps between them",
        sample=max(1, searched),
        facts={"kept": kept, "of": units, "found": found, "searched": searched, "in_order_with_gaps": in_order},
    )


def _usable(x: PartPrint, y: PartPrint) -> bool:
    both = is_present(x.coded) and is_present(y.coded) and len(x.shape) == len(y.shape) == 2
    return both and x.shape[0] != y.shape[0] and x.shape[1] == y.shape[1] and x.shape[1] >= _MINIMUM_FEATURES


def _compare(pairs: list[tuple[PartPrint, PartPrint]], kind: str) -> Removed:
    smaller = "B" if pairs[0][1].shape[0] < pairs[0][0].shape[0] else "A"
    ordered = [(x, y) if smaller == "B" else (y, x) for x, y in pairs]
    searched = found = 0
    similar: list[float] = []
    rising = gaps = True
    for large, small in ordered:
        places, best = _places(_rows(large), _rows(small))
        held = best >= _ALIKE
        searched, found = searched + _within(len(places), large, small), found + int(held.sum())
        similar.extend(best[held])
        rising &= bool(np.all(np.diff(places[held]) > 0))
        gaps &= bool(held.any() and places[held][-1] > np.flatnonzero(held)[-1])
    equal = bool(similar) and float(np.mean(np.array(similar) >= _EQUAL)) > 0.95
    kept, units = ordered[0][1].shape[0], ordered[0][0].shape[0]
    evidence = _evidence(kind, len(pairs), kept, units, found, searched, rising and gaps)
    enough = found >= _MINIMUM_FOUND
    return Removed(smaller, kind, kept, units, searched, found, equal and enough, rising and gaps and enough, evidence)


def _places(large: Array, small: Array) -> tuple[NDArray[np.int64], Array]:
    """For each unit of the smaller model its nearest unit of the larger, and their cosine."""
    cosines = small @ large.T
    return cosines.argmax(axis=1), cosines.max(axis=1)


def _rows(part: PartPrint) -> Array:
    held = corner(part)
    norms = np.sqrt(np.vecdot(held, held))
    rows: Array = held / np.where(norms > 0, norms, 1)[:, None]
    return rows


def _within(searched: int, large: PartPrint, small: PartPrint) -> int:
    """How many of the searched units can lie within the larger model's corner, were they spread evenly."""
    seen = corner_shape(large)[0] / large.shape[0] * small.shape[0]
    return max(1, min(searched, round(seen)))
