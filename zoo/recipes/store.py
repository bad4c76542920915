"""The same weights in other files, and files that claim to be another model's."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoo.recipes.interface import Bench, Made, Storage


@dataclass(frozen=True)
class Store:
    """The parent, stored another way."""

    storage: Storage

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(parent.model, parent.tokenizer, storage=self.storage)


@dataclass(frozen=True)
class Fabricate:
    """The last parent's weights under a card that names another model as their base."""

    claimed: str

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        card = f"---\nbase_model: {self.claimed}\n---\nA fine-tune of {self.claimed}.\n"
        parent.model.config._name_or_path = self.claimed
        return Made(parent.model, parent.tokenizer, storage=Storage(card=card))
