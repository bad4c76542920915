"""First question: do two models share anything beyond chance?

A yes says that order is shared: by derivation, or by initialisation alone. Which of the two is the next question.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stemma.evidence.interface import Evidence
from stemma.evidence.layer_alignment import Alignment
from stemma.evidence.order import Pairing, some_layer_shared
from stemma.evidence.pair import PLANNED, PairEvidence
from stemma.evidence.units import Group
from stemma.identity import Missing, is_present

MINIMUM_EFFECT = 0.01


@dataclass(frozen=True)
class Sharing:
    """What was found: the tests whose null fell, all evidence pulled, and the layers that belong together.

    ``searched`` tells that ``pairing`` came from a layer alignment, not from equal places.
    """

    shared: tuple[Evidence, ...]
    evidence: tuple[Evidence, ...]
    pairing: Pairing
    searched: bool
    not_examined: tuple[str, ...]

    @property
    def found(self) -> bool:
        return bool(self.shared)


def level(alpha: float) -> float:
    """log10 of the level each planned test is held to, so that all of them together keep ``alpha``."""
    return math.log10(alpha / len(PLANNED))


def find_sharing(pair: PairEvidence, alpha: float) -> Sharing:
    """Run the planned order tests and settle the layer map."""
    order, attention, residual = pair.order(Group.MLP), pair.order(Group.ATTENTION), pair.residual
    tests = [t for t in (order, attention, residual) if is_present(t)]
    shared = [t for t in tests if _falls(t, alpha)]
    pairing, searched = pair.same_places, False
    missing = [
        _unread(name, t) for name, t in (("MLP order", order), ("attention order", attention)) if not is_present(t)
    ]
    missing += [_unread("residual order", residual)] if isinstance(residual, Missing) else []
    if _needs_alignment(pair, order, alpha):
        alignment = pair.alignment
        if isinstance(alignment, Missing):
            missing.append(_unread("layer alignment", alignment))
        else:
            tests.append(alignment.evidence)
            if _falls(alignment.evidence, alpha):
                shared.append(alignment.evidence)
                pairing, searched = _better_pairing(alignment, order, pair.same_places)
    return Sharing(tuple(shared), tuple(tests), pairing, searched, tuple(missing))


def _falls(test: Evidence, alpha: float) -> bool:
    p = test.log10_p
    return p is not None and p < level(alpha) and test.effect >= MINIMUM_EFFECT


def _needs_alignment(pair: PairEvidence, order: Evidence | Missing, alpha: float) -> bool:
    """Where every layer agrees with the one at its place, no other map can be better."""
    if isinstance(order, Missing):
        return True
    same_depth = pair.facts.layers[0] == pair.facts.layers[1]
    every_layer = all(s.log10_p is not None and s.log10_p < -3 for s in order.per_site)
    return not (same_depth and every_layer and _falls(order, alpha)) and not (
        same_depth and not every_layer and some_layer_shared(order) < level(alpha) and order.effect > 0.5
    )


def _better_pairing(alignment: Alignment, order: Evidence | Missing, same: Pairing) -> tuple[Pairing, bool]:
    """Keep equal places unless the search matched more layers than agree there."""
    agreeing = [s for s in order.per_site if s.log10_p is not None and s.log10_p < -3] if is_present(order) else []
    if len(alignment.pairing) > len(agreeing):
        return alignment.pairing, True
    return same, False


def _unread(name: str, reason: Missing | Evidence) -> str:
    return f"{name}: {reason.reason}" if isinstance(reason, Missing) else name
