"""Merges of models of one shape."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoo.errors import ZooError
from zoo.recipes.interface import Bench, Made


@dataclass(frozen=True)
class LinearMerge:
    """The weighted mean of the parents, tensor by tensor; weights in the order of the parents."""

    weights: tuple[float, ...]

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        if len(parents) != len(self.weights):
            raise ZooError(f"a merge of {len(self.weights)} weights got {len(parents)} parents")
        states = [parent.model.state_dict() for parent in parents]
        merged = {
            name: sum(weight * state[name] for weight, state in zip(self.weights, states, strict=True))
            for name in states[0]
        }
        parents[0].model.load_state_dict(merged)
        return Made(parents[0].model, parents[0].tokenizer)
