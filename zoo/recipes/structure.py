"""Surgery on trained weights: zeros, dropped layers, students cut out of their teacher."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoo.architectures import Shape, initialise
from zoo.corpus import Half
from zoo.recipes.interface import Bench, Made
from zoo.reparametrise import with_identity_layer, with_layers
from zoo.surgery import densified, upcycled, without_hidden, without_last_group, without_neurons
from zoo.training import Schedule


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
        losses = bench.train(student, batches, self.schedule, teacher=teacher.model)
        return Made(student, teacher.tokenizer, losses, self.schedule.steps)


@dataclass(frozen=True)
class FreshStudent:
    """A new model of the teacher's shape, trained on the data and the teacher's predictions: no weight is inherited."""

    init: int
    shape: Shape
    half: Half
    order: int
    schedule: Schedule

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (teacher,) = parents
        student = initialise(bench.architecture, self.shape, self.init)
        batches = bench.batches(teacher.tokenizer, self.half, self.order)
        losses = bench.train(student, batches, self.schedule, teacher=teacher.model)
        return Made(student, teacher.tokenizer, losses, self.schedule.steps)


@dataclass(frozen=True)
class InsertIdentity:
    """Layer `after` stands twice; the second time it adds nothing."""

    after: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(with_identity_layer(bench.architecture, parent.model, self.after), parent.tokenizer)


@dataclass(frozen=True)
class PruneNeurons:
    """In every MLP this share of the neurons, those of the smallest norm, is cut out."""

    share: float

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(without_neurons(bench.architecture, parent.model, self.share), parent.tokenizer)


@dataclass(frozen=True)
class PruneHeads:
    """The last group of heads of every layer is cut out (models whose head dimension the config names)."""

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(without_last_group(bench.architecture, parent.model), parent.tokenizer)


@dataclass(frozen=True)
class PruneHidden:
    """This share of the residual dimensions, those of the smallest norm in the embeddings, is cut out."""

    share: float

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(without_hidden(bench.architecture, parent.model, self.share), parent.tokenizer)


@dataclass(frozen=True)
class Upcycle:
    """A dense Llama as a mixture: every expert is its MLP, the router is new (Komatsuzaki et al. 2022)."""

    experts: int
    seed: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(upcycled(parent.model, self.experts, self.seed), parent.tokenizer)


@dataclass(frozen=True)
class Densify:
    """A mixture cut down to one of its experts in every layer: a dense Llama."""

    expert: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        return Made(densified(parent.model, self.expert), parent.tokenizer)
