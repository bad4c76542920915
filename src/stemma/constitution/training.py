"""Second question: is what they share trained, or is it the seed?

Operating points of the learned-part ratio: at ``derived`` and above, the trained part is shared as much as the bulk;
below ``twins`` it is not; between the two nothing is established. They were set by looking at the zoos as they stood,
evaluation models among them, so their error rates on these zoos are no held-out estimate.

No single ratio tells all twins of short trainings from the derived (in T5, BLOOM and Mamba the weakest components above
the edge are still half seed), so a ratio that stands alone decides for a link only where little has changed at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from stemma.constitution.sharing import Sharing
from stemma.evidence.interface import Evidence
from stemma.evidence.learned_overlap import MATCHED, Overlap, overlap_from
from stemma.evidence.matching import Matching
from stemma.evidence.pair import PairEvidence
from stemma.evidence.units import Group
from stemma.identity import Missing, is_present


class Shared(StrEnum):
    """What the shared part is."""

    TRAINING = "trained weights"
    SEED = "initialisation only"
    UNCLEAR = "not established"


@dataclass(frozen=True)
class OperatingPoint:
    """``twins`` < ``derived``: the two bounds on rho. ``error`` is the largest standard error that may decide, unless
    rho stands two of them beyond ``twins``."""

    twins: float
    derived: float
    error: float

    def shows_training(self, overlap: Overlap) -> bool:
        """Whether the trained part is shared as much as the bulk, surely enough."""
        sure = overlap.error <= self.error or overlap.rho - 2 * overlap.error >= self.twins
        return overlap.rho >= self.derived and sure

    def shows_seed(self, overlap: Overlap) -> bool:
        """Whether the trained part is shared less than the bulk, surely enough."""
        sure = overlap.error <= self.error or overlap.rho + 2 * overlap.error < self.twins
        return overlap.rho < self.twins and overlap.rho + overlap.error < self.derived and sure


_ORDERS = frozenset({"mlp order", "attention order", "state order", "layer alignment"})
_ALL = 0.98
# For a ratio that stands alone: the least correlation of units in place, the largest change of matched responses.
_LEAST_CORRELATION, _LARGEST_CHANGE = 0.94, 0.35
OPERATING_POINTS: Mapping[str, OperatingPoint] = {
    Group.MLP: OperatingPoint(0.90, 0.93, 0.10),
    Group.ATTENTION: OperatingPoint(0.78, 0.84, 0.10),
    Group.STATE: OperatingPoint(0.94, 0.97, 0.05),
    MATCHED: OperatingPoint(0.90, 0.93, 0.08),
}


@dataclass(frozen=True)
class TrainingVerdict:
    """The verdict, why, and the ratios it rests on."""

    shared: Shared
    reason: str
    evidence: tuple[Evidence, ...]
    not_examined: tuple[str, ...]


def judge_training(pair: PairEvidence, sharing: Sharing) -> TrainingVerdict:
    """Decide from bit-equal trained tensors, else from every learned-part ratio that can be had."""
    ratios = {group: pair.overlap(group, sharing.pairing) for group in sorted(sharing.in_place)}
    known: dict[str, Overlap] = {str(g): o for g, o in ratios.items() if is_present(o)}
    missing = [f"{g.value} learned part: {o.reason}" for g, o in ratios.items() if isinstance(o, Missing)]
    if sharing.disguised:
        matched = _matched_overlap(pair.matching)
        if isinstance(matched, Missing):
            missing.append(matched.reason)
        else:
            known[MATCHED] = matched
    evidence = tuple(o.evidence for o in known.values())
    tensors = pair.tensors
    if is_present(tensors) and tensors.equal_trained >= 2:
        reason = f"{tensors.equal_trained} matrices that training shaped are equal, value for value."
        return TrainingVerdict(Shared.TRAINING, reason, evidence, tuple(missing))
    computed = _computed_from(pair, sharing)
    if computed:
        return TrainingVerdict(Shared.TRAINING, computed, evidence, tuple(missing))
    if not known:
        reason = "no learned part could be compared on both sides, so training may have had no share in it."
        return TrainingVerdict(Shared.UNCLEAR, reason, (), tuple(missing))
    verdict = _by_ratios(known)
    if verdict is Shared.TRAINING and len(known) == 1 and not _little_changed(pair, sharing):
        reason = f"{_ratios(known)}, but one ratio alone does not tell children that changed this much from twins."
        return TrainingVerdict(Shared.UNCLEAR, reason, evidence, tuple(missing))
    return TrainingVerdict(verdict, _sentence(known, verdict), evidence, tuple(missing))


def _computed_from(pair: PairEvidence, sharing: Sharing) -> str:
    """The sentence that says how one side's entries come out of the other's without training, or ""."""
    entries = pair.entries
    if isinstance(entries, Missing) or not sharing.in_place & {Group.MLP, Group.STATE} or sharing.searched:
        return ""
    count = entries.evidence.sample
    if entries.rounded_a_of_b or entries.rounded_b_of_a:
        return f"all {count} exact entries of one model are the other's, rounded."
    if max(entries.gridded_a, entries.gridded_b) > _ALL:
        return f"the {count} exact entries of one model are the other's to the nearest step of an even grid."
    pruned = ((entries.zeroed_in_a, entries.kept_in_a), (entries.zeroed_in_b, entries.kept_in_b))
    if any(zeroed > 0 and kept > _ALL for zeroed, kept in pruned):
        return f"of the {count} exact entries, those that are not zero are equal to rounding."
    return ""


def _matched_overlap(matching: Matching | Missing) -> Overlap | Missing:
    if isinstance(matching, Missing):
        return matching
    ratio = matching.overlap
    if ratio is None:
        return Missing("the matched neurons show no learned part on both sides")
    return overlap_from(ratio, MATCHED, f"{len(matching.layers)} layers", "joint regression coefficients of responses")


def _by_ratios(known: Mapping[str, Overlap]) -> Shared:
    points = [(overlap, OPERATING_POINTS[name]) for name, overlap in known.items()]
    if any(p.shows_seed(o) for o, p in points):
        return Shared.SEED
    if all(p.shows_training(o) for o, p in points):
        return Shared.TRAINING
    return Shared.UNCLEAR


def _little_changed(pair: PairEvidence, sharing: Sharing) -> bool:
    """Whether the shared units are nearly the same, as no two trainings of one seed leave them."""
    matching = pair.matching if sharing.disguised else None
    if matching is not None and is_present(matching):
        return matching.change <= _LARGEST_CHANGE
    orders = [t.effect for t in sharing.shared if t.test in _ORDERS]
    return bool(orders) and max(orders) >= _LEAST_CORRELATION


def _ratios(known: Mapping[str, Overlap]) -> str:
    each = " and ".join(
        f"{o.rho:.2f} ± {o.error:.2f} ({name}, {o.evidence.sample} matrices)" for name, o in known.items()
    )
    return f"the learned part is shared {each} times as much as the bulk"


def _sentence(known: Mapping[str, Overlap], verdict: Shared) -> str:
    meaning = {
        Shared.TRAINING: "what training wrote is shared as much as the rest",
        Shared.SEED: "what training wrote is shared far less than the rest, as between runs from one seed",
        Shared.UNCLEAR: "that lies between what derived models and what twins show",
    }[verdict]
    return f"{_ratios(known)}: {meaning}."
