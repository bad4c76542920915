"""Training: AdamW, linear warm-up, cosine decay; what a step sees depends on its seed and number alone."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from zoo.architectures import Objective
from zoo.machine import PLAIN, Machine
from zoo.tokens import Stream

IGNORED = -100
MASKED_SHARE = 0.15

SPAN = 3

Batch = tuple[Tensor, Tensor]
"""Inputs and targets, both (batch, context); a target of -100 is not scored."""


@dataclass(frozen=True)
class Schedule:
    """How long and how hard: `steps` of `batch` windows; the learning rate ends at a tenth of its peak."""

    steps: int
    peak: float
    batch: int = 16
    warmup: float = 0.1
    decay: float = 0.1

    def rate(self, step: int) -> float:
        warm = max(1, round(self.warmup * self.steps))
        if step < warm:
            return self.peak * (step + 1) / warm
        progress = (step - warm) / max(1, self.steps - warm)
        return self.peak * (0.1 + 0.45 * (1 + math.cos(math.pi * progress)))


@dataclass(frozen=True)
class Losses:
    """Mean loss over the first and the last twentieth of the steps (nats per token)."""

    initial: float
    final: float


def causal_batch(stream: Stream, rows: int, context: int, seed: Sequence[int]) -> Batch:
    """Windows of `stream` at random places, each with the next token as its target."""
    starts = np.random.default_rng(seed).integers(0, len(stream) - context - 1, rows)
    windows = torch.from_numpy(np.stack([stream[s : s + context + 1] for s in starts]).astype(np.int64))
    return windows[:, :-1], windows[:, 1:]


def masked_batch(stream: Stream, rows: int, context: int, seed: Sequence[int], mask: int) -> Batch:
    """Windows with some tokens to be guessed: 80 % of those masked, 10 % replaced, 10 % left."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(stream) - context, rows)
    windows = np.stack([stream[s : s + context] for s in starts]).astype(np.int64)
    chosen = rng.random(windows.shape) < MASKED_SHARE
    fate = rng.random(windows.shape)
    inputs = np.where(chosen & (fate < 0.8), mask, windows)
    inputs = np.where(chosen & (fate >= 0.9), rng.permutation(windows.ravel()).reshape(windows.shape), inputs)
    return torch.from_numpy(inputs), torch.from_numpy(np.where(chosen, windows, IGNORED))


def denoising_batch(stream: Stream, rows: int, context: int, seed: Sequence[int], mask: int) -> Batch:
    """Windows with spans of tokens masked out, to be written anew whole: all of the window is the target."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(stream) - context, rows)
    windows = np.stack([stream[s : s + context] for s in starts]).astype(np.int64)
    opens = rng.random((rows, context + SPAN - 1)) < MASKED_SHARE / SPAN
    hidden = np.logical_or.reduce([opens[:, i : i + context] for i in range(SPAN)])
    return torch.from_numpy(np.where(hidden, mask, windows)), torch.from_numpy(windows)


def batch_for(
    objective: Objective, stream: Stream, rows: int, context: int, seed: Sequence[int], *, mask: int | None
) -> Batch:
    """The batch of one objective; `mask` is the id of the token that hides others, or None where there is none."""
    if objective == "causal":
        return causal_batch(stream, rows, context, seed)
    if mask is None:
        raise ValueError(f"a {objective} objective needs the id of the mask token, got None")
    if objective == "denoising":
        return denoising_batch(stream, rows, context, seed, mask)
    return masked_batch(stream, rows, context, seed, mask)


def train(
    model: Any,
    batches: Callable[[int], Batch],
    schedule: Schedule,
    machine: Machine = PLAIN,
    teacher: Any = None,
) -> Losses:
    """Train in place. With a teacher, half of the loss is the divergence from its predictions."""
    for network in (model, teacher):
        if network is not None:
            network.to(machine.device)
    fused = True if machine.accelerated else None
    optimiser = torch.optim.AdamW(_groups(model, schedule.decay), lr=schedule.peak, betas=(0.9, 0.95), fused=fused)
    model.train()
    seen: list[Tensor] = []
    for step in range(schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate(step)
        inputs, targets = map(machine.send, batches(step))
        with machine.forward():
            scores = _scores(model, inputs, targets)
            loss = functional.cross_entropy(scores, targets.flatten(), ignore_index=IGNORED)
            seen.append(loss.detach())
            if teacher is not None:
                loss = 0.5 * loss + 0.5 * _divergence(scores, teacher, inputs, targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    model.to("cpu").eval()
    losses = torch.stack(seen).tolist()
    tail = max(1, schedule.steps // 20)
    return Losses(float(np.mean(losses[:tail])), float(np.mean(losses[-tail:])))


def _groups(model: Any, decay: float) -> list[dict[str, Any]]:
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]


def _scores(model: Any, inputs: Tensor, targets: Tensor) -> Tensor:
    """Scores of every place, (batch x context, vocabulary); a decoder is shown the targets before each place."""
    shown = {"labels": targets} if model.config.is_encoder_decoder else {}
    scores: Tensor = model(input_ids=inputs, **shown).logits
    return scores.flatten(0, 1)


def _divergence(scores: Tensor, teacher: Any, inputs: Tensor, targets: Tensor) -> Tensor:
    with torch.no_grad():
        wanted = functional.log_softmax(_scores(teacher, inputs, targets), dim=-1)
    found = functional.log_softmax(scores, dim=-1)
    return functional.kl_div(found, wanted, log_target=True, reduction="batchmean")
