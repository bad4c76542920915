"""Roles and sites: what each tensor does, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor


class Role(StrEnum):
    """What a tensor does. Matrices are canonical as ``(out features, in features)``."""

    TOKEN_EMBEDDING = "token_embedding"
    POSITION_EMBEDDING = "position_embedding"
    SEGMENT_EMBEDDING = "segment_embedding"
    EMBEDDING_PROJECTION = "embedding_projection"
    PATCH_EMBEDDING = "patch_embedding"
    PROJECTOR = "projector"
    Q = "q"
    K = "k"
    V = "v"
    O = "o"  # noqa: E741 the field's name for the output projection
    Q_A = "q_a"  # low-rank attention (MLA): residual -> query latent
    Q_B = "q_b"  # query latent -> heads
    KV_A = "kv_a"  # residual -> key/value latent (and the shared rotary key)
    K_B = "k_b"  # latent -> keys without position
    V_B = "v_b"  # latent -> values
    ATTENTION_GATE = "attention_gate"
    GATE = "gate"
    UP = "up"
    DOWN = "down"
    ROUTER = "router"
    HEAD = "head"
    HEAD_TRANSFORM = "head_transform"
    POOLER = "pooler"
    NORM = "norm"
    ATTENTION_NORM = "attention_norm"
    MLP_NORM = "mlp_norm"
    FINAL_NORM = "final_norm"
    QK_NORM = "qk_norm"
    STATE_IN = "state_in"
    STATE_OUT = "state_out"
    STATE_PARAMETER = "state_parameter"
    CONVOLUTION = "convolution"
    RELATIVE_POSITION = "relative_position"
    ADAPTER_A = "adapter_a"
    ADAPTER_B = "adapter_b"
    OTHER_MATRIX = "other_matrix"
    OTHER_VECTOR = "other_vector"


@immutable(order=True)
class Site:
    """Where a tensor stands: the stack ("decoder", "encoder", "vision", ...), the layer in it, the expert in that.

    ``block`` tells attention blocks of one layer apart ("self", "cross") and repeats of a role ("", "post", ...);
    ``layer`` and ``expert`` are -1 where there is none.
    """

    stack: str
    layer: int = -1
    expert: int = -1
    block: str = ""

    def __str__(self) -> str:
        parts = [self.stack]
        if self.layer >= 0:
            parts.append(str(self.layer))
        if self.expert >= 0:
            parts.append(f"expert{self.expert}")
        if self.block:
            parts.append(self.block)
        return ".".join(parts)


@immutable
class Part:
    """A tensor with its role and site. ``bias`` marks the bias that belongs to the matrix of that role.

    ``tensor`` is the canonical view: fused tensors already split, transposed ones already turned, container
    permutations undone. ``certain`` is False where only position and shape spoke (fallback).
    """

    role: Role
    site: Site
    tensor: LazyTensor
    source: str
    bias: bool = False
    certain: bool = True

    @property
    def key(self) -> str:
        """Stable name of this part within a model, such as ``decoder.3/gate`` or ``decoder.3/q.bias``."""
        return f"{self.site}/{self.role.value}" + (".bias" if self.bias else "")


@immutable
class Exempt:
    """A tensor that gets no role, with the reason (fixed by the architecture, a buffer, a quantiser's scale)."""

    source: str
    reason: str


@immutable
class Facts:
    """Config facts used to interpret tensors; each may be missing with its reason.

    ``position`` is one of "rotary", "learned", "sinusoidal", "alibi", "relative", "none".
    ``shared_layers`` is True where one stored layer serves all ``layers`` (ALBERT); it is kept as layer 0.
    """

    model_type: str | Missing
    hidden: int | Missing
    layers: int | Missing
    heads: int | Missing
    kv_heads: int | Missing
    head_dim: int | Missing
    vocabulary: int | Missing
    position: str | Missing
    norm: str | Missing
    activation: str | Missing
    tied: bool | Missing
    shared_layers: bool = False


@immutable(eq=False)
class Tokens:
    """Token strings by id after one canonical spelling (space marker, byte-level and SentencePiece marks undone)."""

    kind: str
    by_id: Mapping[int, str]

    @cached_property
    def keys(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Every id, as ``by_id`` has them, and beside it the first 64 bits of the SHA-256 of its string."""
        digests = b"".join([sha256(text.encode("utf-8", "surrogatepass")).digest() for text in self.by_id.values()])
        return np.fromiter(self.by_id, np.int64, len(self.by_id)), np.frombuffer(digests, ">u8")[::4].astype(np.uint64)

    @cached_property
    def sha256(self) -> str:
        """Digest of the strings with their ids, in the order of the ids."""
        lines = "".join([f"{number}\t{len(text)}\t{text}\n" for number, text in sorted(self.by_id.items())])
        return sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


@immutable
class Anatomy:
    """A whole model, taken apart. ``parts`` is sorted by key and keys are unique.

    ``fixed`` holds tensors that the architecture alone determines (two seeds of it share them): they are digested
    but are never evidence of identity.
    """

    label: str
    container: str
    scheme: str
    parts: tuple[Part, ...]
    exempt: tuple[Exempt, ...]
    facts: Facts
    tokens: Tokens | Missing
    declared: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
