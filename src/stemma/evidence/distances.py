"""Models as points: the entries kept to the last bit, at the same positions of several models of equal shapes.

The few entries per matrix that every fingerprint keeps exactly (``PartPrint.exact``) stand at the same positions in
every model, so differences of models can be added, projected and compared on them, however small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

Array = NDArray[np.float64]

# Bits after the leading one, by how the values are stored; anything else was computed in float32.
_FRACTION_BITS: Mapping[str, int] = {"BF16": 7, "GGUF BF16": 7, "F16": 10, "GGUF F16": 10, "ONNX FLOAT16": 10}
_LEAST_SHARED = 0.9
_LEFT_OUT = 0.01


@immutable(eq=False)
class Points:
    """Models on the same positions.

    ``values`` is models x positions, float64; ``matrix`` numbers the matrix of every position, ``keys`` names the
    matrices and ``layers`` their (stack, layer). ``rounding`` is the standard deviation that storing leaves on each
    value (models x positions): a step of its type over the root of twelve.
    """

    names: tuple[str, ...]
    values: Array
    rounding: Array
    matrix: NDArray[np.int64]
    keys: tuple[str, ...]
    layers: tuple[tuple[str, int], ...]

    def of(self, name: str) -> Array:
        """The positions of one model."""
        return np.asarray(self.values[self.names.index(name)])

    def only(self, names: Sequence[str]) -> Points:
        """The same positions of some of the models, in the order asked."""
        rows = [self.names.index(name) for name in names]
        return Points(tuple(names), self.values[rows], self.rounding[rows], self.matrix, self.keys, self.layers)


def points(models: Mapping[str, Fingerprint], first: str) -> Points | Missing:
    """Those of ``models`` whose sampled matrices have the places and shapes of those of ``first``, on their positions.

    A model joins where at least 90 % of the matrices of ``first`` stand in it with equal shapes; the positions are
    those that all which joined hold.
    """
    wanted = _sampled(models[first])
    if not wanted:
        return Missing("the model has no matrix with exact entries")
    held = {name: _sampled(model) for name, model in models.items()}
    near = [n for n in held if n != first and len(_same_places(wanted, held[n])) >= _LEAST_SHARED * len(wanted)]
    joined = [first, *sorted(near)]
    keys = sorted(set.intersection(*(set(_same_places(wanted, held[name])) for name in joined)))
    if len(joined) < 2 or not keys:
        return Missing("no other model has matrices of the same places and shapes")
    blocks = {name: [_exact(held[name][key]) for key in keys] for name in joined}
    sizes = [block.size for block in blocks[first]]
    values = np.stack([np.concatenate([b.ravel() for b in blocks[name]]) for name in joined])
    steps = np.stack([[_step(held[name][key]) for key in keys] for name in joined])
    rounding = np.abs(values) * np.repeat(steps, sizes, axis=1) / 12**0.5
    sites = [wanted[key].site for key in keys]
    return Points(
        tuple(joined),
        values,
        rounding,
        np.repeat(np.arange(len(keys)), sizes),
        tuple(keys),
        tuple((s.stack, s.layer) for s in sites),
    )


def pair_distance(a: Fingerprint, b: Fingerprint, layers: Sequence[tuple[str, str]]) -> float | Missing:
    """Relative distance of two models over the matrices that correspond, ||A - B|| / sqrt(||A|| ||B||).

    ``layers`` pairs layers of A and B as ``stack.number``; where it is empty, equal places correspond. Matrices of
    different shapes are compared over the entries that both keep. A layer that the pairs leave out counts as changed by
    one part in a hundred: taking layers out moves no weight, but of two models that are equally near otherwise the
    whole one is to be the nearer.
    """
    pairing = dict.fromkeys(((x, y) for x, y in layers)) or None
    left, right = _by_place(a), _by_place(b)
    wanted = pairing or [(place, place) for place in left if place in right]
    change = size_a = size_b = 0.0
    for x, y in wanted:
        for name, part in left.get(x, {}).items():
            if name in right.get(y, {}):
                u, v = _exact(part), _exact(right[y][name])
                rows, columns = min(u.shape[0], v.shape[0]), min(u.shape[1], v.shape[1])
                u, v = u[:rows, :columns], v[:rows, :columns]
                change += float(((u - v) ** 2).sum())
                size_a += float((u**2).sum())
                size_b += float((v**2).sum())
    alone_a = _norm_outside(left, {x for x, _ in wanted}) if pairing else 0.0
    alone_b = _norm_outside(right, {y for _, y in wanted}) if pairing else 0.0
    change += _LEFT_OUT**2 * (alone_a + alone_b)
    size_a, size_b = size_a + alone_a, size_b + alone_b
    if not size_a or not size_b:
        return Missing("no matrix with exact entries corresponds")
    return float((change / (size_a * size_b) ** 0.5) ** 0.5)


def _norm_outside(places: Mapping[str, Mapping[Any, PartPrint]], paired: set[str]) -> float:
    """The squared norm of the entries of all layers that are not paired."""
    layers = [parts for place, parts in places.items() if place not in paired and not place.endswith(".-1")]
    return sum(float((_exact(part) ** 2).sum()) for parts in layers for part in parts.values())


def _by_place(model: Fingerprint) -> dict[str, dict[tuple[int, str, str], PartPrint]]:
    places: dict[str, dict[tuple[int, str, str], PartPrint]] = {}
    for part in _sampled(model).values():
        site = part.site
        places.setdefault(f"{site.stack}.{site.layer}", {})[site.expert, site.block, part.role.value] = part
    return places


def _sampled(model: Fingerprint) -> dict[str, PartPrint]:
    return {key: part for key, part in model.parts.items() if is_present(part.exact)}


def _same_places(wanted: Mapping[str, PartPrint], parts: Mapping[str, PartPrint]) -> list[str]:
    return [
        key
        for key, part in wanted.items()
        if key in parts and parts[key].shape == part.shape and _exact(parts[key]).shape == _exact(part).shape
    ]


def _exact(part: PartPrint) -> NDArray[Any]:
    if not is_present(part.exact):
        raise ValueError(f"{part.key} has no exact entries")
    return part.exact.astype(np.float64)


def _step(part: PartPrint) -> float:
    """Relative distance of neighbouring values as they are stored, taken in the middle between two powers of two."""
    return float(2.0 ** -_FRACTION_BITS.get(part.storage, 23) / 2**0.5)
