"""The core of every group: a base, its twins and strangers, and one descendant of each common kind."""

from collections.abc import Iterator

from zoo.group import Group
from zoo.lineage import Specimen
from zoo.recipes.evade import Permute
from zoo.recipes.merge import LinearMerge
from zoo.recipes.pretrain import Leg, Untrained
from zoo.recipes.quantise import RoundTripInt8
from zoo.recipes.structure import KeepLayers, Prune, Student
from zoo.recipes.tune import ExtendVocabulary


def core(group: Group) -> Iterator[Specimen]:
    """The specimens that every size of zoo draws on."""
    yield from _scratch(group)
    yield from _trained_on(group)
    yield from _rebuilt(group)


def _scratch(group: Group) -> Iterator[Specimen]:
    steps, shape = group.steps(1.0), group.size.shape
    run = group.run
    base = run(1, (Leg(0, "first", group.order(1)),))
    yield group.root("base", base, None, 0)
    yield group.root("twin-order", run(1, (Leg(0, "first", group.order(2)),)), "X4", 0)
    yield group.root("twin-data", run(1, (Leg(0, "second", group.order(2)),)), "X4", 0)
    yield group.root("other-init", run(2, base.legs), "X1", 0)
    yield group.root("other-init-data", run(2, (Leg(0, "second", group.order(3)),)), "X3", 0)
    yield group.root("twin-length", run(1, (Leg(0, "second", group.order(4)),), length=0.6), "X4", 1)
    yield group.root("twin-short", run(1, (Leg(0, "second", group.order(6)),), length=0.2), "X4", 1)
    yield group.root("twin-short-first", run(1, (Leg(0, "first", group.order(7)),), length=0.2), "X4", 1)
    yield group.root("twin-early", run(1, (Leg(0, "second", group.order(8)),), length=0.08), "X4", 1)
    yield group.root("twin-early-first", run(1, (Leg(0, "first", group.order(9)),), length=0.08), "X4", 1)
    wide = shape.with_size(hidden=shape.hidden + 2 * shape.head, neurons=shape.neurons * 3 // 2)
    yield group.root("wider", run(1, base.legs, shape=wide, length=0.6), "X2", 1)
    deep = shape.with_size(layers=shape.layers + 2)
    yield group.root("deeper", run(3, base.legs, shape=deep, length=0.6), "X2", 1)
    for percent in (25, 50):
        legs = (*base.legs, Leg(-(-steps * percent // 100), "first", group.order(5 + percent)))
        yield group.root(f"fork-{percent}", run(1, legs), None, 1)
    yield group.root("untrained", Untrained(shape, base.init), "X4", 0)
    yield group.root("untrained-other", Untrained(shape, group.init(4)), "X1", 0)


def _trained_on(group: Group) -> Iterator[Specimen]:
    tuned = group.tune
    yield group.child("tuned-light", "fine-tune light", tuned("second", 11, 0.2, 0.1), "M2", stage=0)
    yield group.child("tuned-heavy", "fine-tune heavy", tuned("second", 12, 0.75, 1.0), "M2", stage=0)
    yield group.child("continued", "continued pretraining", tuned("first", 13, 1.0, 1.0), "M3", stage=0)
    extended = ExtendVocabulary(64, "second", group.order(14), group.schedule(0.25, 0.3))
    yield group.child("vocabulary", "vocabulary extended", extended, "M4")
    kept = tuple(range(0, group.layers(), 2))
    student = Student(kept, "first", group.order(15), group.schedule(0.4, 0.5))
    yield group.child("student", "every other layer, distilled", student, "M5")


def _rebuilt(group: Group) -> Iterator[Specimen]:
    layers = range(group.layers())
    dropped = tuple(i for i in layers if i != len(layers) // 2)
    permute = Permute(group.order(21))
    yield group.child("permuted", "evasion: permuted", permute, "M1", stage=0)
    yield group.child("pruned", "pruned 50 %", Prune(0.5), "M6", stage=0)
    yield group.child("layer-dropped", "layer dropped", KeepLayers(dropped), "M6", stage=0)
    yield group.child("int8", "int8 round trip", RoundTripInt8(), "M7", stage=0)
    merged = ("tuned-light", "tuned-heavy")
    yield group.child("merged", "linear merge", LinearMerge((0.5, 0.5)), "M9", parents=merged, stage=0)
    retuned = group.tune("second", 22, 0.2, 0.1)
    yield group.child("permuted-tuned", "evasion: permuted, tuned", retuned, "M2", parents=("permuted",), stage=0)
    yield group.child("twin-permuted", "evasion: permuted", permute, "M1", parents=("twin-data",), stage=0)
