"""S5, passthrough: a model put together from layers of others, each taken over bit for bit."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.fingerprint import Fingerprint
from stemma.identity import is_present
from stemma.immutable import immutable

_NEARLY_ALL = 0.95
Layer = tuple[str, int]


@immutable
class Taken:
    """Where each layer (stack, number) was taken from: model and layer; ``share`` of its matrices that are the same."""

    source: Mapping[Layer, tuple[str, Layer]]
    share: float


def layers_taken(query: Fingerprint, candidates: Mapping[str, Fingerprint]) -> Taken | None:
    """The models that all layers of ``query`` come from, where no single one has them all; None otherwise.

    A layer's origin is the candidate layer that shares most matrices with it bit for bit; among equals one of the model
    that gives most layers, then the same place, then the name.
    """
    wanted = _layers(query)
    held = {(name, layer): parts for name, model in candidates.items() for layer, parts in _layers(model).items()}
    if len(wanted) < 2:
        return None
    options = {layer: _origins(parts, held) for layer, parts in wanted.items()}
    if any(not found for found in options.values()):
        return None
    usage = {name: sum(any(o[0] == name for o in found) for found in options.values()) for name in candidates}
    if max(usage.values()) == len(wanted):
        return None
    source = {layer: min(found, key=lambda o: (-usage[o[0]], o[1] != layer, o)) for layer, found in options.items()}
    return Taken(source, 1.0)


def _origins(
    parts: Mapping[str, bytes], held: Mapping[tuple[str, Layer], Mapping[str, bytes]]
) -> list[tuple[str, Layer]]:
    return [
        origin
        for origin, theirs in held.items()
        if sum(theirs.get(name) == value for name, value in parts.items()) >= _NEARLY_ALL * len(parts)
    ]


def _layers(model: Fingerprint) -> dict[Layer, dict[str, bytes]]:
    """The exact entries of every layer's matrices that hold more than one value, by what they do."""
    layers: dict[Layer, dict[str, bytes]] = {}
    for part in model.parts.values():
        if part.site.layer >= 0 and is_present(part.exact) and part.exact.min() < part.exact.max():
            name = f"{part.site.expert} {part.site.block} {part.role} {part.shape}"
            layers.setdefault((part.site.stack, part.site.layer), {})[name] = part.exact.tobytes()
    return layers
