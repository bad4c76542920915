"""Names that no scheme knows: the layer index in the name and the shape are all that speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from stemma.anatomy.interface import Part, Role, Site
from stemma.anatomy.naming import Path
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

_TALL = 2


@immutable
class _Unknown:
    part: Part
    shape: tuple[int, ...]


def guess(unknown: Iterable[Path], tensors: Mapping[str, LazyTensor], width: int) -> list[Part]:
    """A part for every unknown tensor, uncertain: its layer is the first number in the name.

    In a layer with exactly one matrix that narrows to the width and one or two of the turned shape, these are the
    feed-forward block (gate before up, by name). A single tall table outside the layers is the token embedding.
    For all others the rest of the name becomes the block, so that keys stay unique and two models of the same
    unknown kind still meet.
    """
    guessed = [_Unknown(_plain(path, tensors[path.name]), tensors[path.name].shape) for path in unknown]
    layers: dict[tuple[str, int], list[_Unknown]] = {}
    for item in guessed:
        layers.setdefault((item.part.site.stack, item.part.site.layer), []).append(item)
    return [part for (_, layer), items in layers.items() for part in _by_shape(items, layer, width)]


def _plain(path: Path, tensor: LazyTensor) -> Part:
    segments = list(path.segments)
    bias = len(segments) > 1 and segments[-1] in ("bias", "beta")
    if len(segments) > 1 and segments[-1] in ("weight", "bias", "gamma", "beta"):
        segments.pop()
    at = next((i for i, segment in enumerate(segments) if segment.isdecimal() and len(segment) < 7), -1)
    layer = int(segments.pop(at)) if at >= 0 else -1
    matrix = len([length for length in tensor.shape if length > 1]) >= 2
    stack = ".".join(filter(None, ("other", path.component)))
    return Part(
        role=Role.OTHER_MATRIX if matrix else Role.OTHER_VECTOR,
        site=Site(stack, layer=layer, block=".".join(segments)),
        tensor=tensor,
        source=path.name,
        bias=bias and not matrix,
        certain=False,
    )


def _by_shape(items: Sequence[_Unknown], layer: int, width: int) -> list[Part]:
    roles = _feed_forward(items, width) if layer >= 0 else _table(items, width)
    return [
        replace(item.part, role=roles[item.part.source], site=replace(item.part.site, block=""))
        if item.part.source in roles
        else item.part
        for item in items
    ]


def _feed_forward(items: Sequence[_Unknown], width: int) -> dict[str, Role]:
    down = [item for item in items if len(item.shape) == 2 and item.shape[0] == width < item.shape[1]]
    if len(down) != 1:
        return {}
    up = sorted(item.part.source for item in items if item.shape == down[0].shape[::-1])
    if len(up) not in (1, 2):
        return {}
    named = dict(zip(up, (Role.UP,) if len(up) == 1 else (Role.GATE, Role.UP), strict=True))
    return {**named, down[0].part.source: Role.DOWN}


def _table(items: Sequence[_Unknown], width: int) -> dict[str, Role]:
    tall = [i for i in items if len(i.shape) == 2 and i.shape[1] == width and i.shape[0] > _TALL * width]
    return {tall[0].part.source: Role.TOKEN_EMBEDDING} if len(tall) == 1 else {}
