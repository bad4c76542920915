"""Which children there are, and how each is made. A child is made once: its folder, then its line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.children import mechanical
from zoo.children.checkpoint import Checkpoint, load, save, save_sharded, write_config
from zoo.children.truth import Pair, derived, rounded, same, siblings, unrelated

if TYPE_CHECKING:
    from zoo.children.text import Text
    from zoo.children.trained import Trained


@dataclass
class Bench:
    """The parent, the folder for its children, and how long to train."""

    parent: Path
    out: Path
    tune_steps: int = 100
    scratch_steps: int = 300
    texts: dict[str, Text] = field(default_factory=dict)

    @cached_property
    def model(self) -> Checkpoint:
        return load(self.parent)

    def text(self) -> Text:
        from zoo.children.text import Text

        return self.texts.setdefault("first", Text(self.parent / "tokenizer.json", "first"))


@dataclass(frozen=True)
class Child:
    """A recipe: `make` fills a folder (given unfinished) and says what is true of the result."""

    name: str
    make: Callable[[Bench, Path], list[Pair]]
    torch: bool = False
    needs: tuple[str, ...] = ()


def simple(name: str, mechanism: str | None, made: str, change: Callable[[Checkpoint], Checkpoint]) -> Child:
    """A child that is one arithmetic change, saved as one file."""

    def make(bench: Bench, folder: Path) -> list[Pair]:
        save(change(bench.model), folder)
        return [derived(name, bench.parent, bench.out / name, mechanism, made)]

    return Child(name, make)


def _copy(bench: Bench, folder: Path) -> list[Pair]:
    shutil.copytree(bench.parent, folder, dirs_exist_ok=True)
    return [same("copy", bench.parent, bench.out / "copy", "the files, byte for byte")]


def _resharded(bench: Bench, folder: Path) -> list[Pair]:
    save_sharded(mechanical.renamed(bench.model), folder, shards=3)
    made = "tensors renamed under a prefix, three shards and an index, other metadata"
    return [same("resharded", bench.parent, bench.out / "resharded", made)]


def _permuted(bench: Bench, folder: Path) -> list[Pair]:
    save(mechanical.neurons_permuted(bench.model, np.random.default_rng(12)), folder)
    made = "hidden neurons in another order: the same function"
    return [same("permuted", bench.parent, bench.out / "permuted", made)]


def _torch_bin(bench: Bench, folder: Path) -> list[Pair]:
    from zoo.children.trained import save_torch

    write_config(folder, bench.model)
    save_torch(bench.model, folder / "pytorch_model.bin")
    return [same("torch-bin", bench.parent, bench.out / "torch-bin", "saved by torch.save")]


def _cast(name: str, made: str, change: Callable[[Checkpoint], Checkpoint]) -> Child:
    def make(bench: Bench, folder: Path) -> list[Pair]:
        save(change(bench.model), folder)
        return [rounded(name, bench.parent, bench.out / name, made)]

    return Child(name, make)


def _gguf(name: str, kind: str) -> Child:
    def make(bench: Bench, folder: Path) -> list[Pair]:
        import gguf

        from zoo.children.gguf_bert import write_gguf

        write_gguf(bench.model, folder, gguf.GGMLQuantizationType[kind])
        here, made = bench.out / name, f"GGUF, matrices in {kind}"
        if kind == "F16":
            return [rounded(name, bench.parent, here, made)]
        return [derived(name, bench.parent, here, "M7", made)]

    return Child(name, make)


def _extended(bench: Bench, folder: Path) -> list[Pair]:
    rows, name = 100, "vocabulary-extended"
    save(mechanical.with_new_tokens(bench.model, rows, np.random.default_rng(11)), folder)
    first = int(bench.model.config["vocab_size"])
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    words = {f"newword{i}": first + i for i in range(rows)}
    tokenizer["model"]["vocab"] |= words
    file.write_text(json.dumps(tokenizer, ensure_ascii=False))
    with (folder / "vocab.txt").open("a", encoding="utf-8") as vocabulary:
        vocabulary.writelines(f"{word}\n" for word in words)
    return [derived(name, bench.parent, bench.out / name, "M4", f"{rows} tokens added, other rows untouched")]


def _trained(name: str, mechanism: str, made: str, train: Callable[[Bench], Trained]) -> Child:
    def make(bench: Bench, folder: Path) -> list[Pair]:
        result = train(bench)
        save(result.model, folder)
        run = asdict(result.training)
        return [derived(name, bench.parent, bench.out / name, mechanism, made, training=run)]

    return Child(name, make, torch=True)


def _tune(rate: float, order: int, scale: int = 1) -> Callable[[Bench], Trained]:
    def train(bench: Bench) -> Trained:
        from zoo.children.trained import fine_tuned

        return fine_tuned(bench.model, bench.text(), scale * bench.tune_steps, rate, order)

    return train


def _continue(bench: Bench) -> Trained:
    from zoo.children.trained import continued

    return continued(bench.model, bench.text(), 2 * bench.tune_steps, 3e-4, 23)


def _lora(bench: Bench) -> Trained:
    from zoo.children.trained import lora_merged

    return lora_merged(bench.model, bench.text(), bench.tune_steps, 1e-3, 24)


def _merge(bench: Bench, folder: Path) -> list[Pair]:
    parents = [bench.out / name for name in ("tuned", "tuned-other")]
    save(mechanical.merged(load(parents[0]), load(parents[1]), 0.6), folder)
    merge, made = bench.out / "merged", "0.6 tuned + 0.4 tuned-other"
    return [
        derived("merged", bench.parent, merge, "M9", made),
        *(derived(f"merged from {p.name}", p, merge, "M9", made) for p in parents),
        siblings("tuned beside tuned-other", parents[0], parents[1], "two fine-tunes of one parent"),
    ]


def _scratch(name: str, seed: int, order: int, beside: str | None = None) -> Child:
    """`seed` draws the weights, `order` the data; beside a model of the same seed it is a twin."""

    def make(bench: Bench, folder: Path) -> list[Pair]:
        from zoo.children.trained import from_scratch

        result = from_scratch(bench.model, bench.text(), bench.scratch_steps, 5e-4, seed=seed, order=order)
        save(result.model, folder)
        run, here = asdict(result.training), bench.out / name
        pairs = [unrelated(name, bench.parent, here, "X5", "trained from a random start", training=run)]
        if beside is not None:
            twins = beside == f"scratch-{seed}"
            made = "one random start, other data order" if twins else "two random starts, one recipe"
            exclusion = "X4" if twins else "X1"
            pairs.append(unrelated(f"{beside} beside {name}", bench.out / beside, here, exclusion, made))
        return pairs

    return Child(name, make, torch=True, needs=() if beside is None else (beside,))


DEMO = ("int8", "layers-dropped")

CHILDREN: tuple[Child, ...] = (
    Child("copy", _copy),
    Child("resharded", _resharded),
    _cast("bf16", "every tensor in bfloat16", mechanical.bf16),
    _cast("f16", "every tensor in float16", mechanical.f16),
    _gguf("gguf-f16", "F16"),
    _gguf("gguf-q8", "Q8_0"),
    simple("int8", "M7", "encoder matrices through int8 and back", mechanical.int8_dequantised),
    simple("int8-packed", "M7", "encoder matrices as LLM.int8 codes", mechanical.int8_packed),
    simple("pruned", "M6", "half of each encoder matrix zeroed", lambda m: mechanical.pruned(m, 0.5)),
    simple("layers-dropped", "M6", "every other layer", lambda m: mechanical.with_layers(m, [0, 2, 4])),
    Child("vocabulary-extended", _extended),
    Child("permuted", _permuted),
    Child("torch-bin", _torch_bin, torch=True),
    _trained("tuned", "M2", "contrastive fine-tune, rate 2e-5", _tune(2e-5, 21)),
    _trained("tuned-other", "M2", "contrastive fine-tune, rate 5e-5", _tune(5e-5, 22)),
    _trained("tuned-heavily", "M2", "contrastive fine-tune, rate 5e-4, twice as long", _tune(5e-4, 25, 2)),
    _trained("continued", "M3", "masked language modelling, rate 3e-4", _continue),
    _trained("lora-merged", "M8", "rank 8 on query and value, merged", _lora),
    Child("merged", _merge, torch=True, needs=("tuned", "tuned-other")),
    _scratch("scratch-0", 0, 100),
    _scratch("scratch-1", 1, 101, beside="scratch-0"),
    _scratch("scratch-2", 2, 102, beside="scratch-1"),
    _scratch("scratch-0-twin", 0, 103, beside="scratch-0"),
)
