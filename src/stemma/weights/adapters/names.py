"""Names of adapter tensors taken apart: which module they belong to, and what they are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from stemma.errors import MalformedFile
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

_PREFIXES = ("base_model.model.", "base_model.")
_LEAVES = ("weight", "bias")


class Kind(StrEnum):
    """What an adapter tensor is at its module."""

    A = "a"
    B = "b"
    EMBEDDING_A = "embedding_a"
    EMBEDDING_B = "embedding_b"
    SINGULAR = "singular"
    RANK = "rank"
    MAGNITUDE = "magnitude"
    BIAS = "bias"
    TOKENS = "tokens"
    REPLACEMENT = "replacement"
    PROMPT = "prompt"


_MARKS = {
    "lora_A": Kind.A,
    "lora_B": Kind.B,
    "lora_embedding_A": Kind.EMBEDDING_A,
    "lora_embedding_B": Kind.EMBEDDING_B,
    "lora_E": Kind.SINGULAR,
    "ranknum": Kind.RANK,
    "lora_magnitude_vector": Kind.MAGNITUDE,
    "trainable_tokens_delta": Kind.TOKENS,
}


@immutable
class AdapterPart:
    """One tensor of an adapter. ``target`` is the tensor of the base that it changes, as the base would name it.

    ``scale`` is what the product of the two matrices is multiplied by; 1 where it has no meaning.
    """

    kind: Kind
    target: str
    tensor: LazyTensor
    scale: float = 1.0


def parse_name(name: str) -> tuple[Kind, str]:
    """Kind and target of an adapter tensor; the target is the name of a base tensor (``....q_proj.weight``)."""
    prefixed = name
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            name = name.removeprefix(prefix)
            break
    if name == prefixed and name.startswith("prompt_"):
        return Kind.PROMPT, name
    pieces = name.split(".")
    marks = [position for position, piece in enumerate(pieces) if piece in _MARKS]
    if not marks:
        return Kind.REPLACEMENT, _plain(pieces)
    position = marks[-1]
    kind, leaf = _MARKS[pieces[position]], pieces[-1]
    module = [piece for piece in pieces[:position] if piece not in ("base_layer", "token_adapter")]
    if kind is Kind.B and leaf == "bias":
        return Kind.BIAS, ".".join([*module, "bias"])
    return kind, ".".join([*module, "weight"])


def _plain(pieces: list[str]) -> str:
    """Without ``base_layer``, and without ``modules_to_save`` and the adapter's name that may follow it."""
    kept: list[str] = []
    for position, piece in enumerate(pieces):
        named = position > 0 and pieces[position - 1] == "modules_to_save" and piece not in _LEAVES
        if piece not in ("base_layer", "modules_to_save") and not named:
            kept.append(piece)
    return ".".join(kept)


def match(target: str, base: Mapping[str, LazyTensor]) -> str | None:
    """The base's name for ``target``: the same, or the only one that differs by leading components."""
    if target in base:
        return target
    found = [name for name in base if name.endswith("." + target) or target.endswith("." + name)]
    return found[0] if len(found) == 1 else None


def by_target(parts: Iterable[AdapterPart]) -> dict[str, dict[Kind, AdapterPart]]:
    """Parts gathered by target. Raises MalformedFile where two claim one place."""
    gathered: dict[str, dict[Kind, AdapterPart]] = {}
    for part in parts:
        place = gathered.setdefault(part.target, {})
        if part.kind in place:
            held = place[part.kind].tensor.name
            raise MalformedFile(part.tensor.name, f"a second {part.kind.value} beside {held}", "one for each module")
        place[part.kind] = part
    return gathered
