"""First question: do two models share anything beyond chance?

A yes says that order or neurons are shared: by derivation, or by initialisation alone. Which of the two is the next
question.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from stemma.constitution.doubt import leaves_doubt
from stemma.constitution.interface import LayerPair
from stemma.evidence.aligned.interface import ALIGNED_NEURONS
from stemma.evidence.interface import Evidence
from stemma.evidence.layer_alignment import ALIGNMENT, Alignment
from stemma.evidence.order import Pairing, some_layer_shared
from stemma.evidence.pair import PLANNED, PairEvidence
from stemma.evidence.units import Group
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

MINIMUM_EFFECT = 0.01
DISGUISED = frozenset({"neuron matching", ALIGNED_NEURONS})


@immutable
class Sharing:
    """What was found: the tests whose null fell, all evidence pulled, and the layers that belong together.

    ``searched`` tells that ``pairing`` came from a layer alignment, not from equal places. ``in_place`` are the groups
    whose units stand in one order and one basis over ``pairing``; ``disguised`` tells that the neurons were found
    again only by matching.
    """

    shared: tuple[Evidence, ...]
    evidence: tuple[Evidence, ...]
    pairing: Pairing
    searched: bool
    in_place: frozenset[Group]
    disguised: bool
    not_examined: tuple[str, ...]

    @property
    def found(self) -> bool:
        return bool(self.shared)


def level(alpha: float) -> float:
    """log10 of the level each planned test is held to, so that all of them together keep ``alpha``."""
    return math.log10(alpha / len(PLANNED))


def find_sharing(pair: PairEvidence, alpha: float) -> Sharing:
    """Run the planned tests, the cheap ones first, and settle the layer map."""
    mlp, attention, state = (pair.order(group) for group in (Group.MLP, Group.ATTENTION, Group.STATE))
    tests: list[Evidence | Missing] = [mlp, attention, pair.residual]
    if is_present(state):
        tests.append(state)
    pairing, searched = pair.same_places, False
    units = mlp if is_present(mlp) else state
    if _needs_alignment(pair, units, alpha):
        alignment = pair.alignment
        tests.append(alignment if isinstance(alignment, Missing) else alignment.evidence)
        if is_present(alignment) and _falls(alignment.evidence, alpha):
            pairing, searched = _better_pairing(alignment, units, pair.same_places)
    neurons_in_place = _falls(units, alpha) or searched
    if not neurons_in_place:
        matching = pair.matching
        tests.append(matching if isinstance(matching, Missing) else matching.evidence)
        if leaves_doubt(pair, any(_falls(t, alpha) for t in tests)):
            aligned = pair.aligned
            if is_present(aligned) and isinstance(matching, Missing):
                tests.pop()
            tests.append(aligned if isinstance(aligned, Missing) else aligned.evidence)
            if is_present(aligned) and _falls(aligned.evidence, alpha):
                pairing = aligned.pairing
    run = tuple(t for t in tests if is_present(t))
    shared = tuple(t for t in run if _falls(t, alpha))
    in_place = {Group.MLP if is_present(mlp) else Group.STATE} if neurons_in_place else set()
    if _falls(state, alpha) or (neurons_in_place and is_present(state) and not _rejects(state)):
        in_place.add(Group.STATE)
    if _attention_in_place(attention, pair.residual, neurons_in_place, alpha):
        in_place.add(Group.ATTENTION)
    return Sharing(
        shared,
        run,
        pairing,
        searched,
        frozenset(in_place),
        any(t.test in DISGUISED for t in shared),
        tuple(dict.fromkeys(t.reason for t in tests if isinstance(t, Missing))),
    )


def map_found(evidence: Iterable[Evidence], alpha: float) -> tuple[LayerPair, ...]:
    """The layer map that :func:`find_sharing` settled on, read back from the tests that it ran."""
    run = {test.test: test for test in evidence}
    nothing = Missing("it did not run")
    orders = (run.get(f"{group.value} order") for group in (Group.MLP, Group.STATE))
    order = next((test for test in orders if test is not None), nothing)
    alignment, aligned = run.get(ALIGNMENT, nothing), run.get(ALIGNED_NEURONS, nothing)
    settled = order
    if is_present(alignment) and _falls(alignment, alpha) and _matches_more(alignment, order):
        settled = alignment
    elif _falls(aligned, alpha):
        settled = aligned
    return tuple(LayerPair(site.a, site.b) for site in settled.per_site) if is_present(settled) else ()


def _attention_in_place(
    attention: Evidence | Missing, residual: Evidence | Missing, neurons_in_place: bool, alpha: float
) -> bool:
    """Heads may stand in order over a permuted residual stream; their matrices compare only in one basis."""
    if neurons_in_place:
        return not _rejects(attention)
    return _falls(attention, alpha) and not _rejects(residual)


def _falls(test: Evidence | Missing, alpha: float) -> bool:
    """Whether the null of a test falls at its level, with an effect worth speaking of."""
    if isinstance(test, Missing) or test.log10_p is None:
        return False
    return test.log10_p < level(alpha) and test.effect >= MINIMUM_EFFECT


def _rejects(test: Evidence | Missing) -> bool:
    """Whether a test ran with enough units and found nothing: then the group is not in place."""
    return is_present(test) and test.log10_p is not None and test.log10_p > -3.0


def _needs_alignment(pair: PairEvidence, order: Evidence | Missing, alpha: float) -> bool:
    """Where the depths agree and layers at the same place agree, no other map can be better."""
    if isinstance(order, Missing) or pair.facts.layers[0] != pair.facts.layers[1]:
        return True
    every_layer = all(s.log10_p is not None and s.log10_p < -3 for s in order.per_site)
    return not (every_layer or (some_layer_shared(order) < level(alpha) and order.effect > 0.5))


def _better_pairing(alignment: Alignment, order: Evidence | Missing, same: Pairing) -> tuple[Pairing, bool]:
    """Keep equal places unless the search matched more layers than agree there."""
    if _matches_more(alignment.evidence, order):
        return alignment.pairing, True
    return same, False


def _matches_more(alignment: Evidence, order: Evidence | Missing) -> bool:
    agreeing = [s for s in order.per_site if s.log10_p is not None and s.log10_p < -3] if is_present(order) else []
    return len(alignment.per_site) > len(agreeing)
