"""The architectures of the zoo: how one is initialised, loaded and laid out.

A layout names, for every stored tensor, which of its axes run over the residual (hidden) dimensions and
which over the neurons of an MLP. Reparametrisations, layer surgery and spectra all read this one table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM

from zoo import fresh, layouts
from zoo.errors import ZooError
from zoo.fresh import Shape
from zoo.layouts import Axis, Part, Row
from zoo.tokens import Kind

__all__ = ["ARCHITECTURES", "Architecture", "Axis", "Objective", "Part", "Row", "Shape", "initialise"]

Objective = Literal["causal", "masked", "denoising"]
_LOADERS: dict[Objective, Any] = {
    "causal": AutoModelForCausalLM,
    "masked": AutoModelForMaskedLM,
    "denoising": AutoModelForSeq2SeqLM,
}


@dataclass(frozen=True)
class Place:
    """Where a tensor of a layer stands: `stack` is what comes before the layer number, `rest` what comes after."""

    stack: str
    layer: int
    rest: str


@dataclass(frozen=True)
class Architecture:
    """One family: its tokenizer kind, objective, layout, what its stacks of layers and their counts are called."""

    name: str
    build: Callable[[Shape], Any]
    layout: tuple[Row, ...]
    stacks: tuple[str, ...]
    counts: tuple[str, ...] = ("num_hidden_layers",)
    kind: Kind = "bpe"
    objective: Objective = "causal"
    learning_rate: float = 3e-3
    depth: float = 1.0
    """Layers of each stack, over the layers of the shape."""

    def axes(self, tensor: str) -> tuple[Axis, ...]:
        """The axes of a stored tensor; a name outside the layout is an error."""
        return self._row(tensor).axes

    def part(self, tensor: str) -> Part:
        return self._row(tensor).part

    def place(self, tensor: str) -> Place | None:
        """The layer that a tensor belongs to; None for what stands outside the layers."""
        for stack in self.stacks:
            found = re.match(rf"{re.escape(stack)}(\d+)\.(.+)", tensor)
            if found:
                return Place(stack, int(found.group(1)), found.group(2))
        return None

    def layers(self, shape: Shape) -> int:
        """How many layers each of its stacks has in this shape."""
        return round(shape.layers * self.depth)

    def _row(self, tensor: str) -> Row:
        for row in self.layout:
            if re.search(rf"(^|\.)(?:{row.pattern})$", tensor):
                return row
        raise ZooError(f"{self.name}: tensor {tensor!r} is not in the layout; add a row for it")

    def load(self, folder: Path) -> Any:
        return _LOADERS[self.objective].from_pretrained(folder, dtype=torch.float32)


def initialise(architecture: Architecture, shape: Shape, seed: int) -> Any:
    """A fresh model; its parameters depend on the shape and the seed alone."""
    torch.manual_seed(seed)
    return architecture.build(shape.with_size(layers=architecture.layers(shape)))


_LAYERS = ("model.layers.",)
_BLOCKS = ("transformer.h.",)
_ALL = (
    Architecture("llama", fresh.llama, layouts.LLAMA, _LAYERS),
    Architecture("gpt2", fresh.gpt2, layouts.GPT2, _BLOCKS, ("n_layer",)),
    Architecture("bert", fresh.bert, layouts.BERT, ("bert.encoder.layer.",), kind="wordpiece", objective="masked"),
    Architecture("neox", fresh.neox, layouts.NEOX, ("gpt_neox.layers.",)),
    Architecture("phi3", fresh.phi3, layouts.PHI3, _LAYERS),
    Architecture("qwen3", fresh.qwen3, layouts.QWEN3, _LAYERS),
    Architecture("gemma2", fresh.gemma2, layouts.GEMMA2, _LAYERS),
    Architecture("opt", fresh.opt, layouts.OPT, ("model.decoder.layers.",)),
    Architecture("bloom", fresh.bloom, layouts.BLOOM, _BLOCKS, ("n_layer",)),
    Architecture("mixtral", fresh.mixtral, layouts.MIXTRAL, _LAYERS),
    Architecture(
        "t5",
        fresh.t5,
        layouts.T5,
        ("encoder.block.", "decoder.block."),
        ("num_layers", "num_decoder_layers"),
        objective="denoising",
        depth=0.75,
    ),
    Architecture("mamba", fresh.mamba, layouts.MAMBA, ("backbone.layers.",)),
)
ARCHITECTURES: dict[str, Architecture] = {architecture.name: architecture for architecture in _ALL}
