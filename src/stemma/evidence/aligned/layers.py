"""Layers of both models as they are asked for: read once, a few kept, samples taken of the rest."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from stemma.anatomy.interface import Role
from stemma.evidence.aligned.blocks import Head, Units, heads_of, unit_places, units_of
from stemma.evidence.aligned.interface import Array, Dimensions, WeightSource, whole
from stemma.evidence.gains import GAIN_ROLES
from stemma.evidence.units import Place

_KEPT = 2


class Layers:
    """The layers with neurons or channels of one model; the last few read are kept in memory.

    ``dimensions`` are those of the residual stream that are looked at, in this order; None looks at all.
    """

    def __init__(self, source: WeightSource, dimensions: Dimensions | None = None) -> None:
        self.source = source
        self._dimensions = slice(None) if dimensions is None else dimensions
        self.places = unit_places(source)
        self._kept: OrderedDict[Place, Units | None] = OrderedDict()

    def units(self, place: Place) -> Units | None:
        """The units of a layer, or None where its matrices are of another kind."""
        if place not in self._kept:
            self._kept[place] = self._units(place)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(place)
        return self._kept[place]

    def _units(self, place: Place) -> Units | None:
        units = units_of(self.source, place)
        if units is None:
            return None
        return Units({n: v[:, self._dimensions] for n, v in units.views.items()}, units.expert, units.free)

    def heads(self, place: Place) -> list[list[Head]]:
        """The key/value groups of every plain attention block of a layer."""
        kept = self._dimensions
        return [
            [Head(h.q[:, kept], h.k[:, kept], h.v[:, kept], h.o[:, kept]) for h in block]
            for block in heads_of(self.source, place)
        ]

    def gains(self, place: Place) -> dict[tuple[str, Role], Array]:
        """The gains of a layer over the residual stream, by block and role."""
        width, source = self.source.facts.hidden, self.source
        return {
            (site.block, role): whole(source, (role, site))[self._dimensions]
            for (role, site), shape in source.shapes.items()
            if role in GAIN_ROLES and Place(site.stack, site.layer) == place and shape == (width,)
        }

    def depth(self, stack: str) -> int:
        """Number of such layers in a stack."""
        return sum(p.stack == stack for p in self.places)


def sampled(units: Units, count: int) -> Units:
    """``count`` units, evenly picked."""
    if len(units) <= count:
        return units
    picked = np.linspace(0, len(units) - 1, count).round().astype(np.int64)
    return Units({n: v[picked] for n, v in units.views.items()}, units.expert[picked], units.free)


def comparable(a: Units | None, b: Units | None) -> bool:
    """Whether both layers have the same views over residual streams of one width."""
    if a is None or b is None or a.views.keys() != b.views.keys():
        return False
    name = next(iter(a.views))
    return bool(a.views[name].shape[1] == b.views[name].shape[1])
