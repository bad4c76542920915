"""Structural modification (M6), and the student cut out of its teacher (M5)."""

from __future__ import annotations

from stemma.constitution.interface import Confidence, Direction
from stemma.constitution.mechanism.finding import Finding, other, towards
from stemma.constitution.sharing import Sharing
from stemma.evidence.forensics_layers import LayerFacts
from stemma.evidence.interface import Evidence
from stemma.evidence.order import Pairing
from stemma.evidence.pair import PairEvidence
from stemma.identity import is_present
from stemma.vocabulary import Mechanism

_LIKE, _MOST = 0.5, 0.75
_LEAST_FOUND = 0.5


def experts(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    """Dense layers of one side and experts of the other that point the same way."""
    origin = pair.forensics.experts
    if not is_present(origin) or origin.cosine < _LIKE:
        return None
    numbers = f"cosine {origin.cosine:.2f} over {origin.evidence.sample} matrices"
    exact = origin.equal >= _MOST
    if origin.alike >= _MOST:
        reason = f"The experts of {origin.mixed} are {origin.dense}'s dense layers ({numbers}): made into a mixture."
        way = towards(origin.mixed) if exact and origin.experts_equal else Direction.UNDETERMINED
    else:
        reason = (
            f"{origin.dense}'s dense layers are single experts of {origin.mixed} ({numbers}): taken out of a mixture."
        )
        way = towards(origin.dense) if exact and not origin.experts_equal else Direction.UNDETERMINED
    return Finding(Mechanism.M6, Confidence.EXACT if exact else Confidence.STRONG, way, reason, (origin.evidence,))


def restacked(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    """Layers removed, repeated, inserted or moved."""
    a, b = pair.facts.layers
    if a == b and not sharing.searched:
        return None
    alignment = pair.alignment
    if not is_present(alignment) or not alignment.pairing:
        return None
    facts = pair.forensics.layers(alignment.pairing)
    evidence = (alignment.evidence, facts.evidence)
    if a == b:
        used = len({q for _, q in alignment.pairing})
        reason = (
            f"{used} of B's {b} layers have an origin among A's {a}, at other places: layers were moved or exchanged."
        )
        return Finding(Mechanism.M6, Confidence.STRONG, Direction.UNDETERMINED, reason, evidence)
    deeper = "B" if b > a else "A"
    return _deeper(facts, alignment.pairing, deeper, (a, b), evidence)


def _deeper(
    facts: LayerFacts, pairing: Pairing, deeper: str, layers: tuple[int, int], evidence: tuple[Evidence, ...]
) -> Finding:
    """One side has more layers: what are those that the other lacks?"""
    at, shallow = ("A", "B").index(deeper), other(deeper)
    more, fewer = layers[at], layers[1 - at]
    share = f"{facts.equal} of {facts.compared} matrices of the mapped layers are equal"
    confidence = Confidence.EXACT if facts.exact else Confidence.STRONG
    idle, again = len(facts.idle[at]), len(facts.repeated[at])
    if facts.used_twice[1 - at] or again:
        reason = f"{more} layers of {deeper} come from {fewer} of {shallow}, some used more than once, and {share}: "
        return _made(reason + f"{deeper} was scaled up in depth.", confidence, facts, deeper, evidence)
    if idle:
        reason = f"{idle} of {deeper}'s {more} layers write nothing, and {share}: idle layers were put into {deeper}."
        return _made(reason, confidence, facts, deeper, evidence)
    used = len({pair[1 - at] for pair in pairing})
    counts = f"{used} of {shallow}'s {fewer} layers have an origin among {deeper}'s {more}, and {share}"
    if used < fewer:
        # Layers of both sides have no partner: exchanged, or drowned; the way is open.
        reason = f"{counts}: layers were removed or inserted."
        return Finding(Mechanism.M6, Confidence.STRONG, Direction.UNDETERMINED, reason, evidence)
    if not facts.exact and _every_other(pairing, at, more):
        reason = (
            f"{counts}: {shallow} keeps every other layer of {deeper} and was trained on, as students are that start "
            "from their teacher. Weights do not show the teacher's part in the training."
        )
        return Finding(Mechanism.M5, Confidence.WEAK, Direction.UNDETERMINED, reason, evidence)
    if not facts.at_home[at]:
        reason = f"{counts}: layers were removed or inserted."
        return Finding(Mechanism.M6, Confidence.STRONG, Direction.UNDETERMINED, reason, evidence)
    reason = (
        f"{counts}: {more - fewer} layers of {deeper} have no like in {shallow}, and read the residual stream as the "
        "others do; layers were removed."
    )
    return _made(reason, confidence, facts, shallow, evidence)


def _made(
    reason: str, confidence: Confidence, facts: LayerFacts, child: str, evidence: tuple[Evidence, ...]
) -> Finding:
    way = towards(child) if facts.exact else Direction.UNDETERMINED
    return Finding(Mechanism.M6, confidence, way, reason, evidence)


def _every_other(pairing: Pairing, deeper: int, layers: int) -> bool:
    """Whether the deeper side's mapped layers lie evenly, two or more apart."""
    by_stack: dict[str, list[int]] = {}
    for pair in pairing:
        by_stack.setdefault(pair[deeper].stack, []).append(pair[deeper].layer)
    steps = {j - i for used in by_stack.values() for i, j in zip(sorted(used), sorted(used)[1:], strict=False)}
    return len(steps) == 1 and min(steps) >= 2 and layers >= 4


def cut(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    """Neurons, heads or residual dimensions that one side lacks."""
    removed = pair.forensics.removed
    if not is_present(removed) or removed.found < _LEAST_FOUND * removed.searched:
        return None
    frozen = pair.forensics.frozen
    rest = is_present(frozen) and frozen.equal == frozen.compared
    exact = removed.equal and (removed.ascending or rest)
    large = other(removed.smaller)
    reason = (
        f"{removed.smaller} has {removed.kept:,} {removed.kind} where {large} has {removed.units:,}, and "
        f"{removed.found} of about {removed.searched} that the corners can show are {large}'s"
        + (", in its order with gaps between them" if removed.ascending else "")
        + (", and every other tensor is equal" if rest else "")
        + (": units were removed." if exact else ".")
    )
    way = towards(removed.smaller) if exact else Direction.UNDETERMINED
    confidence = Confidence.EXACT if exact else Confidence.STRONG
    return Finding(Mechanism.M6, confidence, way, reason, (removed.evidence,))
