"""Disguises that leave the function as it was, and what is done on top of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from zoo.errors import ZooError
from zoo.recipes.interface import Bench, Made
from zoo.reparametrise import Disguising, disguise, permuted, possible
from zoo.vocabulary import meaningless, renumbered, shuffled, special_count, with_rows

TOLERANCE = 1e-3
"""Largest difference of any logit that a function-preserving disguise may cause (float32 rounding)."""

Vocabulary = Literal["kept", "shuffled", "replaced"]
"""Ids of ordinary tokens reordered; or reordered with a tokenizer none of whose tokens can be mapped."""


@dataclass(frozen=True)
class Permute:
    """The neurons of every MLP in a new order, and the residual dimensions of the whole model in another."""

    seed: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        probe = bench.probe(parent.tokenizer, self.seed)
        before = logits(parent.model, probe)
        parent.model.load_state_dict(permuted(bench.architecture, parent.model, self.seed))
        check_same_function(before, logits(parent.model, probe))
        return parent


@dataclass(frozen=True)
class Disguise:
    """These reparametrisations one after the other (none named: all that the architecture allows)."""

    seed: int
    kinds: tuple[Disguising, ...] = ()
    vocabulary: Vocabulary = "kept"

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        probe = bench.probe(parent.tokenizer, self.seed)
        before = logits(parent.model, probe)
        model, tokenizer = parent.model, parent.tokenizer
        for number, kind in enumerate(self.kinds or possible(bench.architecture, model)):
            model = disguise(bench.architecture, model, kind, 100 * self.seed + number)
        model = model.float()
        rows = torch.arange(model.config.vocab_size)
        if self.vocabulary != "kept":
            rows = shuffled(len(rows), special_count(tokenizer), self.seed)
            model, tokenizer = with_rows(bench.architecture, model, rows), renumbered(tokenizer, rows)
        if self.vocabulary == "replaced":
            tokenizer = meaningless(tokenizer)
        check_same_function(before[..., rows], logits(model, torch.argsort(rows)[probe]))
        return Made(model, tokenizer)


@dataclass(frozen=True)
class Noise:
    """Normal noise on every matrix, its deviation this share of the matrix's own."""

    share: float
    seed: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        source = torch.Generator().manual_seed(self.seed)
        done: set[int] = set()
        for tensor in parent.model.state_dict().values():
            if tensor.dim() >= 2 and tensor.data_ptr() not in done:
                done.add(tensor.data_ptr())
                tensor.add_(self.share * tensor.std() * torch.randn(tensor.shape, generator=source))
        return parent


def logits(model: Any, inputs: Tensor) -> Tensor:
    """The scores (batch, context, vocabulary) of `model` for `inputs`."""
    model.eval()
    with torch.no_grad():
        decoded = {"decoder_input_ids": inputs} if model.config.is_encoder_decoder else {}
        scores: Tensor = model(input_ids=inputs, **decoded).logits
    return scores


def check_same_function(before: Tensor, after: Tensor) -> None:
    difference = float((before - after).abs().max())
    if difference > TOLERANCE:
        raise ZooError(f"a disguise changed the function: logits differ by {difference:.2e}, not {TOLERANCE}")
