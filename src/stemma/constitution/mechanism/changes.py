"""Changes of the numbers alone: adapters (M8), sparse merges (M9), disguises (M1), training (M2 and M3)."""

from __future__ import annotations

from collections import Counter

from stemma.constitution.closer import found_again
from stemma.constitution.interface import Confidence, Direction
from stemma.constitution.mechanism.finding import Finding
from stemma.constitution.sharing import Sharing
from stemma.evidence.delta import LowRank
from stemma.evidence.forensics_frozen import Frozen
from stemma.evidence.pair import PairEvidence
from stemma.identity import is_present
from stemma.vocabulary import Mechanism

_STORAGE_CHANGE = 0.02  # responses are stored to 1/127, and disguises are stored in 16 bits
_LARGEST_RANK, _EXPLAINED = 64, 0.9
# A reparametrised model differs that many times less once it is freed of what its function leaves open.
_FREED = 5.0
# For the way of an adapter: how many directions must speak, and what share of them on one side (see `adapted`).
_DIRECTIONS, _CARRIED = 24, 0.7


def only_vectors(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    """Every matrix equal, gains or biases not."""
    tensors = pair.tensors
    if not is_present(tensors) or tensors.equal < tensors.compared or not tensors.vectors_differ:
        return None
    reason = (
        f"All {tensors.compared} matrices are equal and {tensors.vectors_differ} of {tensors.vectors} gains and biases "
        "differ: only those were trained."
    )
    return Finding(Mechanism.M2, Confidence.EXACT, Direction.UNDETERMINED, reason, (tensors.evidence,))


def adapted(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    """Every changed matrix changed by a low rank.

    The way: two adapters of one base differ by the sum of their ranks. Where every matrix shows one rank that is a
    power of two, that sum would be of equal ranks, half of the directions on either side; so a clear majority names
    the child.
    """
    if sharing.disguised or not is_present(pair.tensors) or not is_present(change := pair.change):
        return None
    largest = max(change.ranks)
    if largest == 0 or largest > min(_LARGEST_RANK, change.side // 3) or change.explained < _EXPLAINED:
        return None
    agreeing = sum(r == change.rank for r in change.ranks)
    if agreeing < len(change.ranks) / 2:
        return None
    frozen = pair.forensics.frozen
    untouched = f"; {frozen.equal} of {frozen.compared} tensors are untouched" if is_present(frozen) else ""
    reason = (
        f"{change.changed} of {change.compared} matrices differ ({', '.join(change.roles)}), {agreeing} of "
        f"{len(change.ranks)} ranked ones by a change of rank {change.rank} that carries {change.explained:.0%} of "
        f"it{untouched}: a merged low-rank adapter."
    )
    way = _way(change)
    if way is not Direction.UNDETERMINED:
        side = "B" if way is Direction.A_TO_B else "A"
        share = change.carried_by_b if side == "B" else 1 - change.carried_by_b
        reason += f" {share:.0%} of the {change.directions} directions it wrote stand out in {side}."
    evidence = (change.evidence, *((frozen.evidence,) if is_present(frozen) else ()))
    confidence = Confidence.EXACT if agreeing == len(change.ranks) else Confidence.STRONG
    return Finding(Mechanism.M8, confidence, way, reason, evidence)


def _way(change: LowRank) -> Direction:
    uniform = len(set(change.ranks)) == 1 and change.rank & (change.rank - 1) == 0
    if not uniform or change.directions < _DIRECTIONS:
        return Direction.UNDETERMINED
    if change.carried_by_b >= _CARRIED:
        return Direction.A_TO_B
    return Direction.B_TO_A if change.carried_by_b <= 1 - _CARRIED else Direction.UNDETERMINED


def sparse(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    """Many entries of every changed matrix left alone, whatever their size."""
    change = pair.forensics.sparse
    if not is_present(change) or not change.scattered or not sharing.in_place:
        return None
    reason = (
        f"{change.unmoved:.0%} of the entries of the changed matrices are equal to the last bit, scattered and "
        "whatever their size: a change that was thinned out, as DARE and TIES merges are."
    )
    return Finding(Mechanism.M9, Confidence.STRONG, Direction.UNDETERMINED, reason, (change.evidence,))


def reparametrised(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    """Units in place, every layer changed in part, and nearly all of the change is one that no output shows.

    Gains, scales of neurons and bases inside heads are free. Only where every layer moved and much was left alone does
    this go back to the weights: training moves all, or leaves whole layers alone.
    """
    frozen, entries = pair.forensics.frozen, pair.entries
    if sharing.disguised or not is_present(frozen) or not is_present(entries):
        return None
    if not 0 < frozen.equal < frozen.compared or frozen.whole_layers or not is_present(pair.aligned):
        return None
    ratios = pair.aligned.ratios
    left = max(ratios.change, ratios.head_change or 0.0)
    if left >= _STORAGE_CHANGE or entries.relative_change < _FREED * left:
        return None
    reason = (
        f"As they stand the matrices differ by {entries.relative_change:.1%}, freed of gains, scales and bases inside "
        f"heads by {left:.1%}: one model is the other reparametrised, unchanged otherwise."
    )
    evidence = (entries.evidence, frozen.evidence, pair.aligned.evidence)
    return Finding(Mechanism.M1, Confidence.STRONG, Direction.UNDETERMINED, reason, evidence, copy=True)


def disguised(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    """The neurons were found again only by matching."""
    if not sharing.disguised:
        return None
    share, change = found_again(pair, sharing)
    same = change < _STORAGE_CHANGE
    reason = (
        f"The same neurons ({share:.0%} of those compared) stand in another order or basis, "
        f"{change:.1%} apart: one model is the other reparametrised, "
        + ("unchanged otherwise." if same else "and trained on.")
    )
    mechanism = Mechanism.M1 if same else Mechanism.M2
    return Finding(mechanism, Confidence.STRONG, Direction.UNDETERMINED, reason, copy=same)


def tuned(pair: PairEvidence) -> Finding:
    """What is left: training, from which a dense merge with another child cannot be told by two models alone."""
    entries, frozen = pair.entries, pair.forensics.frozen
    if is_present(frozen) and 0 < frozen.equal < frozen.compared:
        return _partly(frozen)
    change = f" by {entries.relative_change:.1%} of their norm" if is_present(entries) else ""
    reason = (
        f"The same matrices moved{change} with no sign of pruning, quantisation, restacking or a low-rank change: "
        "fine-tuning or continued pretraining, which weights cannot tell apart; a merge with another child of the same "
        "parent would look the same without that child at hand."
    )
    evidence = (entries.evidence,) if is_present(entries) else ()
    return Finding(Mechanism.M2, Confidence.WEAK, Direction.UNDETERMINED, reason, evidence)


def _partly(frozen: Frozen) -> Finding:
    layers = len(frozen.whole_layers) + len(frozen.moved_layers)
    where = f"{len(frozen.moved_layers)} of {layers} layers" if layers else "no layer"
    if 0 < len(frozen.moved_layers) <= 4 < layers:
        where = ", ".join(frozen.moved_layers)
    what = ", ".join(f"{role} ({count})" for role, count in Counter(frozen.moved).most_common(6))
    reason = (
        f"{frozen.equal} of {frozen.compared} tensors are equal bit for bit; what moved lies in {where}: {what}. "
        "The rest was frozen while these were trained."
    )
    return Finding(Mechanism.M2, Confidence.STRONG, Direction.UNDETERMINED, reason, (frozen.evidence,))
