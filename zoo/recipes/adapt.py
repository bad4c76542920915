"""Trained on with most of the weights frozen: low-rank adapters, and a few layers alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from peft import LoraConfig, get_peft_model

from zoo.corpus import Half
from zoo.recipes.interface import Bench, Made, Storage
from zoo.training import Schedule

_TARGETS = {
    *("q_proj", "k_proj", "v_proj", "o_proj", "out_proj", "qkv_proj", "query_key_value"),
    *("c_attn", "query", "value", "q", "v"),
}


@dataclass(frozen=True)
class Lora:
    """An adapter on the attention matrices (the mixers', where there is no attention), merged or saved alone."""

    rank: int
    merged: bool
    half: Half
    order: int
    schedule: Schedule

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        names = {name.rsplit(".", 1)[-1] for name, _ in parent.model.named_modules()}
        targets = sorted(names & _TARGETS)
        if bench.architecture.name == "mamba":
            targets = ["in_proj"]
        torch.manual_seed(self.order)
        config = self._config(targets)
        adapted = get_peft_model(parent.model, config)
        losses = bench.train(adapted, bench.batches(parent.tokenizer, self.half, self.order), self.schedule)
        if self.merged:
            return Made(adapted.merge_and_unload(), parent.tokenizer, losses, self.schedule.steps)
        return Made(adapted, parent.tokenizer, losses, self.schedule.steps, Storage(adapter=True))

    def _config(self, targets: list[str]) -> LoraConfig:
        return LoraConfig(r=self.rank, lora_alpha=2 * self.rank, target_modules=targets, lora_dropout=0.0)


@dataclass(frozen=True)
class Dora(Lora):
    """The same with the length of every column learned apart from its direction (Liu et al. 2024)."""

    def _config(self, targets: list[str]) -> LoraConfig:
        config = super()._config(targets)
        config.use_dora = True
        return config


@dataclass(frozen=True)
class TuneLast:
    """Only the last `layers` layers of every stack and what stands behind them are trained on."""

    layers: int
    half: Half
    order: int
    schedule: Schedule

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        names = [name for name, _ in parent.model.named_parameters()]
        places = {name: bench.architecture.place(name) for name in names}
        depth = 1 + max(place.layer for place in places.values() if place)
        for name, parameter in parent.model.named_parameters():
            place = places[name]
            parameter.requires_grad_(place is not None and place.layer >= depth - self.layers)
        losses = bench.train(parent.model, bench.batches(parent.tokenizer, self.half, self.order), self.schedule)
        return Made(parent.model, parent.tokenizer, losses, self.schedule.steps)
