"""Finding the basis: the simplest alignment under which independent views of a probed layer agree.

Tried in order: the same basis; what shared tokens give, as a permutation and as a rotation; and where tokens are no
help, neurons paired by what no rotation changes. What is found is refined by turns: neurons are matched in the basis,
the basis is fitted anew to the matched neurons. Neurons of unrelated layers can be made to agree by such a fit, so an
alignment is judged on layers that took no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from stemma.evidence.aligned import basis as bases
from stemma.evidence.aligned.basis import SAME, Basis, unit_rows
from stemma.evidence.aligned.blocks import Units
from stemma.evidence.aligned.interface import Array
from stemma.evidence.aligned.layers import Layers, comparable, sampled
from stemma.evidence.aligned.neurons import Matches, agreement, cosines, joint, mutual
from stemma.evidence.aligned.seeds import seed_matches, signatures
from stemma.evidence.matching import MINIMUM_SHARE
from stemma.evidence.units import Place
from stemma.immutable import immutable

_SAMPLE, _LOOK, _PROBES = 1024, 256, 4
_ROUNDS, _SEED_ROUNDS = 3, 12
_ALIKE, _STILL = 0.9, 0.005

Cell = tuple[Place, Place]
Tokens = Callable[[], Iterator[tuple[str, Array, Array]]]


@immutable(eq=False)
class Found:
    """A basis, what it was fitted to, the layer that took part in the fit if one did, and the share of units whose
    views agree in a layer that did not. ``gram`` is rows_A' rows_B of the shared tokens, where these were used."""

    basis: Basis
    source: str
    fitted: Place | None
    share: float
    gram: Array | None = None


class Probes:
    """Pairs of layers that would hold the same neurons if the models were related."""

    def __init__(self, a: Layers, b: Layers) -> None:
        self._a, self._b = a, b
        self.places = [p for stack in sorted({p.stack for p in a.places}) for p in _spread(a, stack)]

    def cells(self, place: Place) -> Iterator[tuple[Units, Units]]:
        """The layer of A beside every layer of B that it may have become, by the difference of depths."""
        slack = self._b.depth(place.stack) - self._a.depth(place.stack)
        for q in self._b.places:
            if q.stack == place.stack and min(0, slack) <= q.layer - place.layer <= max(0, slack):
                x, y = self._a.units(place), self._b.units(q)
                if x is not None and y is not None and comparable(x, y):
                    yield x, y

    def share(self, place: Place, basis: Basis) -> float:
        """The largest share of units whose views agree, over the cells of ``place``."""
        return max((share(sampled(x, _LOOK), y, basis) for x, y in self.cells(place)), default=0.0)

    def judged(self, basis: Basis, fitted: Place | None = None) -> float:
        """The largest share over probed layers other than the ``fitted`` and the first, where there are others."""
        others = [p for p in self.places if p != fitted]
        inner = [p for p in others if p.layer > 0] or others
        return max((self.share(p, basis) for p in inner), default=0.0)


def _spread(layers: Layers, stack: str) -> list[Place]:
    """At most four layers of a stack, the second one first: it is neither the first nor far from the tokens."""
    places = [p for p in layers.places if p.stack == stack]
    picks = np.unique(np.linspace(0, len(places) - 1, min(_PROBES, len(places))).round().astype(int))
    chosen = [places[i] for i in picks]
    return [*chosen[1:], chosen[0]]


def share(a: Units, b: Units, basis: Basis) -> float:
    """Share of A's units that two views match alike."""
    return float(np.mean(agreement(cosines(a, b, basis), a.free) >= 0))


def find_basis(probes: Probes, tokens: Tokens, *, hardest: bool = False) -> Found:
    """The simplest basis in which probed layers agree; where none makes them agree, the one that comes nearest.

    ``hardest`` looks for a rotation alone, as if neither basis nor order of dimensions had been kept: for calibration,
    since no disguise leaves more to be fitted.
    """
    best = Found(SAME, "the matrices as they stand", None, 0.0 if hardest else probes.judged(SAME))
    if best.share >= _ALIKE:
        return best
    kinds = (bases.rotation,) if hardest else (bases.permutation, bases.rotation)
    for name, of_a, of_b in tokens():
        if of_a.shape[1] == of_b.shape[1]:
            best = _best([best, *_from_tokens(name, unit_rows(of_a).T @ unit_rows(of_b), probes, kinds)])
        if best.share >= MINIMUM_SHARE:
            return best
    return _best([best, *_from_neurons(probes)])


def _best(found: Sequence[Found]) -> Found:
    """The first that is nearly as good as the best."""
    best = max(f.share for f in found)
    return next(f for f in found if f.share >= _ALIKE * best)


def _from_tokens(name: str, gram: Array, probes: Probes, kinds: Sequence[Callable[[Array], Basis]]) -> list[Found]:
    found = []
    for make in kinds:
        basis = make(gram)
        found.append(_refined(Found(basis, name, None, probes.judged(basis), gram), make, gram, probes))
        if found[-1].share >= _ALIKE:
            break
    return found


def _refined(start: Found, make: Callable[[Array], Basis], gram: Array, probes: Probes) -> Found:
    """Match and fit by turns on the probe that agrees best, as long as that helps elsewhere."""
    if start.share >= _ALIKE or len(probes.places) < 2:
        return start
    place = max(probes.places, key=lambda p: probes.share(p, start.basis))
    best = start
    for a, b in probes.cells(place):
        basis, last = start.basis, start.share
        for _ in range(_ROUNDS):
            part = sampled(a, _SAMPLE)
            match = mutual(joint(cosines(part, b, basis), a.free))
            basis = make(gram + matched_gram(part, b, match, basis))
            reached = probes.judged(basis, place)
            if reached <= last + _STILL:
                break
            last = reached
            if reached > best.share:
                best = Found(basis, start.source, place, reached, gram)
    return best


def matched_gram(a: Units, b: Units, match: Matches, basis: Basis | None) -> Array:
    """rows_A' rows_B over the matched units of all views; views whose sign is free are signed in ``basis`` or left out.

    Without a gate the activation keeps the scale positive, so that no sign is free.
    """
    rows = np.flatnonzero(match >= 0)
    signed = "gate" not in a.views
    gram: Array = np.zeros((1, 1), np.float32)
    for name in a.views:
        x, y = unit_rows(a.views[name][rows]), unit_rows(b.views[name][match[rows]])
        if name in a.free and not signed:
            if basis is None:
                continue
            y = y * np.sign(np.vecdot(x, basis.to_a(y)))[:, None]
        gram = gram + x.T @ y
    return gram


def _from_neurons(probes: Probes) -> list[Found]:
    found: list[Found] = []
    for place in sorted(probes.places):
        for a, b in probes.cells(place):
            match = seed_matches(signatures(a), signatures(b))
            start = bases.rotation(matched_gram(a, b, match, None))
            basis = _alternated(start, sampled(a, _SAMPLE), b)
            found.append(Found(basis, "neurons by their place among each other", place, probes.judged(basis, place)))
            if found[-1].share >= MINIMUM_SHARE:
                return found[-1:]
    return found


def _alternated(start: Basis, a: Units, b: Units) -> Basis:
    """From rough first matches on: rotation and matching by turns, until the views agree or the rounds are over."""
    basis = start
    for _ in range(_SEED_ROUNDS):
        match = mutual(joint(cosines(a, b, basis), a.free))
        basis = bases.rotation(matched_gram(a, b, match, basis))
        if share(sampled(a, _LOOK), b, basis) >= _ALIKE:
            break
    return basis
