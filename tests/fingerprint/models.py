"""Small models in memory: parts with roles, drawn from a seed, ready to be fingerprinted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Anatomy, Facts, Part, Role, Site, Tokens
from stemma.fingerprint import Fingerprint, build_fingerprint
from stemma.identity import Missing
from stemma.weights.interface import LazyTensor

Key = tuple[Role, Site]
Weights = dict[Key, NDArray[Any]]
NONE = Site("model")


class ArrayTensor(LazyTensor):
    """A tensor over an array; ``step`` fixes the rows of a block, whatever limit is asked for."""

    def __init__(self, array: NDArray[Any], name: str = "tensor", step: int | None = None) -> None:
        self.name, self.shape, self.dtype, self.storage = name, array.shape, array.dtype, array.dtype.name
        self.array, self.step = array, step
        self.passes = 0

    def read(self, start: int, stop: int) -> NDArray[Any]:
        return self.array[start:stop] if self.shape else self.array

    def blocks(self, limit: int = 1 << 21) -> Any:
        self.passes += 1
        if self.step is None or not self.shape:
            yield from super().blocks(limit)
            return
        for start in range(0, self.shape[0], self.step):
            yield start, self.array[start : start + self.step]


def draw_weights(seed: int, *, layers: int = 6, hidden: int = 64, ffn: int = 96, vocabulary: int = 120) -> Weights:
    """A small decoder: noise of 0.02, two strong directions a matrix, gains near 1."""
    generator = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        noise = 0.02 * generator.standard_normal((rows, columns))
        strong = generator.standard_normal((rows, 2)) @ generator.standard_normal((2, columns))
        return (noise + 0.02 * strong).astype(np.float32)

    weights: Weights = {(Role.TOKEN_EMBEDDING, NONE): matrix(vocabulary, hidden)}
    for layer in range(layers):
        site = Site("decoder", layer)
        for role in (Role.Q, Role.K, Role.V, Role.O):
            weights[role, site] = matrix(hidden, hidden)
        weights[Role.GATE, site], weights[Role.UP, site] = matrix(ffn, hidden), matrix(ffn, hidden)
        weights[Role.DOWN, site] = matrix(hidden, ffn)
        weights[Role.ATTENTION_NORM, site] = 1 + 0.1 * generator.standard_normal(hidden).astype(np.float32)
    weights[Role.FINAL_NORM, NONE] = 1 + 0.1 * generator.standard_normal(hidden).astype(np.float32)
    return weights


def changed(weights: Weights, seed: int, share: float) -> Weights:
    """A relative: noise added to every tensor, of ``share`` of its own size."""
    generator = np.random.default_rng(seed)
    return {k: (w + share * w.std() * generator.standard_normal(w.shape)).astype(w.dtype) for k, w in weights.items()}


def keep_layers(weights: Weights, layers: list[int]) -> Weights:
    """The model with only those layers, numbered anew."""
    kept = {k: w for k, w in weights.items() if k[1].layer < 0}
    for new, old in enumerate(layers):
        kept |= {(role, replace(site, layer=new)): w for (role, site), w in weights.items() if site.layer == old}
    return kept


def as_anatomy(
    weights: Weights,
    label: str = "org/model",
    *,
    wrap: Callable[[NDArray[Any]], LazyTensor] = ArrayTensor,
    declared: Mapping[str, Any] | None = None,
    tokens: bool = True,
) -> Anatomy:
    """The parts of ``weights``, sorted by key."""
    parts = [Part(role, site, wrap(array), f"{site}.{role}") for (role, site), array in weights.items()]
    unknown = Missing("not stated")
    vocabulary = len(weights[Role.TOKEN_EMBEDDING, NONE])
    return Anatomy(
        label=label,
        container="arrays",
        scheme="test",
        parts=tuple(sorted(parts, key=lambda p: p.key)),
        exempt=(),
        facts=Facts("test", 64, 6, 4, 4, 16, vocabulary, "rotary", "rms", unknown, False),
        tokens=Tokens("test", {i: f"token{i}" for i in range(vocabulary)}) if tokens else unknown,
        declared=declared or {},
        missing={"head": "tied"},
        warnings=("a remark",),
    )


def fingerprint_of_weights(weights: Weights, label: str = "org/model", **options: Any) -> Fingerprint:
    """The fingerprint at the default parameters, on one thread."""
    return build_fingerprint(as_anatomy(weights, label), (), workers=1, **options)
