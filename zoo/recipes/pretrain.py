"""From scratch: bases, twins, forks, independents, and models that were never trained."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoo.architectures import Shape, initialise
from zoo.corpus import Half
from zoo.recipes.interface import Bench, Made
from zoo.training import Batch, Schedule


@dataclass(frozen=True)
class Leg:
    """From step `start` on, the batches come from this half of the corpus in this order."""

    start: int
    half: Half
    order: int


@dataclass(frozen=True)
class Pretrain:
    """A run from a fresh initialisation. Runs with equal first legs are one run until their legs part."""

    shape: Shape
    init: int
    legs: tuple[Leg, ...]
    schedule: Schedule

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        tokenizer = bench.tokenizer()
        model = initialise(bench.architecture, self.shape, self.init)
        sources = [bench.batches(tokenizer, leg.half, leg.order) for leg in self.legs]

        def batches(step: int) -> Batch:
            current = max(i for i, leg in enumerate(self.legs) if leg.start <= step)
            return sources[current](step)

        losses = bench.train(model, batches, self.schedule)
        return Made(model, tokenizer, losses, self.schedule.steps)

    def shared_share(self, other: "Pretrain") -> float:
        """The share of this run's steps that `other` took too; 0 when nothing but the init may be shared."""
        if (self.shape, self.init, self.schedule) != (other.shape, other.init, other.schedule):
            return 0.0
        steps = self.schedule.steps
        parted = next((s for s in range(steps) if self._leg(s) != other._leg(s)), steps)
        return parted / steps

    def _leg(self, step: int) -> tuple[Half, int]:
        leg = [leg for leg in self.legs if leg.start <= step][-1]
        return leg.half, leg.order


@dataclass(frozen=True)
class Untrained:
    """An initialisation, saved as it is."""

    shape: Shape
    init: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        return Made(initialise(bench.architecture, self.shape, self.init).eval(), bench.tokenizer())
