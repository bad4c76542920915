"""Facts of a model: what the tensors show, and what the configuration adds; shapes win over claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stemma.anatomy.config import ACTIVATION, HIDDEN, LAYERS, VOCABULARY, Config
from stemma.anatomy.interface import Facts, Part, Role
from stemma.identity import Missing, is_present

_SIDES = ("vision", "audio", "projector", "other")


def gather(
    raw: Mapping[str, Any] | Missing, parts: Sequence[Part], tied: bool | None, shared: bool = False
) -> tuple[Facts, list[str]]:
    """Facts of the main model, and a sentence for every claim of the configuration that the shapes contradict."""
    config = Config(raw)
    main = [part for part in parts if part.site.stack.partition(".")[0] not in _SIDES]
    said: list[str] = []
    hidden = _settle("hidden size", _hidden(main), config.number(*HIDDEN), said)
    layers = _settle("number of layers", 0 if shared else _layers(main), config.number(*LAYERS), said)
    vocabulary = _settle("vocabulary", _vocabulary(main), config.number(*VOCABULARY), said)
    facts = Facts(
        model_type=config.text("model_type"),
        hidden=hidden,
        layers=layers,
        heads=config.heads,
        kv_heads=config.kv_heads,
        head_dim=config.head_dim(hidden),
        vocabulary=vocabulary,
        position=_position(config, main),
        norm=_norm(config, main),
        activation=config.text(*ACTIVATION),
        tied=_tied(config, main) if tied is None else tied,
        shared_layers=shared,
    )
    return facts, said + _heads_fit(facts, main)


def _settle(what: str, shown: int, claimed: int | Missing, said: list[str]) -> int | Missing:
    if not shown:
        return claimed
    if is_present(claimed) and claimed != shown and not (what == "vocabulary" and claimed <= shown):
        said.append(f"The configuration claims {what} {claimed}, the tensors show {shown}.")
    return shown


def _lengths(parts: Iterable[Part], role: Role, axis: int) -> list[int]:
    matrices = (part for part in parts if part.role is role and not part.bias and len(part.tensor.shape) == 2)
    return [part.tensor.shape[axis] for part in matrices]


def _hidden(parts: Sequence[Part]) -> int:
    """Width of the residual: what the projections of layer 0 read or write, else that of the embedding."""
    first = [part for part in parts if part.site.layer == 0]
    for role, axis in ((Role.O, 0), (Role.DOWN, 0), (Role.UP, 1), (Role.STATE_OUT, 0), (Role.Q, 1)):
        if lengths := _lengths(first, role, axis):
            return lengths[0]
    lengths = _lengths(parts, Role.TOKEN_EMBEDDING, 1)
    return lengths[0] if lengths else 0


def _layers(parts: Sequence[Part]) -> int:
    """Layers of the deepest stack; gaps count, since names are what is stored."""
    return max((part.site.layer + 1 for part in parts), default=0)


def _vocabulary(parts: Sequence[Part]) -> int:
    return max(_lengths(parts, Role.TOKEN_EMBEDDING, 0) or _lengths(parts, Role.HEAD, 0), default=0)


def _position(config: Config, parts: Sequence[Part]) -> str | Missing:
    if any(part.role is Role.POSITION_EMBEDDING for part in parts):
        return "learned"
    if any(part.role is Role.RELATIVE_POSITION for part in parts):
        return "relative"
    return config.position()


def _tied(config: Config, parts: Sequence[Part]) -> bool | Missing:
    """Without a stored head: a language model whose configuration does not deny it uses its embedding."""
    roles = {part.role for part in parts}
    speaks = Role.HEAD_TRANSFORM in roles or any(part.site.stack in ("decoder", "shared") for part in parts)
    if Role.TOKEN_EMBEDDING not in roles or not speaks or config.flag("tie_word_embeddings") is False:
        return Missing("no head is stored")
    return True


def _norm(config: Config, parts: Sequence[Part]) -> str | Missing:
    """LayerNorm has biases; where there are none the configuration must say."""
    norms = (Role.ATTENTION_NORM, Role.MLP_NORM, Role.FINAL_NORM, Role.NORM)
    if any(part.role in norms and part.bias for part in parts):
        return "layernorm"
    return config.norm()


def _heads_fit(facts: Facts, parts: Sequence[Part]) -> list[str]:
    """A sentence where the claimed heads cannot be those of the value rows."""
    read = _lengths((part for part in parts if part.site.layer >= 0), Role.O, 1)
    if not read or not is_present(facts.heads) or read[0] % facts.heads == 0:
        return []
    return [f"The configuration claims {facts.heads} heads, which do not divide the {read[0]} rows of the values."]
