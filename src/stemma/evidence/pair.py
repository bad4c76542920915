"""The ordered, lazy plan of tests for one pair: the constitution pulls from it until the ruling is final.

Alpha is spent over :data:`PLANNED`, the whole list of tests that make p-values, whether or not all of them are pulled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from stemma.evidence.aligned.interface import WeightSource
from stemma.evidence.delta import LowRank, low_rank_change
from stemma.evidence.facts import PairFacts, pair_facts
from stemma.evidence.forensics import Forensics
from stemma.evidence.gains import gain_overlap
from stemma.evidence.identity import TensorIdentity, file_identity, tensor_identity
from stemma.evidence.interface import Evidence
from stemma.evidence.layer_alignment import Alignment, align_layers, identity_pairing
from stemma.evidence.learned_parts import Overlap, learned_overlaps
from stemma.evidence.matching import Matching, match_neurons
from stemma.evidence.order import Pairing, unit_order
from stemma.evidence.residual_order import residual_order
from stemma.evidence.rounding import EntryFacts, entry_facts
from stemma.evidence.units import Group, by_layer
from stemma.fingerprint import Fingerprint, require_comparable
from stemma.identity import Missing, is_present

if TYPE_CHECKING:
    from stemma.evidence.aligned.look import Aligned

Supplier = Callable[[], tuple[WeightSource, WeightSource]]
"""Opens both models for a closer look."""
NO_WEIGHTS = Missing("closer look at whole matrices: it needs the weights of both models, not fingerprints or samples")

PLANNED = (
    "mlp order",
    "attention order",
    "state order",
    "residual order",
    "layer alignment",
    "neuron matching",
    "aligned neurons",
)


class PairEvidence:
    """Every test on a pair of fingerprints, each computed once, when first asked for.

    ``weights`` opens both models where they are at hand, for the one test that goes back to them.

    Raises:
        IncompatibleFingerprint: the fingerprints follow different schemas.
    """

    def __init__(self, a: Fingerprint, b: Fingerprint, weights: Supplier | Missing = NO_WEIGHTS) -> None:
        require_comparable(a.schema, b.schema)
        self.a, self.b = a, b
        self._weights = weights
        self._a_layers, self._b_layers = by_layer(a), by_layer(b)
        self._orders: dict[Group, Evidence | Missing] = {}

    @cached_property
    def files(self) -> Evidence | Missing:
        return file_identity(self.a, self.b)

    @cached_property
    def tensors(self) -> TensorIdentity | Missing:
        return tensor_identity(self.a, self.b)

    @cached_property
    def entries(self) -> EntryFacts | Missing:
        return entry_facts(self.a, self.b)

    @cached_property
    def facts(self) -> PairFacts:
        return pair_facts(self.a, self.b)

    @cached_property
    def same_places(self) -> Pairing:
        """Layers at the same place in both models."""
        return identity_pairing(list(self._a_layers), list(self._b_layers))

    def order(self, group: Group) -> Evidence | Missing:
        """Unit order of a group over layers at the same place."""
        if group not in self._orders:
            self._orders[group] = self._order(group)
        return self._orders[group]

    def _order(self, group: Group) -> Evidence | Missing:
        if group is Group.ATTENTION and self._head_dim is None:
            return Missing("attention order: the head dimension is unknown or differs")
        return unit_order(self._a_layers, self._b_layers, self.same_places, group, self._head_dim)

    @cached_property
    def residual(self) -> Evidence | Missing:
        return residual_order(self.a, self.b)

    @cached_property
    def alignment(self) -> Alignment | Missing:
        """Layer map by search over all pairs of layers."""
        return align_layers(self._a_layers, self._b_layers)

    @cached_property
    def matching(self) -> Matching | Missing:
        """The same neurons in whatever order and basis."""
        return match_neurons(self.a, self.b)

    @cached_property
    def aligned(self) -> Aligned | Missing:
        """The closer look: both models in one basis, whole matrices. Slow; only where the fingerprints leave doubt."""
        if isinstance(self._weights, Missing):
            return self._weights
        from stemma.evidence.aligned.look import look_closer  # noqa: PLC0415 seldom needed, and it brings SciPy

        return look_closer(*self._weights())

    @cached_property
    def change(self) -> LowRank | Missing:
        return low_rank_change(self.a, self.b)

    @cached_property
    def forensics(self) -> Forensics:
        """How one model may have come out of the other."""
        return Forensics(self.a, self.b, self._a_layers, self._b_layers)

    def overlaps(self, group: Group, pairing: Pairing) -> Mapping[str, Overlap | Missing]:
        """Learned part against bulk over ``pairing``, by role."""
        return learned_overlaps(self._a_layers, self._b_layers, pairing, group)

    def gains(self, pairing: Pairing) -> Overlap | Missing:
        """Gains of the norms over ``pairing``."""
        return gain_overlap(self.a, self.b, pairing)

    @property
    def _head_dim(self) -> int | None:
        a, b = self.a.facts.head_dim, self.b.facts.head_dim
        return a if is_present(a) and a == b else None
