"""Children that are really trained, and independents trained from scratch on the same architecture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from zoo.children.checkpoint import Checkpoint
from zoo.children.text import Text

LENGTH = 64
_LORA_RANK = 8


@dataclass(frozen=True)
class Training:
    """How far a model was trained, and what the loss did (means over the first and last tenth)."""

    steps: int
    first_loss: float
    last_loss: float


@dataclass(frozen=True)
class Trained:
    model: Checkpoint
    training: Training


def _network(model: Checkpoint) -> Any:
    network = BertModel(BertConfig(**model.config))
    state = {k: torch.from_numpy(np.array(v)) for k, v in model.tensors.items() if v.dtype.kind == "f"}
    network.load_state_dict(state, strict=True)
    return network


def _checkpoint(network: Any, like: Checkpoint) -> Checkpoint:
    return like.with_tensors({k: v.detach().numpy().copy() for k, v in network.state_dict().items()})


class _MaskedHead(nn.Module):
    """The usual head: dense, GELU, norm, then the tied embedding; computed at the masked places alone."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        width, tokens = network.config.hidden_size, network.config.vocab_size
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(tokens))
        nn.init.normal_(self.dense.weight, std=network.config.initializer_range)

    def forward(self, hidden: Any, embedding: Any) -> Any:
        return functional.linear(self.norm(functional.gelu(self.dense(hidden))), embedding, self.bias)


def _masked_loss(network: Any, head: _MaskedHead) -> Callable[[Any, Any], Any]:
    def loss(inputs: Any, targets: Any) -> Any:
        places = targets != -100
        hidden = network(inputs).last_hidden_state[places]
        logits = head(hidden, network.get_input_embeddings().weight)
        return functional.cross_entropy(logits, targets[places])

    return loss


def _contrastive_loss(network: Any) -> Callable[[Any, Any], Any]:
    """Each passage should find its neighbour among the batch: mean-pooled cosine, temperature 0.05."""

    def embed(ids: Any) -> Any:
        return functional.normalize(network(ids).last_hidden_state.mean(dim=1), dim=-1)

    def loss(left: Any, right: Any) -> Any:
        scores = embed(left) @ embed(right).T / 0.05
        return functional.cross_entropy(scores, torch.arange(len(scores)))

    return loss


def _train(
    parameters: list[Any], loss: Callable[[Any, Any], Any], batches: Iterator[Any], steps: int, rate: float
) -> Training:
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, fused=True)
    warm_up = max(1, steps // 10)
    losses: list[float] = []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / warm_up, (steps - step) / max(1, steps - warm_up))
        value = loss(*next(batches))
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        losses.append(float(value.detach()))
    tenth = max(1, steps // 10)
    return Training(steps, float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:])))


def fine_tuned(model: Checkpoint, text: Text, steps: int, rate: float, order: int) -> Trained:
    """Contrastive fine-tuning of every parameter."""
    torch.manual_seed(order)
    network = _network(model).train()
    batches = text.neighbours(order, 8, LENGTH)
    training = _train(list(network.parameters()), _contrastive_loss(network), batches, steps, rate)
    return Trained(_checkpoint(network, model), training)


def continued(model: Checkpoint, text: Text, steps: int, rate: float, order: int) -> Trained:
    """Masked language modelling from the trained weights on, with a fresh head that is not kept."""
    torch.manual_seed(order)
    network = _network(model).train()
    return _masked(network, model, text, steps, rate, order=order)


def from_scratch(like: Checkpoint, text: Text, steps: int, rate: float, *, seed: int, order: int) -> Trained:
    """The same architecture from a random start: `seed` draws the weights, `order` data and dropout."""
    torch.manual_seed(seed)
    network = BertModel(BertConfig(**like.config)).train()
    torch.manual_seed(order)
    return _masked(network, like, text, steps, rate, order=order)


def _masked(network: Any, like: Checkpoint, text: Text, steps: int, rate: float, *, order: int) -> Trained:
    head = _MaskedHead(network)
    parameters = [p for p in network.parameters() if p.requires_grad] + list(head.parameters())
    training = _train(parameters, _masked_loss(network, head), text.masked(order, 8, LENGTH), steps, rate)
    return Trained(_checkpoint(network, like), training)


def lora_merged(model: Checkpoint, text: Text, steps: int, rate: float, order: int) -> Trained:
    """A rank-8 adapter on query and value, trained, then merged into the matrices."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(order)
    config = LoraConfig(r=_LORA_RANK, lora_alpha=2 * _LORA_RANK, target_modules=["query", "value"])
    network = get_peft_model(_network(model), config).train()
    adapter = [p for p in network.parameters() if p.requires_grad]
    training = _train(adapter, _contrastive_loss(network), text.neighbours(order, 8, LENGTH), steps, rate)
    return Trained(_checkpoint(network.merge_and_unload(), model), training)


def save_torch(model: Checkpoint, file: Path) -> None:
    """The zip container of `torch.save`."""
    torch.save({k: torch.from_numpy(np.array(v)) for k, v in model.tensors.items()}, file)
