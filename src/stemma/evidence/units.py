"""From two fingerprints to arrays of exchangeable units.

A *group* is a set of tensors that one permutation moves together: the neurons of an MLP (rows of gate and up, columns
of down), the dimensions inside an attention head that value and output share, the channels of a state-space block.
Every array here is units x features, the features of several tensors side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.fingerprint.coded import Coded
from stemma.identity import is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]


class Group(StrEnum):
    """The exchange groups inside a layer."""

    MLP = "mlp"
    ATTENTION = "attention"
    STATE = "state"


@immutable(order=True)
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
LEARNED_ROLES: Mapping[Group, tuple[Role, ...]] = {
    Group.MLP: (Role.GATE, Role.UP, Role.DOWN),
    Group.ATTENTION: (Role.Q, Role.K, Role.V, Role.O),
    Group.STATE: (Role.STATE_IN, Role.STATE_OUT),
}
"""What the learned part is compared on: also matrices whose rows are not exchangeable."""

LayerParts = Mapping[tuple[int, str, Role], PartPrint]


def by_layer(fingerprint: Fingerprint) -> Mapping[Place, LayerParts]:
    """The sampled matrices of every layer, keyed by expert, block and role."""
    layers: dict[Place, dict[tuple[int, str, Role], PartPrint]] = {}
    for part in fingerprint.parts.values():
        if part.site.layer >= 0 and is_present(part.coded) and not part.bias:
            place = Place(part.site.stack, part.site.layer)
            layers.setdefault(place, {})[part.site.expert, part.site.block, part.role] = part
    return layers


@immutable
class Crop:
    """The units and features of one exchange group that two layers both hold: rows and columns of each tensor.

    ``head`` units at a time are moved by a permutation of their own; 0 where one moves them all.
    """

    group: Group
    expert: int
    block: str
    sizes: tuple[tuple[Role, int, int], ...]
    head: int = 0


def unit_arrays(a: LayerParts, b: LayerParts, group: Group, head_dim: int | None) -> list[tuple[Array, Array]]:
    """Pairs of arrays (n x f), one pair for each permutation: each MLP or expert, each attention head.

    Only tensors that both have, over the leading units and features that both hold. ``head_dim`` is needed for
    attention; value and output are joined only where every head has its own value (no grouped queries).
    """
    crops = shared_crops(a, b, group, head_dim)
    pairs = [pair for crop in crops for pair in zip(units_of(a, crop), units_of(b, crop), strict=True)]
    return [(x, y) for x, y in pairs if len(x) >= 2]


def shared_crops(a: LayerParts, b: LayerParts, group: Group, head_dim: int | None) -> list[Crop]:
    """What both layers hold of every exchange group of a kind; see :func:`unit_arrays`."""
    crops = []
    for expert, block in sorted({(e, k) for e, k, role in a if role in _UNIT_AXES[group]}):
        roles = [r for r in _UNIT_AXES[group] if (expert, block, r) in a and (expert, block, r) in b]
        if group is Group.STATE and (len(roles) < 2 or block):
            # Channels of recurrences that are initialised by index (RWKV) are not exchangeable.
            continue
        parts = {role: (a[expert, block, role], b[expert, block, role]) for role in roles}
        if group is Group.ATTENTION:
            roles = _joined_by_heads(parts, head_dim)
        sizes = tuple((role, *overlap_shape(*(corner_shape(p) for p in parts[role]))) for role in roles)
        if sizes:
            crops.append(Crop(group, expert, block, sizes, head_dim or 0 if group is Group.ATTENTION else 0))
    return crops


def units_of(layer: LayerParts, crop: Crop) -> list[Array]:
    """The units of one layer within a crop, scaled to unit length: an array (n x f) for each permutation."""
    axes = _UNIT_AXES[crop.group]
    arrays = [corner(layer[crop.expert, crop.block, role])[:rows, :columns] for role, rows, columns in crop.sizes]
    turned = [x.T if axes[role] else x for x, (role, _, _) in zip(arrays, crop.sizes, strict=True)]
    count = min(len(x) for x in turned)
    whole = np.hstack([_unit_length(x[:count]) for x in turned])
    return [whole[i : i + crop.head] for i in range(0, count, crop.head)] if crop.head else [whole]


def _joined_by_heads(parts: Mapping[Role, tuple[PartPrint, PartPrint]], head_dim: int | None) -> list[Role]:
    widths = {role: {p.shape[_UNIT_AXES[Group.ATTENTION][role]] for p in pair} for role, pair in parts.items()}
    usable = list(parts) if len(set().union(*widths.values())) == 1 else list(parts)[:1]
    return usable if head_dim and not any(width % head_dim for role in usable for width in widths[role]) else []


def matrix_pairs(a: LayerParts, b: LayerParts, role: Role) -> list[tuple[PartPrint, PartPrint]]:
    """Matrices of a role that stand at the same place in both layers."""
    return [(a[key], b[key]) for key in sorted(a) if key[2] is role and key in b]


def overlap(x: Array, y: Array) -> tuple[Array, Array]:
    """Both arrays cut to the rows and columns they share."""
    rows, columns = overlap_shape(x.shape, y.shape)
    return x[:rows, :columns], y[:rows, :columns]


def overlap_shape(x: Sequence[int], y: Sequence[int]) -> tuple[int, int]:
    """The rows and columns that two matrices share."""
    return min(x[0], y[0]), min(x[1], y[1])


def corner(part: PartPrint) -> Array:
    """The corner of a part that :func:`by_layer` chose."""
    return _coded(part).decoded()


def corner_shape(part: PartPrint) -> tuple[int, int]:
    """Rows and columns of that corner."""
    return _coded(part).shape


def _coded(part: PartPrint) -> Coded:
    if not is_present(part.coded):
        raise ValueError(f"{part.key} has no corner")
    return part.coded


def _unit_length(units: Array) -> Array:
    norms = np.sqrt(np.vecdot(units, units))
    return units / np.where(norms > 0, norms, np.float32(1))[:, None]
