"""What a recipe is given, what it makes, and the bench it works at.

A recipe is a frozen dataclass: its fields say everything that changes the result, so its description can
be stored beside the model and a resumed build can tell whether it is still the same recipe.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from torch import Tensor
from transformers import PreTrainedTokenizerFast

from zoo.architectures import Architecture
from zoo.corpus import Half
from zoo.machine import PLAIN, Machine
from zoo.tokens import Shelf, Stream, encode
from zoo.training import Batch, Losses, Schedule, batch_for, train

_PROBE = 1024


@dataclass(frozen=True)
class Storage:
    """How a model is written; the default is one safetensors file of float32."""

    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    shard_bytes: int = 0
    """Largest shard; 0 writes one file."""
    pickled: bool = False
    """A PyTorch state dictionary in place of safetensors."""
    adapter: bool = False
    """The model is a peft one, of which the adapter alone is written."""
    card: str = ""
    """Text of README.md, or none."""


@dataclass
class Made:
    """A model in memory with its tokenizer, and the losses where it was trained."""

    model: Any
    tokenizer: PreTrainedTokenizerFast
    losses: Losses | None = None
    steps: int = 0
    storage: Storage = Storage()


class Recipe(Protocol):
    """Makes one model from its parents; equal fields and equal parents give equal bytes."""

    def make(self, bench: "Bench", parents: Sequence[Made]) -> Made:
        """Return the new model. The parents may be changed in place: they are loaded for this call alone."""
        ...


@dataclass(frozen=True)
class Bench:
    """Where recipes work: one architecture, the shelf of token streams, context and batch size, the machine."""

    architecture: Architecture
    shelf: Shelf
    context: int
    batch: int
    machine: Machine = PLAIN

    def train(self, model: Any, batches: Callable[[int], Batch], schedule: Schedule, teacher: Any = None) -> Losses:
        """Train a model in place, on this bench's machine."""
        return train(model, batches, schedule, self.machine, teacher)

    def probe(self, tokenizer: PreTrainedTokenizerFast, seed: int) -> Tensor:
        """About a thousand tokens, (rows, context): enough to see whether two models compute the same."""
        inputs, _ = self.batches(tokenizer, "first", seed)(0)
        return inputs[: max(1, _PROBE // self.context)]

    def tokenizer(self) -> PreTrainedTokenizerFast:
        return self.shelf.tokenizer(self.architecture.kind)

    def batches(self, tokenizer: PreTrainedTokenizerFast, half: Half, order: int) -> Callable[[int], Batch]:
        """The batches of one data order: step -> inputs and targets."""
        return self.batches_of(self.shelf.text_ids(self.architecture.kind, half), tokenizer, order)

    def batches_of(self, stream: Stream, tokenizer: PreTrainedTokenizerFast, order: int) -> Callable[[int], Batch]:
        objective = self.architecture.objective
        mask = tokenizer.unk_token_id if objective == "denoising" else tokenizer.mask_token_id
        return lambda step: batch_for(objective, stream, self.batch, self.context, (order, step), mask=mask)

    def text(self, half: Half, tokens: int) -> str:
        """The beginning of one half of the corpus as text, for tokenizers other than the shelf's own."""
        return str(self.tokenizer().decode(self.shelf.text_ids(self.architecture.kind, half)[:tokens]))

    def encode(self, tokenizer: PreTrainedTokenizerFast, text: str) -> Stream:
        return encode(tokenizer, text)
