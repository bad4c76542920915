"""S2 and S4, neuron matching: are the same neurons there, whatever their order and whatever the basis?

Neurons are seen by their responses to shared tokens (see ``fingerprint.responses``). Two neurons match where each is
the other's nearest by cosine; the match is made once through the input weights (gate, else up) and once through other
weights (up, down). N neurons whose two matches agree are counted.

Null: the two views match independently, so that agreements are fixed points of a random permutation and
P(N >= k) <= 1 / k! [1].
Alternative: the layers hold the same neurons.

Views of one model are not strictly independent (unrelated models share token geometry, most of all in the first
layer), so the first layer is not counted, and besides its p-value a result needs a minimum share of agreeing neurons
in several layers; unrelated models of the calibration zoo reach 0.02 there.

References:
    [1] J. Riordan (1958), An introduction to combinatorial analysis, chapter 3: the problem of coincidences.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.learned_overlap import Block, Correlation, centred_units, learned_ratio, of_both
from stemma.evidence.residual_order import shared_anchors
from stemma.evidence.tails import log10_bonferroni
from stemma.fingerprint import Fingerprint, LayerResponses
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]

MINIMUM_SHARE = 0.12
MINIMUM_COUNT = 12
_MINIMUM_TOKENS = 24
_SIGNED = frozenset({Role.GATE})


@immutable(eq=False)
class LayerMatch:
    """One pair of layers: the neurons of A and of B (positions among the kept) whose two matches agree."""

    a: LayerResponses
    b: LayerResponses
    left: NDArray[np.int64]
    right: NDArray[np.int64]

    @property
    def share(self) -> float:
        """Agreeing neurons over the kept ones."""
        return len(self.left) / max(1, min(len(self.a.neurons), len(self.b.neurons)))


@immutable
class Matching:
    """The layers that hold the same neurons, the evidence, and the learned-part ratios of the matched neurons by role.

    ``change`` is the root mean square sine between the responses of matched neurons: 0 where nothing but order, basis
    and scale differ, about .01 by storage alone; 1 where no layer matches.
    """

    layers: tuple[LayerMatch, ...]
    evidence: Evidence
    overlaps: Mapping[Role, Correlation]
    change: float

    @property
    def pairing(self) -> tuple[tuple[tuple[str, int], tuple[str, int]], ...]:
        return tuple(((m.a.stack, m.a.layer), (m.b.stack, m.b.layer)) for m in self.layers)


def log10_coincidences(count: int) -> float:
    """log10 of the bound 1 / k! on the chance of k or more fixed points.

    >>> round(log10_coincidences(10), 2)
    -6.56
    """
    return -math.lgamma(count + 1) / math.log(10)


def match_neurons(a: Fingerprint, b: Fingerprint) -> Matching | Missing:
    """Match the kept neurons of every pair of layers, or say why they cannot be matched."""
    if isinstance(a.responses, Missing):
        return a.responses
    if isinstance(b.responses, Missing):
        return b.responses
    tokens = _shared_tokens(a, b)
    if len(tokens[0]) < _MINIMUM_TOKENS:
        return Missing(f"{len(tokens[0])} anchor tokens are shared, too few to see neurons through")
    of_a, of_b = _inner(a.responses), _inner(b.responses)
    found = [_match(x, y, *tokens) for x in of_a for y in of_b]
    best = _best_per_layer(found)
    held = tuple(m for m in best if m.share >= MINIMUM_SHARE and len(m.left) >= MINIMUM_COUNT)
    strongest = max((len(m.left) for m in best), default=0)
    needed = min(2, len(of_a), len(of_b))
    effect = sorted((m.share for m in best), reverse=True)[needed - 1] if best else 0.0
    evidence = Evidence(
        test="neuron matching",
        site=f"{len(held)} of {len(best)} layers",
        statistic=float(strongest),
        effect=effect,
        log10_p=log10_bonferroni(log10_coincidences(strongest), len(found)) if len(held) >= needed else 0.0,
        null="two views match the neurons of unrelated layers independently",
        method="mutual nearest neighbours by token responses in two views, bound 1/k!, Bonferroni over layer pairs",
        sample=sum(min(len(m.a.neurons), len(m.b.neurons)) for m in best),
        background=Background(1.0, 1.0, "bound per pair of layers: agreements of independent matchings are Poisson"),
        per_site=tuple(_cell(m) for m in best),
        facts={"layer_pairs": len(found), "layers_matched": len(held), "tokens": len(tokens[0])},
    )
    return Matching(held, evidence, _overlaps(held, *tokens), _change(held, *tokens))


def _inner(responses: Sequence[LayerResponses]) -> list[LayerResponses]:
    """All but the first layer of each stack; a lone layer stays."""
    return [r for r in responses if r.layer > 0] or list(responses)


def _shared_tokens(a: Fingerprint, b: Fingerprint) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of shared anchors among those that both responses cover."""
    if not (is_present(a.anchors) and is_present(b.anchors)):
        empty = np.zeros(0, np.int64)
        return empty, empty
    left, right = shared_anchors(a.anchors, b.anchors)
    covered = (left < _tokens_of(a)) & (right < _tokens_of(b))
    return left[covered], right[covered]


def _tokens_of(fingerprint: Fingerprint) -> int:
    if isinstance(fingerprint.responses, Missing):
        return 0
    return int(min(r.whole.shape[1] for layer in fingerprint.responses for r in layer.roles.values()))


def _match(x: LayerResponses, y: LayerResponses, left: NDArray[np.int64], right: NDArray[np.int64]) -> LayerMatch:
    roles = [r for r in (Role.GATE, Role.UP, Role.DOWN) if r in x.roles and r in y.roles]
    views = [_mutual(x.roles[r].whole[:, left], y.roles[r].whole[:, right], signed=r in _SIGNED) for r in roles]
    agreeing: dict[int, int] = {}
    for other in views[1:]:
        agreeing |= {i: j for i, j in views[0].items() if other.get(i) == j}
    return LayerMatch(
        x, y, np.array(sorted(agreeing), np.int64), np.array([agreeing[i] for i in sorted(agreeing)], np.int64)
    )


def _mutual(x: Array, y: Array, *, signed: bool) -> dict[int, int]:
    """Pairs of rows, each the other's nearest by cosine (by its size where a scaling may flip the sign)."""
    cosine = _unit(x) @ _unit(y).T
    if not signed:
        cosine = np.abs(cosine)
    forward, backward = cosine.argmax(axis=1), cosine.argmax(axis=0)
    return {i: int(j) for i, j in enumerate(forward) if backward[j] == i}


def _unit(rows: Array) -> Array:
    norms = np.sqrt(np.vecdot(rows, rows))
    unit: Array = rows / np.where(norms > 0, norms, 1)[:, None]
    return unit


def _best_per_layer(matches: Sequence[LayerMatch]) -> list[LayerMatch]:
    """For each layer of either side the layer of the other with the most agreeing neurons; no pair twice."""
    best: dict[tuple[str, str, int], LayerMatch] = {}
    for match in matches:
        for key in (("a", match.a.stack, match.a.layer), ("b", match.b.stack, match.b.layer)):
            if key not in best or len(match.left) > len(best[key].left):
                best[key] = match
    chosen = {id(m): m for m in best.values()}
    return [m for m in matches if id(m) in chosen]


def _overlaps(held: Sequence[LayerMatch], left: NDArray[np.int64], right: NDArray[np.int64]) -> dict[Role, Correlation]:
    """The learned-part ratios over matched neurons, of both sides, of the roles in which both were trained."""
    turned = [LayerMatch(m.b, m.a, m.right, m.left) for m in held]
    found = {}
    for role in sorted({role for m in held for role in m.a.roles.keys() & m.b.roles.keys()}):
        both = of_both(
            learned_ratio(_block(m, role, left, right) for m in held),
            learned_ratio(_block(m, role, right, left) for m in turned),
        )
        if both is not None:
            found[role] = both
    return found


def _change(held: Sequence[LayerMatch], left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    """Root mean square sine between matched neurons' responses, over roles and layers."""
    squares = []
    for match in held:
        for role in match.a.roles.keys() & match.b.roles.keys():
            x = _unit(match.a.roles[role].whole[np.ix_(match.left, left)])
            y = _unit(match.b.roles[role].whole[np.ix_(match.right, right)])
            squares.append(float(np.mean(1 - np.minimum(np.vecdot(x, y) ** 2, 1))))
    return float(np.sqrt(np.mean(squares))) if squares else 1.0


def _block(match: LayerMatch, role: Role, left: NDArray[np.int64], right: NDArray[np.int64]) -> Block:
    """A's responses by component beside B's with A's signs."""
    mine, theirs = match.a.roles[role], match.b.roles[role]
    whole = mine.whole[np.ix_(match.left, left)]
    other = theirs.whole[np.ix_(match.right, right)]
    other = other * np.sign(np.vecdot(whole, other))[:, None]
    neurons = mine.left[:, match.left]
    neurons = neurons - neurons.mean(axis=1, keepdims=True)
    layer = f"{match.a.stack}.{match.a.layer}"
    return Block(layer, centred_units(whole), neurons, mine.right[:, left], mine.shares, centred_units(other))


def _cell(match: LayerMatch) -> SiteValue:
    count = len(match.left)
    return SiteValue(
        f"{match.a.stack}.{match.a.layer}",
        f"{match.b.stack}.{match.b.layer}",
        float(count),
        log10_coincidences(count),
        match.share,
    )
