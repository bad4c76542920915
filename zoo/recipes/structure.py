"""Surgery on trained weights: zeros, dropped layers, students cut out of their teacher."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from zoo.architectures import Architecture
from zoo.corpus import Half
from zoo.recipes.interface import Bench, Made
from zoo.training import Schedule, train


@dataclass(frozen=True)
class Prune:
    """In every MLP and attention matrix the smallest `share` of the weights is set to zero."""

    share: float

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        for name, tensor in parent.model.state_dict().items():
            if tensor.dim() >= 2 and bench.architecture.part(name) != "other":
                edge = tensor.abs().flatten().kthvalue(max(1, round(self.share * tensor.numel()))).values
                tensor[tensor.abs() <= edge] = 0.0
        return parent


@dataclass(frozen=True)
class KeepLayers:
    """Only these layers of the parent, in this order; a layer named twice stands twice."""

    layers: tuple[int, ...]

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(with_layers(bench.architecture, parent.model, self.layers), parent.tokenizer)


@dataclass(frozen=True)
class Student:
    """These layers of the teacher, trained on the data and the teacher's predictions (as DistilBERT was)."""

    layers: tuple[int, ...]
    half: Half
    order: int
    schedule: Schedule

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (teacher,) = parents
        student = with_layers(bench.architecture, teacher.model, self.layers)
        batches = bench.batches(teacher.tokenizer, self.half, self.order)
        losses = train(student, batches, self.schedule, teacher=teacher.model)
        return Made(student, teacher.tokenizer, losses, self.schedule.steps)


def with_layers(architecture: Architecture, model: Any, layers: Sequence[int]) -> Any:
    """A new model of the same class whose layer i is the given model's layer `layers[i]`, in every stack.

    What only the first layer of a stack holds (T5's table of relative positions) stays with the first.
    """
    config = copy.deepcopy(model.config)
    types = vars(config).get("layer_types")
    for count in architecture.counts:
        setattr(config, count, len(layers))
    if types is not None:
        config.layer_types = [types[i] for i in layers]
    built = type(model)(config)
    source = model.state_dict()
    wanted: dict[str, torch.Tensor] = {}
    for name in built.state_dict():
        place = architecture.place(name)
        origin = f"{place.stack}{layers[place.layer]}.{place.rest}" if place else name
        wanted[name] = source[origin if origin in source else name].clone()
    built.load_state_dict(wanted)
    return built.eval()
