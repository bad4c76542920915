"""A group of specimens: all that is made for one architecture and seed."""

from dataclasses import dataclass

from zoo.architectures import ARCHITECTURES, Shape
from zoo.corpus import Half
from zoo.lineage import Paired, Specimen, Split
from zoo.recipes.interface import Recipe
from zoo.recipes.pretrain import Leg, Pretrain
from zoo.recipes.tune import Tune
from zoo.sizes import Size
from zoo.training import Schedule

_REFERENCES = ("base", "twin-order", "twin-data", "other-init")


@dataclass(frozen=True)
class Group:
    """One architecture and seed, and how its specimens are named, seeded and scheduled."""

    size: Size
    architecture: str
    seed: int
    split: Split

    def root(self, suffix: str, recipe: Recipe, exclusion: str | None, stage: int, paired: Paired = "all") -> Specimen:
        return Specimen(
            name=self.name(suffix),
            architecture=self.architecture,
            split=self.split,
            seed=self.seed,
            category=suffix,
            recipe=recipe,
            exclusion=exclusion,
            stage=stage,
            paired="reference" if suffix in _REFERENCES else paired,
        )

    def child(
        self,
        suffix: str,
        category: str,
        recipe: Recipe,
        mechanism: str | None,
        *,
        parents: tuple[str, ...] = ("base",),
        stage: int = 1,
        paired: Paired = "all",
        becomes: str | None = None,
    ) -> Specimen:
        return Specimen(
            name=self.name(suffix),
            architecture=self.architecture,
            split=self.split,
            seed=self.seed,
            category=category,
            recipe=recipe,
            parents=tuple(self.name(parent) for parent in parents),
            mechanism=mechanism,
            stage=stage,
            paired=paired,
            becomes=becomes,
        )

    def run(
        self, init: int, legs: tuple[Leg, ...], shape: Shape | None = None, length: float = 1.0, rate: float = 1.0
    ) -> Pretrain:
        return Pretrain(shape or self.size.shape, self.init(init), legs, self.schedule(length, rate))

    def tune(self, half: Half, order: int, length: float, rate: float) -> Tune:
        return Tune(half, self.order(order), self.schedule(length, rate))

    def schedule(self, length: float, rate: float) -> Schedule:
        peak = ARCHITECTURES[self.architecture].learning_rate * self.size.rate * rate
        return Schedule(self.steps(length), peak, self.size.batch_of(self.architecture))

    def layers(self) -> int:
        return ARCHITECTURES[self.architecture].layers(self.size.shape)

    def steps(self, length: float) -> int:
        return max(2, round(self.size.steps[self.architecture] * length))

    def init(self, number: int) -> int:
        """Seed of an initialisation, unlike that of any other architecture: equal ones share their first draw."""
        return 100_000 * list(ARCHITECTURES).index(self.architecture) + 1000 * self.seed + number

    def order(self, number: int) -> int:
        return 1000 * self.seed + 100 + number

    def name(self, suffix: str) -> str:
        return f"{self.architecture}-{self.seed}-{suffix}"
