"""Neuron order and head order: S1 in every layer, joined across layers.

Null: within every exchange group (an MLP's neurons, a head's dimensions) the units of B stand in uniformly random
order relative to A's. Groups are permuted independently, so their standard scores add up by Stouffer's method.
Alternative: the groups of matched layers share an order, as copies, descendants and twins do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.tails import log10_simes, stouffer
from stemma.evidence.trace import TAIL, Prepared, Trace, add, log10_joined_p, prepared, trace_of
from stemma.evidence.units import Crop, Group, LayerParts, Place, shared_crops, units_of
from stemma.identity import Missing

MINIMUM_UNITS = 24
_EXACT = Background(0.0, 1.0, "exact: permutations of independent units")

Pairing = Sequence[tuple[Place, Place]]
Layers = Mapping[Place, LayerParts]
UnitsOf = Callable[[LayerParts, Crop], list[Prepared]]


def prepared_units(layer: LayerParts, crop: Crop) -> list[Prepared]:
    """The units of a layer within a crop, ready for S1."""
    return [prepared(units) for units in units_of(layer, crop)]


def remembered_units() -> UnitsOf:
    """:func:`prepared_units` from memory: a layer meets many others, and is made ready once for each crop.

    For layers that stay for as long as the memory does.
    """
    known: dict[tuple[int, Crop], list[Prepared]] = {}

    def units(layer: LayerParts, crop: Crop) -> list[Prepared]:
        key = id(layer), crop
        if key not in known:
            known[key] = prepared_units(layer, crop)
        return known[key]

    return units


def layer_trace(
    a: LayerParts, b: LayerParts, group: Group, head_dim: int | None, units: UnitsOf = prepared_units
) -> Trace | None:
    """S1 of one pair of layers, added over its groups; None with fewer than 24 units in all.

    ``units`` gives :func:`prepared_units`, from memory (:func:`remembered_units`) where layers are compared with many.
    """
    crops = shared_crops(a, b, group, head_dim)
    pairs = [pair for crop in crops for pair in zip(units(a, crop), units(b, crop), strict=True)]
    arrays = [(x, y) for x, y in pairs if len(x) >= 2]
    if sum(len(x) for x, _ in arrays) < MINIMUM_UNITS:
        return None
    trace = add([trace_of(x, y) for x, y in arrays])
    return trace if trace.variance > 0 else None


def unit_order(a: Layers, b: Layers, pairing: Pairing, group: Group, head_dim: int | None) -> Evidence | Missing:
    """S1 over all paired layers of one group, or why there is none."""
    traces = [(p, q, layer_trace(a[p], b[q], group, head_dim)) for p, q in pairing]
    found = [(p, q, t) for p, q, t in traces if t is not None]
    if not found:
        return Missing(f"no pair of layers has comparable {group.value} units")
    z = stouffer([t.z for _, _, t in found])
    total = add([t for _, _, t in found])
    sites = tuple(SiteValue(str(p), str(q), t.z, t.log10_p, t.correlation) for p, q, t in found)
    return Evidence(
        test=f"{group.value} order",
        site=f"{len(found)} layers",
        statistic=z,
        effect=total.correlation,
        log10_p=log10_joined_p([t for _, _, t in found]),
        null="the units of one model stand in random order relative to the other's (independent initialisation)",
        method=f"permutation trace per exchange group, {TAIL}, Stouffer across layers",
        sample=total.units,
        background=_EXACT,
        per_site=sites,
        facts={"layers": len(found), "strongest_layer_z": max(t.z for _, _, t in found)},
    )


def some_layer_shared(order: Evidence) -> float:
    """log10 p that no layer at all shares an order: Simes over the layers of an order test."""
    return log10_simes([s.log10_p for s in order.per_site if s.log10_p is not None])
