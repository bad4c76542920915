"""The fingerprint as a value: what one pass over a model leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Facts, Role, Site
from stemma.fingerprint.coded import Coded
from stemma.fingerprint.moments import Moments
from stemma.fingerprint.spectrum import signal_shares
from stemma.identity import Digest, Missing, oms_root
from stemma.immutable import immutable

Array = NDArray[np.float32]


@immutable
class FilePrint:
    """One weight file: its SHA-256, or why it was not taken."""

    name: str
    size: int
    sha256: Digest | Missing


@immutable(eq=False)
class LearnedPart:
    """The learned part of a matrix at its corner, and how it was split off (see ``fingerprint.spectrum``).

    The components that stand above ``edge`` in the leading block of ``block`` entries, centred over its units:
    ``strengths`` are their singular values divided by the edge, largest first, ``left`` (components x rows of the
    corner) their left singular vectors, ``right`` (components x columns) the right ones times the singular values.
    """

    left: Array
    right: Array
    block: tuple[int, int]
    noise: float
    edge: float
    capped: bool
    strengths: tuple[float, ...]

    @property
    def count(self) -> int:
        """Number of components."""
        return len(self.strengths)

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of signal in each component."""
        return signal_shares(np.array(self.strengths) * self.edge, self.noise, self.block)


@immutable(eq=False)
class PartPrint:
    """What is kept of one tensor.

    ``coded`` holds the leading rows and columns of a matrix, its corner (r x c, exact to 1/127 of each row's largest
    entry), ``exact`` the very first of them to the last bit (for rounding, lattices, pruning), ``vector`` a gain or
    bias whole or its leading values (to half precision), ``digest`` the value digest.
    """

    key: str
    role: Role
    site: Site
    bias: bool
    certain: bool
    source: str
    shape: tuple[int, ...]
    storage: str
    digest: Digest | Missing
    moments: Moments | Missing
    coded: Coded | Missing = field(default_factory=lambda: Missing("not a sampled matrix"))
    exact: Array | Missing = field(default_factory=lambda: Missing("not a sampled matrix"))
    learned: LearnedPart | Missing = field(default_factory=lambda: Missing("not a sampled layer"))
    vector: Array | Missing = field(default_factory=lambda: Missing("not a vector"))


@immutable(eq=False)
class Anchors:
    """Rows of the token embedding (and of an untied head) at a deterministic choice of tokens.

    ``keys`` identify tokens by their canonical string (64-bit hash, ascending) or, without a tokenizer, by id
    (``by_string`` False). ``embedding`` and ``head`` are n x hidden, float32; ``embedding_codes`` and ``head_codes``
    the same as they are kept.
    """

    by_string: bool
    keys: NDArray[np.uint64]
    ids: NDArray[np.int64]
    embedding_codes: Coded
    head_codes: Coded | Missing

    @cached_property
    def embedding(self) -> Array:
        """Rows of the token embedding."""
        return self.embedding_codes.decoded()

    @cached_property
    def head(self) -> Array | Missing:
        """Rows of the head, where it is a matrix of its own."""
        return self.head_codes if isinstance(self.head_codes, Missing) else self.head_codes.decoded()


@immutable(eq=False)
class Response:
    """Responses (neurons x tokens, float32): ``whole``, and what the learned components of the weights add to it.

    Component k adds the outer product of ``left[k]`` (neurons) and ``right[k]`` (tokens); ``shares`` say how much of
    it is signal.
    """

    whole: Array
    left: Array
    right: Array
    shares: Array


@immutable(eq=False)
class LayerResponses:
    """The kept neurons of a layer, by index, and their responses to the leading anchors by role (gate, up, down)."""

    stack: str
    layer: int
    neurons: NDArray[np.int64]
    roles: Mapping[Role, Response]


@immutable(eq=False)
class Fingerprint:
    """A model, small: everything that evidence looks at. ``reading`` is "full" or "sampled"."""

    schema: str
    label: str
    container: str
    scheme: str
    reading: str
    files: tuple[FilePrint, ...]
    facts: Facts
    tokenizer: Mapping[str, Any] | Missing
    declared: Mapping[str, Any]
    parts: Mapping[str, PartPrint]
    exempt: Mapping[str, str]
    anchors: Anchors | Missing
    responses: tuple[LayerResponses, ...] | Missing
    sketch: Array
    missing: Mapping[str, str]
    warnings: tuple[str, ...]

    @property
    def root(self) -> Digest | Missing:
        """Root digest over the weight files (OpenSSF Model Signing), where every file has one."""
        digests = {f.name: f.sha256 for f in self.files if isinstance(f.sha256, Digest)}
        if len(digests) != len(self.files) or not digests:
            return Missing("not every weight file has a SHA-256")
        return oms_root(digests)

    @property
    def parameters(self) -> int:
        """Number of elements in all parts."""
        return sum(int(np.prod(p.shape, dtype=np.int64)) for p in self.parts.values())

    def layers(self, stack: str) -> tuple[int, ...]:
        """The layer numbers of a stack, ascending."""
        return tuple(sorted({p.site.layer for p in self.parts.values() if p.site.stack == stack and p.site.layer >= 0}))

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that have layers, sorted."""
        return tuple(sorted({p.site.stack for p in self.parts.values() if p.site.layer >= 0}))
