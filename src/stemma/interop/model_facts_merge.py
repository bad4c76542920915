"""mergekit_config.yml as declared parents: every model that it refers to, with its share where one number says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stemma.interop.card_results import number
from stemma.interop.cards import Claim
from stemma.interop.drafts import Draft, one_line
from stemma.vocabulary import RelationKind

MAX_MODELS = 200
MAX_DEPTH = 8


def merge_claims(draft: Draft, config: Mapping[str, Any] | None, source: str) -> list[Claim]:
    """The parents of a merge in the order of the file, each once; the base model of the method last, if it is no other.

    A share that is a list (a gradient over layers) or a filter is no single number: it is noted, not written.
    """
    if not config:
        return []
    method = one_line(config.get("merge_method"))
    found: dict[str, Claim] = {}
    for name, parameters in _referenced(config, 0):
        if name in found or len(found) >= MAX_MODELS:
            continue
        weight = parameters.get("weight") if isinstance(parameters, dict) else None
        share = number(weight)
        if weight is not None and share is None:
            draft.note(
                f"The share of {name} in the merge is no single number.",
                "It was left out.",
                place=(source, 0),
                rule="merge",
            )
        found[name] = Claim(name, source, RelationKind.MERGED_FROM, coefficient=share, method=method)
    base = _model(config.get("base_model"))
    if base and base not in found:
        note = "The base of the method: the others are merged as differences from it."
        found[base] = Claim(base, source, RelationKind.MERGED_FROM, note, method=method)
    return list(found.values())


def _referenced(config: Mapping[str, Any], depth: int) -> Iterator[tuple[str, object]]:
    """Models under ``models``, ``slices[].sources`` and ``modules.*``, with their parameters."""
    for key in ("models", "slices", "sources"):
        entries = config.get(key)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                name = _model(entry.get("model"))
                if name:
                    yield name, entry.get("parameters")
                if depth < MAX_DEPTH:
                    yield from _referenced(entry, depth + 1)
    modules = config.get("modules")
    for module in modules.values() if isinstance(modules, dict) and depth < MAX_DEPTH else ():
        if isinstance(module, dict):
            yield from _referenced(module, depth + 1)


def _model(value: object) -> str:
    """``path@revision+lora`` without revision and adapter; in its long form a mapping with model.path."""
    if isinstance(value, dict):
        inner = value.get("model")
        value = inner.get("path") if isinstance(inner, dict) else inner
    return one_line(value, 500).partition("+")[0].partition("@")[0]
