"""What a full group holds beyond its core: every container, code, surgery, merge, adapter and disguise that the
architecture allows, chains of them, and what only looks like a child."""

from collections.abc import Iterator

from zoo.group import Group
from zoo.lineage import Specimen
from zoo.recipes.adapt import Dora, Lora, TuneLast
from zoo.recipes.evade import Disguise, Noise
from zoo.recipes.interface import Recipe, Storage
from zoo.recipes.merge import Dare, LinearMerge, Passthrough, SlerpMerge, TaskArithmetic, Ties
from zoo.recipes.pretrain import Leg
from zoo.recipes.quantise import Codec, RoundTrip, RoundTripInt8
from zoo.recipes.store import Fabricate, Store
from zoo.recipes.structure import (
    Densify,
    FreshStudent,
    InsertIdentity,
    KeepLayers,
    Prune,
    PruneHeads,
    PruneHidden,
    PruneNeurons,
    Upcycle,
)
from zoo.recipes.vocabulary import RebuildVocabulary, ShuffleVocabulary, TrimVocabulary
from zoo.reparametrise import Disguising

_GLU = ("llama", "qwen3", "phi3", "gemma2", "mixtral")
_CODECS: tuple[Codec, ...] = ("int4-groups", "int2-groups", "nf4", "q4_0", "fp8")


def breadth(group: Group) -> Iterator[Specimen]:
    """The specimens that only a broad size holds."""
    yield from _stored(group)
    yield from _vocabularies(group)
    yield from _cut(group)
    yield from _merged(group)
    yield from _chains(group)
    yield from _disguised(group)
    yield from _tuned(group)
    yield from _look_alikes(group)


def _child(
    group: Group,
    suffix: str,
    category: str,
    recipe: Recipe,
    mechanism: str | None,
    *,
    parents: tuple[str, ...] = ("base",),
    stage: int = 2,
    becomes: str | None = None,
) -> Specimen:
    return group.child(
        suffix, category, recipe, mechanism, parents=parents, stage=stage, paired="references", becomes=becomes
    )


def _stored(group: Group) -> Iterator[Specimen]:
    ways = {
        "stored-bf16": Storage(dtype="bfloat16"),
        "stored-f16": Storage(dtype="float16"),
        "resharded": Storage(shard_bytes=600_000),
        "torch-bin": Storage(pickled=True),
    }
    for suffix, storage in ways.items():
        yield _child(group, suffix, suffix.replace("-", " "), Store(storage), "M1")
    for codec in _CODECS:
        yield _child(group, codec.replace("_", "-"), f"{codec} round trip", RoundTrip(codec), "M7")


def _vocabularies(group: Group) -> Iterator[Specimen]:
    yield _child(group, "vocabulary-trimmed", "vocabulary trimmed", TrimVocabulary(0.75), "M4")
    shuffle = ShuffleVocabulary(group.order(31))
    yield _child(group, "vocabulary-shuffled", "evasion: vocabulary reordered", shuffle, "M4")
    entries = group.size.shape.vocabulary * 4 // 5
    yield _child(group, "vocabulary-rebuilt", "vocabulary rebuilt", RebuildVocabulary("second", entries), "M4")


def _cut(group: Group) -> Iterator[Specimen]:
    name, count = group.architecture, group.layers()
    middle = range(1, count - 1) if count > 3 else range(1)
    deeper = (*range(middle.stop), *middle, *range(middle.stop, count))
    yield _child(group, "depth-scaled", "depth up-scaled", KeepLayers(deeper), "M6")
    for percent in (30, 70):
        yield _child(group, f"pruned-{percent}", f"pruned {percent} %", Prune(percent / 100), "M6")
    if name != "bert":
        yield _child(group, "identity-inserted", "evasion: identity layer", InsertIdentity(count // 2), "M6")
    if name not in ("bloom", "mamba"):
        yield _child(group, "neurons-pruned", "neurons pruned", PruneNeurons(0.25), "M6")
    if name in ("llama", "qwen3", "gemma2", "mixtral"):
        yield _child(group, "heads-pruned", "heads pruned", PruneHeads(), "M6")
    if name in ("llama", "qwen3", "gemma2", "mixtral", "t5"):
        yield _child(group, "hidden-pruned", "hidden width pruned", PruneHidden(0.25), "M6")
    if name == "llama":
        yield _child(group, "upcycled", "dense to mixture", Upcycle(4, group.init(41)), "M6", becomes="mixtral")
    if name == "mixtral":
        yield _child(group, "densified", "mixture to dense", Densify(1), "M6", becomes="llama")


def _merged(group: Group) -> Iterator[Specimen]:
    count = group.layers()
    light, heavy, going = "tuned-light", "tuned-heavy", "continued"
    curve = tuple(round(0.2 + 0.6 * i / (count - 1), 3) for i in range(count))
    merges: dict[str, tuple[str, Recipe, tuple[str, ...]]] = {
        "slerp": ("SLERP with a curve", SlerpMerge(curve), (heavy, going)),
        "task-arithmetic": ("task arithmetic", TaskArithmetic((0.6, 0.4)), ("base", heavy, going)),
        "ties": ("TIES", Ties((0.6, 0.4), 0.5), ("base", heavy, going)),
        "dare": ("DARE", Dare((0.6, 0.4), 0.5, group.order(51)), ("base", heavy, going)),
        "passthrough": ("passthrough", Passthrough(tuple(i % 2 for i in range(count))), (heavy, going)),
        "merged-three": ("linear merge of three", LinearMerge((0.5, 0.3, 0.2)), (light, heavy, going)),
        "merged-tenth": ("linear merge, a tenth", LinearMerge((0.9, 0.1)), (going, "other-init")),
        "merged-trace": ("linear merge, a trace", LinearMerge((0.99, 0.01)), (going, "other-init")),
    }
    for suffix, (category, recipe, parents) in merges.items():
        yield _child(group, suffix, category, recipe, "M9", parents=parents)


def _chains(group: Group) -> Iterator[Specimen]:
    count = group.layers()
    kept = tuple(i for i in range(count) if i != count - 2)
    yield _child(group, "chain-2", "chain of 2", RoundTrip("q4_0"), "M7", parents=("tuned-heavy",))
    yield _child(group, "chain-3", "chain of 3", KeepLayers(kept), "M6", parents=("chain-2",))
    shuffle = ShuffleVocabulary(group.order(61))
    yield _child(group, "chain-4", "chain of 4", shuffle, "M4", parents=("chain-3",))
    yield _child(group, "chain-5", "chain of 5", Store(Storage(dtype="float16")), "M1", parents=("chain-4",))
    yield _child(group, "merged-q4-0", "merge, q4_0 round trip", RoundTrip("q4_0"), "M7", parents=("merged",))


def _disguised(group: Group) -> Iterator[Specimen]:
    for number, kind in enumerate(allowed(group.architecture)):
        recipe = Disguise(group.order(70 + number), (kind,))
        yield _child(group, f"evaded-{kind}", f"evasion: {kind}", recipe, "M1")
        again = Disguise(group.order(80 + number), (kind,))
        yield _child(group, f"twin-evaded-{kind}", f"evasion: {kind}", again, "M1", parents=("twin-data",))
    # All at once is a chain of several mechanisms, none of which would be the right one to name.
    everything = Disguise(group.order(90))
    yield _child(group, "evaded-all", "evasion: all at once", everything, None)
    yield _child(group, "twin-evaded-all", "evasion: all at once", everything, None, parents=("twin-data",))
    reordered = Disguise(group.order(91), vocabulary="shuffled")
    yield _child(group, "evaded-all-shuffled", "evasion: all, vocabulary reordered", reordered, None)
    replaced = Disguise(group.order(92), vocabulary="replaced")
    category = "evasion: all, vocabulary replaced"
    yield _child(group, "evaded-all-replaced", category, replaced, None)
    yield _child(group, "twin-evaded-all-replaced", category, replaced, None, parents=("twin-data",))
    noise = Noise(0.1, group.order(93))
    yield _child(group, "evaded-all-noised", "evasion: all, noised", noise, None, parents=("evaded-all",))
    yield _child(group, "evaded-all-int8", "evasion: all, int8", RoundTripInt8(), None, parents=("evaded-all",))
    retuned = group.tune("second", 94, 0.2, 0.1)
    category = "evasion: all, tuned"
    yield _child(group, "evaded-all-tuned", category, retuned, None, parents=("evaded-all",), stage=3)


def allowed(architecture: str) -> tuple[Disguising, ...]:
    """The single disguises beside the order, which is in every core, and the identity layer, which is surgery."""
    kinds: list[Disguising] = [] if architecture == "mamba" else ["values", "queries"]
    if architecture not in ("mamba", "bloom"):
        kinds.append("heads")
    if architecture in (*_GLU, "opt", "t5"):
        kinds.append("scaling")
    if architecture in ("llama", "qwen3", "phi3", "mixtral", "mamba"):
        kinds.append("rotation")
    if architecture != "bert":
        kinds.append("gains")
    return tuple(kinds)


def _tuned(group: Group) -> Iterator[Specimen]:
    for rank in (4, 16):
        recipe = Lora(rank, True, "second", group.order(100 + rank), group.schedule(0.2, 0.5))
        yield _child(group, f"lora-{rank}", f"LoRA rank {rank}, merged", recipe, "M8", stage=3)
    dora = Dora(8, True, "second", group.order(109), group.schedule(0.2, 0.5))
    yield _child(group, "dora-8", "DoRA rank 8, merged", dora, "M8", stage=3)
    alone = Lora(8, False, "second", group.order(108), group.schedule(0.2, 0.5))
    yield _child(group, "adapter", "LoRA, the adapter alone", alone, "M8", stage=3)
    last = TuneLast(1, "second", group.order(121), group.schedule(0.2, 0.5))
    yield _child(group, "tuned-last", "fine-tune of the last layer", last, "M2", stage=3)
    retuned = group.tune("second", 122, 0.2, 0.1)
    yield _child(group, "merged-tuned", "merge, tuned", retuned, "M2", parents=("merged",), stage=3)
    schedule = group.schedule(0.4, 1.0)
    fresh = FreshStudent(group.init(42), group.size.shape, "second", group.order(123), schedule)
    yield _child(group, "student-fresh", "student from fresh weights", fresh, "M5", stage=3)


def _look_alikes(group: Group) -> Iterator[Specimen]:
    claimed = Fabricate(group.name("base"))
    yield _child(group, "fabricated", "fabricated card", claimed, "M1", parents=("other-init",))
    far = group.run(1, (Leg(0, "second", group.order(131)),), length=0.7, rate=0.6)
    yield group.root("twin-far", far, "X4", 3)
    if group.architecture not in ("llama", "gpt2"):
        return
    longer = group.tune("second", 133, 2.0, 1.0)
    yield _child(group, "continued-long", "continued pretraining, twice as long", longer, "M3", stage=4)
    legs = (Leg(0, "first", group.order(1)), Leg(group.steps(0.1), "first", group.order(132)))
    yield group.root("fork-10", group.run(1, legs), None, 4, paired="references")
    for number in (5, 6):
        long = group.run(number, (Leg(0, "first", group.order(130 + number)),), length=2.0)
        yield group.root(f"overtrained-{number}", long, "X1", 4, paired="references")
