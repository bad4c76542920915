"""S2 in one basis: do the layers hold the same neurons, and which layer is which?

A sample of every layer's units is looked for among all units of a layer of the other model, once by each view. Units
that the first view and another place alike are counted.

Null: the views find their nearest units independently; then the count is at most a Poisson number of mean 1 for each of
the m pairs of views, and P(N >= k) <= m^k / k! [1]. Views of one model are not strictly independent, so the first layer
and the layer that the basis was fitted to are not counted, and a minimum share of agreeing units in several layers is
asked for beside the p-value.
Alternative: the layers hold the same units.

References:
    [1] J. Riordan (1958), An introduction to combinatorial analysis, chapter 3: the problem of coincidences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from stemma.evidence.aligned.basis import Basis, unit_rows
from stemma.evidence.aligned.blocks import Units
from stemma.evidence.aligned.interface import ALIGNED_NEURONS, Array
from stemma.evidence.aligned.layers import Layers, comparable, sampled
from stemma.evidence.aligned.neurons import nearest_agreement
from stemma.evidence.aligned.search import Cell, Found
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.layer_alignment import best_path
from stemma.evidence.matching import MINIMUM_COUNT, MINIMUM_SHARE
from stemma.evidence.tails import log10_bonferroni
from stemma.evidence.units import Place
from stemma.immutable import immutable

_SAMPLE = 192
_RIVAL = 0.5  # a layer is used twice only where both uses agree nearly as well

_Wanted = Callable[[Place, Place], bool]


@immutable
class Screen:
    """Which layers hold the same units: (layer of A, layer of B), and the test."""

    pairing: tuple[Cell, ...]
    evidence: Evidence


@immutable
class _Count:
    """Units that agree, of how many, with how many pairs of views."""

    agreeing: int
    of: int
    views: int

    @property
    def share(self) -> float:
        return self.agreeing / max(1, self.of)

    @property
    def log10_p(self) -> float:
        return min(0.0, (self.agreeing * math.log(self.views) - math.lgamma(self.agreeing + 1)) / math.log(10))

    @property
    def holds(self) -> bool:
        return self.share >= MINIMUM_SHARE and self.agreeing >= MINIMUM_COUNT


def screen_layers(a: Layers, b: Layers, found: Found) -> Screen:
    """Every layer against the one at its place, and against all others unless these agree throughout."""
    samples = {p: _brought(u, found.basis) for p in a.places if (u := a.units(p)) is not None}
    same = _counts(b, samples, found, lambda p, q: p == q)
    counts = same
    if len(a.places) != len(b.places) or not all(c.holds for c in same.values()) or not same:
        counts = _counts(b, samples, found, lambda p, q: p.stack == q.stack)
    pairing = _pairing(a, b, counts)
    counted = [c for c in pairing if c[0] != found.fitted and (c[0].layer > 0 or len(a.places) == 1)]
    return Screen(pairing, _evidence(counts, pairing, counted, found, min(2, max(1, _countable(a, b, found)))))


def _countable(a: Layers, b: Layers, found: Found) -> int:
    """How many pairs of layers could be counted at most: all but the first and the fitted one."""
    inner = [p for p in a.places if p.layer > 0 and p != found.fitted]
    return min(len(inner), len(b.places) - (len(a.places) - len(inner)))


def _brought(units: Units, basis: Basis) -> Units:
    """A sample of A's units as unit rows in B's basis."""
    part = sampled(units, min(_SAMPLE, max(1, len(units) // 2)))
    return Units({n: basis.to_b(unit_rows(v)) for n, v in part.views.items()}, part.expert, part.free)


def _counts(b: Layers, samples: Mapping[Place, Units], found: Found, wanted: _Wanted) -> dict[Cell, _Count]:
    counts = {}
    for q in b.places:
        whole = b.units(q)
        rows: dict[str, Array] | None = None
        for p, sample in samples.items():
            if not wanted(p, q) or whole is None or not comparable(sample, whole):
                continue
            rows = rows or {n: unit_rows(v) for n, v in whole.views.items()}
            cosines = {n: v @ rows[n].T for n, v in sample.views.items()}
            agreed = nearest_agreement(cosines, sample.free)
            counts[p, q] = _Count(int(np.count_nonzero(agreed >= 0)), len(sample), len(cosines) - 1)
    return counts


def _pairing(a: Layers, b: Layers, counts: Mapping[Cell, _Count]) -> tuple[Cell, ...]:
    """The best path through the layers that agree, onto the model whose layers it can map more of."""
    rows, columns = sorted(b.places), sorted(a.places)
    counted = np.array([[_agreeing(counts.get((p, q))) for p in columns] for q in rows])
    strongest = np.maximum(counted.max(axis=1, keepdims=True), counted.max(axis=0, keepdims=True))
    scores = np.where((counted > 0) & (counted >= _RIVAL * strongest), counted, -np.inf)
    onto_a = [(columns[j], rows[i]) for i, j in enumerate(best_path(scores)) if j >= 0]
    onto_b = [(columns[j], rows[i]) for j, i in enumerate(best_path(scores.T)) if i >= 0]
    return tuple(onto_a if len(onto_a) >= len(onto_b) else onto_b)


def _agreeing(count: _Count | None) -> float:
    return float(count.agreeing) if count is not None and count.holds else 0.0


def _evidence(
    counts: Mapping[Cell, _Count], pairing: tuple[Cell, ...], counted: list[Cell], found: Found, needed: int
) -> Evidence:
    shares = sorted((counts[c].share for c in counted), reverse=True)
    strongest = max([counts[c] for c in counted] or [_Count(0, 0, 1)], key=lambda count: count.agreeing)
    holds = len(counted) >= needed
    return Evidence(
        test=ALIGNED_NEURONS,
        site=f"{len(pairing)} layers",
        statistic=float(strongest.agreeing),
        effect=shares[needed - 1] if holds else 0.0,
        log10_p=log10_bonferroni(strongest.log10_p, len(counts)) if holds else 0.0,
        null="independent views of a unit point to unrelated units of the other model",
        method=(
            f"nearest units by several views on whole matrices, {found.basis.kind} from {found.source}, bound m^k/k!, "
            "Bonferroni over layer pairs, first and fitted layers not counted"
        ),
        sample=sum(counts[c].of for c in pairing) if pairing else sum(c.of for c in counts.values()),
        background=Background(1.0, 1.0, "bound per pair of layers and of views: agreements are Poisson"),
        per_site=tuple(
            SiteValue(str(p), str(q), float(counts[p, q].agreeing), counts[p, q].log10_p, counts[p, q].share)
            for p, q in pairing
        ),
        facts={"basis": found.basis.kind, "basis_from": found.source, "layer_pairs": len(counts)},
    )
