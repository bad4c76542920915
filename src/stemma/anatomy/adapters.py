"""Adapters stored alone: each low-rank factor stands at the site of the matrix it changes.

The block of an adapter's site names the role of its target, so ``decoder.3.q/adapter_a`` is the A of layer 3's q.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from stemma.anatomy.interface import Part, Role, Site
from stemma.anatomy.naming import Path
from stemma.anatomy.scheme import Match
from stemma.weights.interface import LazyTensor

FACTORS: Mapping[str, Role] = {
    "lora_A": Role.ADAPTER_A,
    "lora_B": Role.ADAPTER_B,
    "lora_embedding_A": Role.ADAPTER_A,
    "lora_embedding_B": Role.ADAPTER_B,
    "lora_E": Role.OTHER_VECTOR,
    "ranknum": Role.OTHER_VECTOR,
    "lora_magnitude_vector": Role.OTHER_VECTOR,
    "ia3_l": Role.OTHER_VECTOR,
}


def targets(paths: Iterable[Path]) -> tuple[list[Path], dict[str, str]]:
    """Paths with adapter endings cut off, so that they match as their target; and the ending by name."""
    endings: dict[str, str] = {}
    out: list[Path] = []
    for path in paths:
        at = next((i for i, segment in enumerate(path.segments) if segment in FACTORS), 0)
        if at:
            endings[path.name] = path.segments[at]
            path = replace(path, segments=(*path.segments[:at], "weight"))  # noqa: PLW2901
        out.append(path)
    return out, endings


def adapter_part(path: Path, tensor: LazyTensor, match: Match, ending: str) -> Part:
    """The factor as a part at the site of its target; fused targets name all their roles."""
    role = FACTORS[ending]
    target = "+".join(slot.role.value for slot in match.rule.slots) or "exempt"
    block = match.rule.slots[0].block if match.rule.slots else ""
    numbers = match.numbers
    words = (block, *numbers.extra, target, ending if role is Role.OTHER_VECTOR else "")
    site = Site(match.stack, numbers.layer, numbers.expert, ".".join(filter(None, words)))
    return Part(role, site, tensor, path.name)
