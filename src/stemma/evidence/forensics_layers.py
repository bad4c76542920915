"""Layers over a layer map: which are the same bit for bit, and what the layers without a partner are.

Facts, no null. An *idle* layer writes nothing: its outputs are zero. A *repeated* layer holds the weights of another
layer of its own model. What is neither was removed from, or put into, the other model.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.adapter import gram, mantel
from stemma.evidence.interface import Evidence
from stemma.evidence.order import Layers, Pairing
from stemma.evidence.units import LayerParts, Place, overlap
from stemma.identity import is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

_LIKE = 0.5
_COHERENT, _DIMENSIONS = 6.0, 192
_INPUTS = (Role.UP, Role.GATE, Role.STATE_IN)


@immutable
class LayerFacts:
    """Over the map: ``equal`` of ``compared`` matrices are equal; ``used_twice`` by side; of the layers that only one
    side has, which are ``idle`` and which ``repeated``, and which are neither (``alone``); ``at_home`` tells of each
    side that the latter read the same residual stream as its other layers."""

    compared: int
    equal: int
    used_twice: tuple[int, int]
    alone: tuple[tuple[Place, ...], tuple[Place, ...]]
    idle: tuple[tuple[Place, ...], tuple[Place, ...]]
    repeated: tuple[tuple[Place, ...], tuple[Place, ...]]
    at_home: tuple[bool, bool]
    evidence: Evidence

    @property
    def exact(self) -> bool:
        """Every matrix of the mapped layers is equal, value for value."""
        return self.equal == self.compared > 0


def layer_facts(a: Layers, b: Layers, pairing: Pairing) -> LayerFacts:
    """Look at the layers of both models along a layer map that another test has found."""
    kept = [(p, q) for p, q in pairing if not (_idle(a[p]) or _idle(b[q]))]
    compared = equal = 0
    for p, q in kept:
        for key in a[p].keys() & b[q].keys():
            x, y = a[p][key].digest, b[q][key].digest
            if is_present(x) and is_present(y):
                compared, equal = compared + 1, equal + (x == y)
    sides = [_unpaired(layers, [pair[side] for pair in kept]) for side, layers in enumerate((a, b))]
    at_home = (_at_home(a, sides[0][1], kept, 0), _at_home(b, sides[1][1], kept, 1))
    evidence = Evidence(
        test="layers over the map",
        site=f"{len(kept)} pairs of layers",
        statistic=float(equal),
        effect=equal / max(1, compared),
        log10_p=None,
        null="none: equal digests are equal values, and zeros are zeros",
        method="value digests of mapped layers; the others by their outputs and their likeness among themselves",
        sample=max(1, compared),
        facts={
            "equal_matrices": equal,
            "compared_matrices": compared,
            "idle": [str(p) for side in sides for p in side[2]],
            "repeated": [str(p) for side in sides for p in side[3]],
        },
    )
    (twice_a, alone_a, idle_a, again_a), (twice_b, alone_b, idle_b, again_b) = sides
    return LayerFacts(
        compared, equal, (twice_a, twice_b), (alone_a, alone_b), (idle_a, idle_b), (again_a, again_b), at_home, evidence
    )


def _unpaired(layers: Layers, used: list[Place]) -> tuple[int, tuple[Place, ...], tuple[Place, ...], tuple[Place, ...]]:
    """How many layers are used twice; layers without a partner: neither, idle, repeated."""
    twice = sum(n > 1 for n in Counter(used).values())
    left = sorted(set(layers) - set(used))
    idle = tuple(p for p in left if _idle(layers[p]))
    repeated = tuple(p for p in left if p not in idle and any(_alike(layers[p], layers[q]) for q in layers if q != p))
    return twice, tuple(p for p in left if p not in idle and p not in repeated), idle, repeated


def _at_home(layers: Layers, alone: tuple[Place, ...], kept: list[tuple[Place, Place]], side: int) -> bool:
    """Whether every layer without a partner reads the residual stream as the mapped layers of its model do (Mantel's
    test at 6 standard scores): layers of another model that were put between do not."""
    others = [m for pair in kept for m in _inputs(layers[pair[side]])]
    found = [_inputs(layers[p]) for p in alone]
    if not others or not all(found):
        return False
    size = min(_DIMENSIONS, *(m.shape[1] for some in (others, *found) for m in some))
    whole = gram(others, size)[None]
    return all(mantel(gram(some, size)[None], whole) >= _COHERENT for some in found)


def _inputs(parts: LayerParts) -> list[Array]:
    return [p.coded.decoded() for p in parts.values() if p.role in _INPUTS and is_present(p.coded)]


def _idle(parts: LayerParts) -> bool:
    """Every output matrix of the layer is zero."""
    outputs = [p for p in parts.values() if p.role in (Role.DOWN, Role.O, Role.STATE_OUT) and is_present(p.moments)]
    return bool(outputs) and all(
        is_present(p.moments) and p.moments.smallest == p.moments.largest == 0 for p in outputs
    )


def _alike(x: LayerParts, y: LayerParts) -> bool:
    """Whether the inputs of two layers' MLPs point the same way: not so in layers that were trained apart."""
    for key, part in x.items():
        if part.role in (Role.UP, Role.STATE_IN) and key in y:
            first, second = part.coded, y[key].coded
            if is_present(first) and is_present(second):
                p, q = overlap(first.decoded(), second.decoded())
                norm = float(np.linalg.norm(p) * np.linalg.norm(q))
                return norm > 0 and float(np.vdot(p, q)) / norm > _LIKE
    return False
