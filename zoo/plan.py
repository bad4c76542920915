"""Which specimens a zoo of a given size holds."""

from collections.abc import Iterator
from dataclasses import dataclass

from zoo.architectures import ARCHITECTURES, Shape
from zoo.corpus import Half
from zoo.lineage import Specimen, Split
from zoo.recipes.evade import Permute
from zoo.recipes.interface import Recipe
from zoo.recipes.merge import LinearMerge
from zoo.recipes.pretrain import Leg, Pretrain, Untrained
from zoo.recipes.quantise import RoundTripInt8
from zoo.recipes.structure import KeepLayers, Prune, Student
from zoo.recipes.tune import ExtendVocabulary, Tune
from zoo.training import Schedule


@dataclass(frozen=True)
class Size:
    """How much of everything: `steps` of pretraining for each architecture, and the text to train on."""

    name: str
    shape: Shape
    steps: dict[str, int]
    batch: int
    corpus_bytes: int
    seeds: tuple[tuple[int, Split], ...]
    members: tuple[str, ...] = ()
    """Names of specimens within a group, where not all of them are made."""


THIN = Size(
    name="thin",
    shape=Shape(hidden=96, neurons=256, layers=4, context=64, vocabulary=1536),
    steps={"llama": 400, "gpt2": 400, "bert": 800},
    batch=16,
    corpus_bytes=3_000_000,
    seeds=((1, "calibration"), (2, "evaluation")),
)
WIDE = Size(
    name="wide",
    shape=THIN.shape,
    steps={"neox": 300, "qwen3": 200, "phi3": 200, "mixtral": 400, "t5": 400, "opt": 400}
    | {"bloom": 400, "gemma2": 400, "mamba": 150},
    batch=8,
    corpus_bytes=3_000_000,
    seeds=((1, "calibration"), (2, "evaluation")),
    members=(
        *("base", "twin-order", "twin-data", "twin-length", "twin-permuted", "other-init", "fork-25", "fork-50"),
        *("tuned-light", "tuned-heavy", "continued", "vocabulary", "student"),
        *("pruned", "int8", "permuted", "permuted-tuned", "layer-dropped", "merged"),
    ),
)
SIZES = {"thin": THIN, "wide": WIDE}


def specimens(size: Size) -> dict[str, Specimen]:
    """All specimens of a zoo by name, in the order of making."""
    groups = [_Group(size, name, seed, split) for seed, split in size.seeds for name in size.steps]
    found = [s for group in groups for s in group.members()]
    return {s.name: s for s in sorted(found, key=lambda s: (s.stage, s.seed))}


@dataclass(frozen=True)
class _Group:
    """One architecture and seed: a base, its twins and strangers, and its descendants."""

    size: Size
    architecture: str
    seed: int
    split: Split

    def members(self) -> Iterator[Specimen]:
        """The specimens of the group that the size asks for."""
        wanted = {self._name(suffix) for suffix in self.size.members}
        for specimen in (*self.scratch(), *self.trained_on(), *self.rebuilt()):
            if not wanted or specimen.name in wanted:
                yield specimen

    def scratch(self) -> Iterator[Specimen]:
        steps, shape = self._steps(1.0), self.size.shape
        run = self._run
        base = run(1, (Leg(0, "first", self._order(1)),))
        yield self._root("base", base, None, 0)
        yield self._root("twin-order", run(1, (Leg(0, "first", self._order(2)),)), "X4", 0)
        yield self._root("twin-data", run(1, (Leg(0, "second", self._order(2)),)), "X4", 0)
        yield self._root("other-init", run(2, base.legs), "X1", 0)
        yield self._root("other-init-data", run(2, (Leg(0, "second", self._order(3)),)), "X3", 0)
        yield self._root("twin-length", run(1, (Leg(0, "second", self._order(4)),), length=0.6), "X4", 1)
        wide = shape.with_size(hidden=shape.hidden + 32, neurons=shape.neurons * 3 // 2)
        yield self._root("wider", run(1, base.legs, shape=wide, length=0.6), "X2", 1)
        deep = shape.with_size(layers=shape.layers + 2)
        yield self._root("deeper", run(3, base.legs, shape=deep, length=0.6), "X2", 1)
        for percent in (25, 50):
            legs = (*base.legs, Leg(-(-steps * percent // 100), "first", self._order(5 + percent)))
            yield self._root(f"fork-{percent}", run(1, legs), None, 1)
        yield self._root("untrained", Untrained(shape, base.init), "X4", 0)
        yield self._root("untrained-other", Untrained(shape, self._init(4)), "X1", 0)

    def trained_on(self) -> Iterator[Specimen]:
        tuned = self._tune
        yield self._child("tuned-light", "fine-tune light", tuned("second", 11, 0.2, 0.1), "M2", stage=0)
        yield self._child("tuned-heavy", "fine-tune heavy", tuned("second", 12, 0.75, 1.0), "M2", stage=0)
        yield self._child("continued", "continued pretraining", tuned("first", 13, 1.0, 1.0), "M3", stage=0)
        extended = ExtendVocabulary(64, "second", self._order(14), self._schedule(0.25, 0.3))
        yield self._child("vocabulary", "vocabulary extended", extended, "M4")
        kept = tuple(range(0, self._layers(), 2))
        student = Student(kept, "first", self._order(15), self._schedule(0.4, 0.5))
        yield self._child("student", "every other layer, distilled", student, "M5")

    def rebuilt(self) -> Iterator[Specimen]:
        layers = range(self._layers())
        dropped = tuple(i for i in layers if i != len(layers) // 2)
        permute = Permute(self._order(21))
        yield self._child("permuted", "evasion: permuted", permute, "M1", stage=0)
        yield self._child("pruned", "pruned 50 %", Prune(0.5), "M6", stage=0)
        yield self._child("layer-dropped", "layer dropped", KeepLayers(dropped), "M6", stage=0)
        yield self._child("int8", "int8 round trip", RoundTripInt8(), "M7", stage=0)
        merged = ("tuned-light", "tuned-heavy")
        yield self._child("merged", "linear merge", LinearMerge((0.5, 0.5)), "M9", parents=merged, stage=0)
        retuned = self._tune("second", 22, 0.2, 0.1)
        yield self._child("permuted-tuned", "evasion: permuted, tuned", retuned, "M2", parents=("permuted",), stage=0)
        yield self._child("twin-permuted", "evasion: permuted", permute, "M1", parents=("twin-data",), stage=0)

    def _root(self, suffix: str, recipe: Recipe, exclusion: str | None, stage: int) -> Specimen:
        return Specimen(
            name=self._name(suffix),
            architecture=self.architecture,
            split=self.split,
            seed=self.seed,
            category=suffix,
            recipe=recipe,
            exclusion=exclusion,
            stage=stage,
        )

    def _child(
        self,
        suffix: str,
        category: str,
        recipe: Recipe,
        mechanism: str,
        *,
        parents: tuple[str, ...] = ("base",),
        stage: int = 1,
    ) -> Specimen:
        return Specimen(
            name=self._name(suffix),
            architecture=self.architecture,
            split=self.split,
            seed=self.seed,
            category=category,
            recipe=recipe,
            parents=tuple(self._name(parent) for parent in parents),
            mechanism=mechanism,
            stage=stage,
        )

    def _run(self, init: int, legs: tuple[Leg, ...], shape: Shape | None = None, length: float = 1.0) -> Pretrain:
        return Pretrain(shape or self.size.shape, self._init(init), legs, self._schedule(length, 1.0))

    def _tune(self, half: Half, order: int, length: float, rate: float) -> Tune:
        return Tune(half, self._order(order), self._schedule(length, rate))

    def _schedule(self, length: float, rate: float) -> Schedule:
        peak = ARCHITECTURES[self.architecture].learning_rate * rate
        return Schedule(self._steps(length), peak, self.size.batch)

    def _layers(self) -> int:
        return ARCHITECTURES[self.architecture].layers(self.size.shape)

    def _steps(self, length: float) -> int:
        return max(2, round(self.size.steps[self.architecture] * length))

    def _init(self, number: int) -> int:
        return 1000 * self.seed + number

    def _order(self, number: int) -> int:
        return 1000 * self.seed + 100 + number

    def _name(self, suffix: str) -> str:
        return f"{self.architecture}-{self.seed}-{suffix}"
