"""Merges of models of one shape, as mergekit makes them. The truth of each is in its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from zoo.architectures import Architecture
from zoo.errors import ZooError
from zoo.recipes.interface import Bench, Made

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class LinearMerge:
    """The weighted mean of the parents, tensor by tensor; weights in the order of the parents."""

    weights: tuple[float, ...]

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        states = _states(parents, len(self.weights))
        merged = {
            name: sum(weight * state[name] for weight, state in zip(self.weights, states, strict=True))
            for name in states[0]
        }
        return _with(parents[0], merged)


@dataclass(frozen=True)
class SlerpMerge:
    """On the arc between two parents, `curve[i]` of the way in layer i and halfway outside the layers."""

    curve: tuple[float, ...]

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        a, b = _states(parents, 2)
        merged = {name: slerp(a[name], b[name], self._share(bench.architecture, name)) for name in a}
        return _with(parents[0], merged)

    def _share(self, architecture: Architecture, name: str) -> float:
        place = architecture.place(name)
        return 0.5 if place is None else self.curve[place.layer]


@dataclass(frozen=True)
class TaskArithmetic:
    """The first parent plus weighted differences of the others from it (Ilharco et al. 2023)."""

    weights: tuple[float, ...]

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        base, *others = _states(parents, len(self.weights) + 1)
        merged = {}
        for name, origin in base.items():
            deltas = [w * (state[name] - origin) for w, state in zip(self.weights, others, strict=True)]
            merged[name] = origin + sum(deltas)
        return _with(parents[0], merged)


@dataclass(frozen=True)
class Ties:
    """Differences from the first parent, trimmed to their largest `density`; those of the elected sign are averaged
    by weight (Yadav et al. 2023)."""

    weights: tuple[float, ...]
    density: float

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        base, *others = _states(parents, len(self.weights) + 1)
        merged = {}
        for name, origin in base.items():
            kept = torch.stack([_trimmed(state[name] - origin, self.density) for state in others])
            weight = torch.tensor(self.weights).reshape(-1, *[1] * origin.dim())
            elected = torch.sign((weight * kept).sum(0))
            agreeing = (torch.sign(kept) == elected) & (kept != 0)
            total = (weight * agreeing).sum(0).clamp_min(1e-12)
            merged[name] = origin + (weight * kept * agreeing).sum(0) / total
        return _with(parents[0], merged)


@dataclass(frozen=True)
class Dare:
    """Differences from the first parent, of which a random `density` is kept and scaled up (Yu et al. 2024)."""

    weights: tuple[float, ...]
    density: float
    seed: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        base, *others = _states(parents, len(self.weights) + 1)
        source = torch.Generator().manual_seed(self.seed)
        merged = {}
        for name, origin in base.items():
            merged[name] = origin.clone()
            for weight, state in zip(self.weights, others, strict=True):
                kept = torch.rand(origin.shape, generator=source) < self.density
                merged[name] += weight * kept * (state[name] - origin) / self.density
        return _with(parents[0], merged)


@dataclass(frozen=True)
class Passthrough:
    """Layer i is that of parent `sources[i]`; what stands outside the layers is the first parent's."""

    sources: tuple[int, ...]

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        states = _states(parents, max(self.sources) + 1)
        merged = {}
        for name in states[0]:
            place = bench.architecture.place(name)
            merged[name] = states[self.sources[place.layer] if place else 0][name]
        return _with(parents[0], merged)


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """`share` of the way from a to b along the arc between their directions; straight where they are parallel."""
    cosine = float((a * b).sum() / (a.norm() * b.norm()).clamp_min(1e-12))
    if abs(cosine) > 0.9995:
        return (1 - share) * a + share * b
    angle = torch.arccos(torch.tensor(cosine))
    return (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)


def _trimmed(delta: Tensor, density: float) -> Tensor:
    kept = max(1, round(density * delta.numel()))
    edge = delta.abs().flatten().kthvalue(delta.numel() - kept + 1).values
    return torch.where(delta.abs() >= edge, delta, 0.0)


def _states(parents: Sequence[Made], expected: int) -> list[State]:
    if len(parents) != expected:
        raise ZooError(f"a merge of {expected} models got {len(parents)} parents")
    return [{n: t.clone() for n, t in parent.model.state_dict().items()} for parent in parents]


def _with(like: Made, state: Mapping[str, Any]) -> Made:
    like.model.load_state_dict(state)
    return Made(like.model, like.tokenizer)
