"""Weights as the closer look reads them, and exact disguises that leave the function as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Facts, Role, Site, Tokens
from stemma.evidence.aligned.interface import Key
from stemma.identity import Missing
from tests.evidence import models
from tests.evidence.models import MODEL, SMALL, Weights

UNKNOWN = Missing("not stated")


@dataclass
class Arrays:
    """A weight source over plain arrays; ``read`` counts the values handed out."""

    weights: Weights
    tokens: Tokens | Missing = UNKNOWN
    norm: str = "rms"
    head_dim: int = SMALL.head_dim
    read: int = 0

    @property
    def facts(self) -> Facts:
        width = next(w.shape[1] for (r, _), w in self.weights.items() if r in (Role.UP, Role.STATE_IN))
        heads = width // self.head_dim
        return Facts(
            "test", width, SMALL.layers, heads, heads, self.head_dim, UNKNOWN, "rotary", self.norm, UNKNOWN, False
        )

    @property
    def shapes(self) -> Mapping[Key, tuple[int, ...]]:
        return {k: w.shape for k, w in self.weights.items()}

    def rows(self, key: Key, start: int, stop: int) -> NDArray[np.float32]:
        part = np.asarray(self.weights[key][start:stop], np.float32)
        self.read += part.size
        return part


def named(weights: Weights, order: Any = None, prefix: str = "token") -> Arrays:
    """With a tokenizer: row i holds token ``order[i]`` (default: i)."""
    count = len(weights[Role.TOKEN_EMBEDDING, MODEL])
    held = np.arange(count) if order is None else order
    return Arrays(weights, Tokens("test", {i: f"{prefix}{held[i]}" for i in range(count)}))


def without_tokens(weights: Weights) -> Arrays:
    """No embedding and no tokenizer: nothing but layers."""
    return Arrays({k: w for k, w in weights.items() if k[0] is not Role.TOKEN_EMBEDDING})


def _each_site(weights: Weights, change: Any) -> Weights:
    changed = dict(weights)
    for site in sorted({s for _, s in weights if s.layer >= 0}):
        changed |= change(site)
    return {k: np.ascontiguousarray(w, dtype=np.float32) for k, w in changed.items()}


def scaled(weights: Weights, seed: int) -> Weights:
    """Every neuron's up weights times a number of either sign, its down weights divided by it."""
    rng = np.random.default_rng([20, seed])

    def change(site: Site) -> Weights:
        up, down = weights[Role.UP, site], weights[Role.DOWN, site]
        by = np.exp(rng.standard_normal(len(up))) * rng.choice([-1.0, 1.0], len(up))
        return {(Role.UP, site): up * by[:, None], (Role.DOWN, site): down / by}

    return _each_site(weights, change)


def heads_changed(weights: Weights, seed: int, width: int = SMALL.head_dim) -> Weights:
    """Heads in another order; inside each, V/O by an invertible matrix, Q/K by a scale and turn of each rotary pair."""
    rng = np.random.default_rng([21, seed])

    def change(site: Site) -> Weights:
        q, k, v, o = (weights[r, site] for r in (Role.Q, Role.K, Role.V, Role.O))
        o = o.T
        hidden, order = q.shape[1], rng.permutation(len(q) // width)
        cut = [m.reshape(-1, width, hidden)[order] for m in (q, k, v, o)]
        for head in range(len(order)):
            mixed = rng.standard_normal((width, width)) + 2 * np.eye(width)
            cut[2][head], cut[3][head] = mixed @ cut[2][head], np.linalg.inv(mixed).T @ cut[3][head]
            turn = np.exp(0.5 * rng.standard_normal(width // 2) + 1j * rng.uniform(0, 6, width // 2))[:, None]
            half = width // 2
            for place, by in ((0, 1 / turn.conj()), (1, turn)):
                pair = (cut[place][head][:half] + 1j * cut[place][head][half:]) * by
                cut[place][head] = np.vstack([pair.real, pair.imag])
        q, k, v, o = (m.reshape(-1, hidden) for m in cut)
        return {(Role.Q, site): q, (Role.K, site): k, (Role.V, site): v, (Role.O, site): o.T}

    return _each_site(weights, change)


def all_at_once(weights: Weights, seed: int) -> Weights:
    """Every disguise of this module and of :mod:`tests.evidence.models`."""
    return heads_changed(scaled(models.disguised(weights, seed), seed), seed)


def identity_inserted(weights: Weights, after: int, seed: int) -> Weights:
    """A layer behind layer ``after`` that adds nothing to the residual stream: its output matrices are zero."""
    depth = 1 + max(s.layer for _, s in weights)
    longer = models.restacked(weights, [*range(after + 1), after, *range(after + 1, depth)])
    rng = np.random.default_rng([22, seed])
    site = Site("decoder", after + 1)
    noise = {k: 0.02 * rng.standard_normal(w.shape).astype(np.float32) for k, w in longer.items() if k[1] == site}
    return {**longer, **noise, **{(r, site): np.zeros_like(longer[r, site]) for r in (Role.O, Role.DOWN)}}


def experts(weights: Weights, count: int) -> Weights:
    """Every MLP cut into ``count`` experts of equal size."""
    made = {k: w for k, w in weights.items() if k[0] not in (Role.GATE, Role.UP, Role.DOWN)}
    for (role, site), w in weights.items():
        if role in (Role.GATE, Role.UP, Role.DOWN):
            for number, part in enumerate(np.split(w, count, axis=1 if role is Role.DOWN else 0)):
                made[role, Site(site.stack, site.layer, number)] = part
    return made


def experts_moved(weights: Weights, seed: int) -> Weights:
    """The experts of every layer in another order."""
    count = 1 + max(s.expert for _, s in weights)
    order = np.random.default_rng([23, seed]).permutation(count)
    return {
        (r, Site(s.stack, s.layer, int(order[s.expert])) if s.expert >= 0 else s): w for (r, s), w in weights.items()
    }


def state_space(seed: int, *, bulk: int | None = None) -> Weights:
    """The MLPs of a drawn model read as state-space blocks: gate and up as the rows of one input matrix."""
    drawn = models.draw(seed, bulk=bulk)
    made: dict[Key, Any] = {(Role.TOKEN_EMBEDDING, MODEL): drawn[Role.TOKEN_EMBEDDING, MODEL]}
    for (role, site), w in drawn.items():
        if role is Role.DOWN:
            made[Role.STATE_OUT, site] = w
            made[Role.STATE_IN, site] = np.vstack([drawn[Role.UP, site], drawn[Role.GATE, site]])
            made[Role.ATTENTION_NORM, site] = drawn[Role.MLP_NORM, site]
        elif role is Role.FINAL_NORM:
            made[role, site] = w
    return made


def channels_permuted(weights: Weights, seed: int) -> Weights:
    """The channels of every state-space block in another order, the residual stream turned, gains folded."""
    rng = np.random.default_rng([24, seed])
    width = weights[Role.TOKEN_EMBEDDING, MODEL].shape[1]
    turn = models.rotation(seed, width)

    def change(site: Site) -> Weights:
        entry, out = weights[Role.STATE_IN, site], weights[Role.STATE_OUT, site]
        order = rng.permutation(out.shape[1])
        both = np.vstack([entry[: out.shape[1]][order], entry[out.shape[1] :][order]])
        gain = weights[Role.ATTENTION_NORM, site]
        return {
            (Role.STATE_IN, site): (both * gain) @ turn,
            (Role.STATE_OUT, site): turn.T @ out[:, order],
            (Role.ATTENTION_NORM, site): np.ones_like(gain),
        }

    changed = _each_site(weights, change)
    return {**changed, (Role.TOKEN_EMBEDDING, MODEL): weights[Role.TOKEN_EMBEDDING, MODEL] @ turn}
