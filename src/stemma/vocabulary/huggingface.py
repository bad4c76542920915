"""What the Hugging Face hub calls relations between models, and where a relation keeps its target's name there."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.vocabulary.relations import RelationKind

NAME_ON_HUB = "x-huggingface"
"""Extension of a relation: the name of its target on the hub, as the card gives it."""

HUB_RELATIONS: Mapping[RelationKind, str] = {
    RelationKind.FINETUNED_FROM: "finetune",
    RelationKind.CONTINUED_FROM: "finetune",
    RelationKind.ADAPTER_OF: "adapter",
    RelationKind.MERGED_FROM: "merge",
    RelationKind.QUANTISED_FROM: "quantized",
}
"""``base_model_relation`` of a kind; kinds that are not here have none."""


def kind_on_hub(relation: str) -> RelationKind | None:
    """The kind that a ``base_model_relation`` means; None for a word that the hub does not know."""
    return next((kind for kind, word in HUB_RELATIONS.items() if word == relation), None)
