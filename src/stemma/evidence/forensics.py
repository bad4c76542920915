"""Delta forensics of one pair: every fact about how one model may have come out of the other, each found when first
asked for. Facts name mechanisms and directions of linked pairs; none of them makes a link."""

from __future__ import annotations

from functools import cached_property

from stemma.evidence.forensics_experts import ExpertOrigin, expert_origin
from stemma.evidence.forensics_frozen import Frozen, frozen_parts
from stemma.evidence.forensics_lattice import Quantised, quantised
from stemma.evidence.forensics_layers import LayerFacts, layer_facts
from stemma.evidence.forensics_sparse import SparseChange, sparse_change
from stemma.evidence.forensics_units import Removed, removed_units
from stemma.evidence.forensics_vocabulary import VocabularyChange, vocabulary_change
from stemma.evidence.forensics_zeros import Zeros, zeros_of
from stemma.evidence.order import Layers, Pairing
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing


class Forensics:
    """The facts of one pair; ``a_layers`` and ``b_layers`` are its sampled matrices by layer."""

    def __init__(self, a: Fingerprint, b: Fingerprint, a_layers: Layers, b_layers: Layers) -> None:
        self._a, self._b = a, b
        self._layers = a_layers, b_layers

    @cached_property
    def quantised_a(self) -> Quantised | None:
        """How A is quantised, or None where it is not."""
        return quantised(self._a, self._b)

    @cached_property
    def quantised_b(self) -> Quantised | None:
        """How B is quantised, or None where it is not."""
        return quantised(self._b, self._a)

    @cached_property
    def zeros_a(self) -> Zeros | Missing:
        return zeros_of(self._a)

    @cached_property
    def zeros_b(self) -> Zeros | Missing:
        return zeros_of(self._b)

    @cached_property
    def frozen(self) -> Frozen | Missing:
        """Which parts are equal, and which moved."""
        return frozen_parts(self._a, self._b)

    @cached_property
    def sparse(self) -> SparseChange | Missing:
        """How the equal entries of changed matrices stand."""
        return sparse_change(self._a, self._b)

    @cached_property
    def removed(self) -> Removed | Missing:
        """Units that one side lacks."""
        return removed_units(self._a, self._b)

    @cached_property
    def vocabulary(self) -> VocabularyChange | Missing:
        """What became of the vocabulary."""
        return vocabulary_change(self._a, self._b)

    @cached_property
    def experts(self) -> ExpertOrigin | Missing:
        """Dense layers beside experts."""
        return expert_origin(self._a, self._b)

    def layers(self, pairing: Pairing) -> LayerFacts:
        """The layers over a layer map."""
        return layer_facts(*self._layers, pairing)
