"""Small synthetic models whose lineage is known: a bulk that the seed drew, a learned part that training wrote.

Every function returns new weights. Names of layers and shapes follow :class:`Size`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Anatomy, Facts, Part, Role, Site, Tokens
from stemma.fingerprint import DEFAULT, Fingerprint, Parameters, build_fingerprint
from stemma.identity import Missing
from tests.fingerprint.models import ArrayTensor

Array = NDArray[Any]
Key = tuple[Role, Site]
Weights = Mapping[Key, Array]
MODEL = Site("model")
_INPUTS = (Role.Q, Role.K, Role.V, Role.GATE, Role.UP)
_OUTPUTS = (Role.O, Role.DOWN)


@dataclass(frozen=True)
class Size:
    layers: int = 4
    hidden: int = 64
    neurons: int = 128
    vocabulary: int = 96
    head_dim: int = 16


SMALL = Size()


def draw(seed: int, *, bulk: int | None = None, size: Size = SMALL, strength: float = 1.0, rank: int = 4) -> Weights:
    """A model of bulk ``bulk`` (default: ``seed``) trained on its own, with ``rank`` learned directions a matrix."""
    noise, learned = np.random.default_rng([1, seed if bulk is None else bulk]), np.random.default_rng([2, seed])

    def matrix(rows: int, columns: int) -> Array:
        left, right = learned.standard_normal((rows, rank)), learned.standard_normal((rank, columns))
        scale = (
            0.02 * strength * 3 * (rows**0.5 + columns**0.5) / (rows * columns) ** 0.5 / np.arange(1, rank + 1) ** 0.5
        )
        return (0.02 * noise.standard_normal((rows, columns)) + (left * scale) @ right).astype(np.float32)

    h, n = size.hidden, size.neurons
    weights: dict[Key, Array] = {(Role.TOKEN_EMBEDDING, MODEL): matrix(size.vocabulary, h)}
    for layer in range(size.layers):
        site = Site("decoder", layer)
        weights |= {(role, site): matrix(h, h) for role in (Role.Q, Role.K, Role.V, Role.O)}
        weights |= {(Role.GATE, site): matrix(n, h), (Role.UP, site): matrix(n, h), (Role.DOWN, site): matrix(h, n)}
        for role in (Role.ATTENTION_NORM, Role.MLP_NORM):
            weights[role, site] = (1 + 0.1 * strength * learned.standard_normal(h)).astype(np.float32)
    weights[Role.FINAL_NORM, MODEL] = (1 + 0.1 * strength * learned.standard_normal(h)).astype(np.float32)
    return weights


def untrained(seed: int, size: Size = SMALL) -> Weights:
    return draw(seed, size=size, strength=0.0)


def each(weights: Weights, change: Any) -> Weights:
    """``change(array)`` for every tensor."""
    return {key: change(w).astype(w.dtype) for key, w in weights.items()}


def matrices(weights: Weights, change: Any) -> Weights:
    """``change(array)`` for every matrix of a layer."""
    return {k: change(w).astype(w.dtype) if k[1].layer >= 0 and w.ndim == 2 else w for k, w in weights.items()}


def tuned(weights: Weights, seed: int, *, share: float = 0.2, keep: float = 1.0) -> Weights:
    """keep * A + noise of ``share`` of each tensor's size, a third of it in four directions."""
    rng = np.random.default_rng([3, seed])

    def change(w: Array) -> Array:
        spread = float(w.std())
        step = rng.standard_normal(w.shape) * share * spread * 0.67
        if w.ndim == 2:
            low = rng.standard_normal((w.shape[0], 4)) @ rng.standard_normal((4, w.shape[1]))
            step = step + 0.33 * share * spread * low / low.std()
            return np.asarray(keep * w + step)
        return np.asarray(w + step)

    return each(weights, change)


def merged(a: Weights, b: Weights, share: float = 0.5) -> Weights:
    return {k: ((1 - share) * a[k] + share * b[k]).astype(np.float32) for k in a}


def pruned(weights: Weights, share: float = 0.5) -> Weights:
    """The smallest ``share`` of every layer matrix set to zero."""
    return matrices(weights, lambda w: np.where(np.abs(w) > np.quantile(np.abs(w), share), w, 0))


def quantised(weights: Weights, bits: int) -> Weights:
    """Every layer matrix to ``bits``-bit integers and back, one scale for each row."""
    top = 2 ** (bits - 1) - 1

    def change(w: Array) -> Array:
        step = np.abs(w).max(axis=1, keepdims=True) / top
        return np.asarray(np.rint(w / step) * step)

    return matrices(weights, change)


def low_rank_changed(weights: Weights, seed: int, rank: int, roles: Sequence[Role], size: float = 0.3) -> Weights:
    """A change of ``rank`` directions in the matrices of ``roles``, of ``size`` times their norm."""
    rng = np.random.default_rng([4, seed])

    def change(w: Array) -> Array:
        left, _ = np.linalg.qr(rng.standard_normal((w.shape[0], rank)))
        right, _ = np.linalg.qr(rng.standard_normal((w.shape[1], rank)))
        return np.asarray(w + left @ right.T * (size * np.linalg.norm(w) / rank**0.5)).astype(w.dtype)

    return {k: change(w) if k[0] in roles and w.ndim == 2 else w for k, w in weights.items()}


def restacked(weights: Weights, layers: Sequence[int], other: Weights | None = None) -> Weights:
    """Those layers, numbered anew; -1 - i takes layer i of ``other``."""
    kept = {k: w for k, w in weights.items() if k[1].layer < 0}
    for new, old in enumerate(layers):
        source = weights if old >= 0 or other is None else other
        wanted = old if old >= 0 else -1 - old
        kept |= {(r, replace(s, layer=new)): w for (r, s), w in source.items() if s.layer == wanted}
    return kept


def neurons_permuted(weights: Weights, seed: int) -> Weights:
    """Every MLP's neurons in another order."""
    rng = np.random.default_rng([5, seed])
    sites = sorted({s for r, s in weights if r is Role.GATE})
    orders = {s: rng.permutation(len(weights[Role.GATE, s])) for s in sites}

    def moved(role: Role, site: Site, w: Array) -> Array:
        if role in (Role.GATE, Role.UP):
            return np.asarray(w[orders[site]])
        return np.asarray(w[:, orders[site]]) if role is Role.DOWN else w

    return {(r, s): moved(r, s, w) for (r, s), w in weights.items()}


def residual_turned(weights: Weights, turn: Array) -> Weights:
    """The residual stream times a matrix (orthogonal: turned) after folding every gain into what reads it (RMS)."""
    turned: dict[Key, Array] = {}
    for (role, site), w in weights.items():
        if role is Role.TOKEN_EMBEDDING:
            turned[role, site] = w @ turn
        elif role in _INPUTS:
            norm = Role.ATTENTION_NORM if role in (Role.Q, Role.K, Role.V) else Role.MLP_NORM
            turned[role, site] = (w * weights[norm, site]) @ turn
        elif role in _OUTPUTS:
            turned[role, site] = turn.T @ w
        else:
            turned[role, site] = np.ones(turn.shape[1])
    return {k: w.astype(np.float32) for k, w in turned.items()}


def rotation(seed: int, width: int) -> Array:
    turn, _ = np.linalg.qr(np.random.default_rng([6, seed]).standard_normal((width, width)))
    return np.asarray(turn)


def permutation(seed: int, width: int) -> Array:
    return np.eye(width)[np.random.default_rng([7, seed]).permutation(width)]


def disguised(weights: Weights, seed: int) -> Weights:
    """Neurons and residual dimensions permuted, the residual stream rotated, gains folded in."""
    width = weights[Role.TOKEN_EMBEDDING, MODEL].shape[1]
    return neurons_permuted(residual_turned(weights, permutation(seed, width) @ rotation(seed, width)), seed)


def with_rows(weights: Weights, seed: int, extra: int) -> Weights:
    """More rows in the embedding."""
    table = weights[Role.TOKEN_EMBEDDING, MODEL]
    more = (0.02 * np.random.default_rng([8, seed]).standard_normal((extra, table.shape[1]))).astype(np.float32)
    return {**weights, (Role.TOKEN_EMBEDDING, MODEL): np.vstack([table, more])}


def _plain(array: Array) -> ArrayTensor:
    tensor = ArrayTensor(array)
    tensor.storage = "F32"
    return tensor


def fingerprint(
    weights: Weights,
    label: str = "org/model",
    *,
    full: bool = True,
    scheme: str = "test",
    prefix: str = "token",
    declared: Mapping[str, Any] | None = None,
    head_dim: int = SMALL.head_dim,
    tokens: bool = True,
    parameters: Parameters = DEFAULT,
    norm: str = "rms",
    position: str = "rotary",
) -> Fingerprint:
    """The fingerprint of ``weights``, with what a config and a tokenizer would say of them."""
    parts = [Part(role, site, _plain(w), f"{site}.{role}") for (role, site), w in weights.items()]
    unknown = Missing("not stated")
    table = weights.get((Role.TOKEN_EMBEDDING, MODEL))
    vocabulary: int | Missing = unknown if table is None else len(table)
    hidden: int | Missing = unknown if table is None else table.shape[1]
    heads: int | Missing = unknown if table is None else table.shape[1] // head_dim
    layers = len({s.layer for _, s in weights if s.layer >= 0})
    anatomy = Anatomy(
        label=label,
        container="arrays",
        scheme=scheme,
        parts=tuple(sorted(parts, key=lambda p: p.key)),
        exempt=(),
        facts=Facts(scheme, hidden, layers, heads, heads, head_dim, vocabulary, position, norm, unknown, True),
        tokens=Tokens("test", {i: f"{prefix}{i}" for i in range(0 if table is None else len(table))})
        if tokens
        else unknown,
        declared=declared or {},
    )
    return build_fingerprint(anatomy, (), full=full, workers=1, parameters=parameters)
