"""The closer look at a pair whose weights are at hand."""

from __future__ import annotations

from stemma.evidence.aligned.dimensions import EVERY, common_dimensions
from stemma.evidence.aligned.interface import WeightSource
from stemma.evidence.aligned.layers import Layers
from stemma.evidence.aligned.ratios import Ratios, aligned_ratios
from stemma.evidence.aligned.screen import screen_layers
from stemma.evidence.aligned.search import Cell, Probes, find_basis
from stemma.evidence.aligned.tokens import shared_rows
from stemma.evidence.interface import Evidence
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

_FOUND = -3.0


@immutable
class Aligned:
    """What the closer look found: the test of sharing, the layers that hold the same units, the twin gate's ratios.

    ``pairing`` and ``ratios`` are empty where nothing is shared.
    """

    evidence: Evidence
    pairing: tuple[Cell, ...]
    ratios: Ratios
    basis: str


NOTHING = Ratios({}, 1.0)


def look_closer(a: WeightSource, b: WeightSource, *, hardest: bool = False) -> Aligned | Missing:
    """Bring both models into one basis and compare whole matrices, or say why that cannot be done.

    ``hardest`` as in :func:`find_basis`.

    Raises:
        SourceError: weights could not be read.
    """
    widths = a.facts.hidden, b.facts.hidden
    if not (is_present(widths[0]) and is_present(widths[1])):
        return Missing("closer look: a residual width is unknown")
    common = EVERY if widths[0] == widths[1] else common_dimensions(shared_rows(a, b))
    if isinstance(common, Missing):
        return common
    of_a, of_b = Layers(a, common.a), Layers(b, common.b)
    if not {p.stack for p in of_a.places} & {p.stack for p in of_b.places}:
        return Missing("closer look: no stack of both models has layers of neurons or state-space channels")
    probes = Probes(of_a, of_b)
    found = find_basis(probes, lambda: common.of(shared_rows(a, b)), hardest=hardest)
    screen = screen_layers(of_a, of_b, found)
    ratios = NOTHING
    if screen.pairing and screen.evidence.log10_p is not None and screen.evidence.log10_p < _FOUND:
        ratios = aligned_ratios(of_a, of_b, screen.pairing, found)
    return Aligned(screen.evidence, screen.pairing, ratios, found.basis.kind)
