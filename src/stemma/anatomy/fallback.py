"""Names that no scheme knows: the layer index in the name and the shape are all that speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stemma.anatomy.interface import Part, Role, Site
from stemma.anatomy.naming import Path
from stemma.weights.interface import LazyTensor


def guess(unknown: Iterable[Path], tensors: Mapping[str, LazyTensor]) -> list[Part]:
    """A part for every unknown tensor, uncertain: its layer is the first number in the name.

    The rest of the name becomes the block, so that keys stay unique and two models of the same unknown kind
    still meet.
    """
    return [_guess(path, tensors[path.name]) for path in unknown]


def _guess(path: Path, tensor: LazyTensor) -> Part:
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
