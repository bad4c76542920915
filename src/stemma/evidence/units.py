"""From two fingerprints to arrays of exchangeable units.

A *group* is a set of tensors that one permutation moves together: the neurons of an MLP (rows of gate and up, columns
of down), the dimensions inside an attention head that value and output share, the channels of a state-space block.
Every array here is units x features, the features of several tensors side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import is_present

Array = NDArray[np.floating[Any]]


class Group(StrEnum):
    """The exchange groups inside a layer."""

    MLP = "mlp"
    ATTENTION = "attention"
    STATE = "state"


@dataclass(frozen=True, order=True)
class Place:
    """A layer of a stack."""

    stack: str
    layer: int

    def __str__(self) -> str:
        return f"{self.stack}.{self.layer}"


# Role -> the axis its units lie on.
_UNIT_AXES: Mapping[Group, Mapping[Role, int]] = {
    Group.MLP: {Role.GATE: 0, Role.UP: 0, Role.DOWN: 1},
    Group.ATTENTION: {Role.V: 0, Role.O: 1},
    Group.STATE: {Role.STATE_IN: 0, Role.STATE_OUT: 1},
}
# What the learned part is compared on: also matrices whose rows are not exchangeable.
_GROUP_ROLES: Mapping[Group, frozenset[Role]] = {
    Group.MLP: frozenset({Role.GATE, Role.UP, Role.DOWN}),
    Group.ATTENTION: frozenset({Role.Q, Role.K, Role.V, Role.O}),
    Group.STATE: frozenset({Role.STATE_IN, Role.STATE_OUT}),
}

LayerParts = Mapping[tuple[int, str, Role], PartPrint]


def by_layer(fingerprint: Fingerprint) -> Mapping[Place, LayerParts]:
    """The sampled matrices of every layer, keyed by expert, block and role."""
    layers: dict[Place, dict[tuple[int, str, Role], PartPrint]] = {}
    for part in fingerprint.parts.values():
        if part.site.layer >= 0 and is_present(part.corner) and not part.bias:
            place = Place(part.site.stack, part.site.layer)
            layers.setdefault(place, {})[part.site.expert, part.site.block, part.role] = part
    return layers


def unit_arrays(a: LayerParts, b: LayerParts, group: Group, head_dim: int | None) -> list[tuple[Array, Array]]:
    """Pairs of arrays (n x f), one pair for each permutation: each MLP or expert, each attention head.

    Only tensors that both have, over the leading units and features that both hold. ``head_dim`` is needed for
    attention; value and output are joined only where every head has its own value (no grouped queries).
    """
    axes = _UNIT_AXES[group]
    pairs: list[tuple[Array, Array]] = []
    for expert, block in sorted({(e, k) for e, k, role in a if role in axes}):
        shared = [r for r in axes if (expert, block, r) in a and (expert, block, r) in b]
        parts = [(a[expert, block, r], b[expert, block, r], axes[r]) for r in shared]
        if group is Group.STATE and (len(parts) < 2 or block):
            # Channels of recurrences that are initialised by index (RWKV) are not exchangeable.
            continue
        if group is Group.ATTENTION:
            pairs.extend(_per_head(parts, head_dim) if head_dim else [])
        elif parts:
            pairs.append(_side_by_side([_aligned(*p) for p in parts]))
    return [(x, y) for x, y in pairs if len(x) >= 2]


def _per_head(parts: list[tuple[PartPrint, PartPrint, int]], head_dim: int) -> list[tuple[Array, Array]]:
    widths = {p.shape[axis] for a, b, axis in parts for p in (a, b)}
    usable = parts if len(widths) == 1 else parts[:1]
    if not usable or any(p.shape[axis] % head_dim for a, b, axis in usable for p in (a, b)):
        return []
    x, y = _side_by_side([_aligned(*p) for p in usable])
    cuts = range(0, len(x), head_dim)
    return [(x[i : i + head_dim], y[i : i + head_dim]) for i in cuts]


def _side_by_side(arrays: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    units = min(len(x) for x, _ in arrays)
    return (
        np.hstack([_unit_length(x[:units]) for x, _ in arrays]),
        np.hstack([_unit_length(y[:units]) for _, y in arrays]),
    )


def matrix_pairs(a: LayerParts, b: LayerParts, group: Group) -> list[tuple[PartPrint, PartPrint]]:
    """Matrices of the group that stand at the same place in both layers."""
    return [(a[key], b[key]) for key in sorted(a) if key[2] in _GROUP_ROLES[group] and key in b]


def overlap(x: Array, y: Array) -> tuple[Array, Array]:
    """Both arrays cut to the rows and columns they share."""
    rows, columns = min(x.shape[0], y.shape[0]), min(x.shape[1], y.shape[1])
    return x[:rows, :columns], y[:rows, :columns]


def corner(part: PartPrint) -> Array:
    """The corner of a part that :func:`by_layer` chose."""
    if not is_present(part.corner):
        raise ValueError(f"{part.key} has no corner")
    return part.corner


def _aligned(a: PartPrint, b: PartPrint, axis: int) -> tuple[Array, Array]:
    x, y = overlap(corner(a), corner(b))
    return (x, y) if axis == 0 else (x.T, y.T)


def _unit_length(units: Array) -> Array:
    norms = np.sqrt(np.vecdot(units, units))
    return units / np.where(norms > 0, norms, np.float32(1))[:, None]
