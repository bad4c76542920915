"""Disguises that leave the function as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from zoo.architectures import Architecture
from zoo.errors import ZooError
from zoo.recipes.interface import Bench, Made

TOLERANCE = 1e-4
"""Largest difference of any logit that a function-preserving disguise may cause (float32 rounding)."""


@dataclass(frozen=True)
class Permute:
    """The neurons of every MLP in a new order, and the residual dimensions of the whole model in another."""

    seed: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        probe, _ = bench.batches(parent.tokenizer, "first", self.seed)(0)
        before = logits(parent.model, probe)
        parent.model.load_state_dict(permuted(bench.architecture, parent.model, self.seed))
        check_same_function(before, logits(parent.model, probe))
        return parent


def permuted(architecture: Architecture, model: Any, seed: int) -> dict[str, Tensor]:
    """The state of `model` with one random order of hidden dimensions and one of neurons for each layer."""
    source = torch.Generator().manual_seed(seed)
    orders: dict[str, Tensor] = {}
    state: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        moved = tensor
        for axis, kind in enumerate(architecture.axes(name)):
            if kind == "free":
                continue
            owner = "hidden" if kind == "hidden" else _layer(architecture, name)
            blocks = 2 if kind == "pair" else 1
            length = tensor.shape[axis] // blocks
            if owner not in orders:
                orders[owner] = torch.randperm(length, generator=source)
            order = torch.cat([orders[owner] + block * length for block in range(blocks)])
            moved = moved.index_select(axis, order)
        state[name] = moved.clone()
    return state


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


def _layer(architecture: Architecture, name: str) -> str:
    place = architecture.place(name)
    if place is None:
        raise ZooError(f"{architecture.name}: {name!r} has neurons and stands in no layer; check the layout")
    return f"{place.stack}{place.layer}"
