"""Second question: is what they share trained, or is it the seed?

Every learned-part ratio that can be had is put beside measured twins and measured derived pairs (see
``evidence.calibration``): how many standard deviations does it lie above the twins, how many below the derived? The
mean of these scores over the ratios decides (the ratios of one pair move together, so they count as one):

* trained: :data:`SURE` deviations or more above the twins, and no ratio alone that far below the derived;
* initialisation only: that far below the derived, and every ratio nearer the twins than the derived;
* between the two nothing is established.

A ratio that stands alone seldom gets that far from the twins. It then decides for training only where it lies nearer
the derived than the twins and the shared units have changed less than in any twins: by that many deviations.

Bit-equal trained tensors and exact arithmetic need no ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from stemma.constitution.closer import ALIGNED_NEARNESS, closer_ratios
from stemma.constitution.sharing import Sharing
from stemma.evidence.calibration import calibration
from stemma.evidence.interface import Evidence
from stemma.evidence.learned_overlap import MATCHED, Overlap, overlap_from
from stemma.evidence.matching import Matching
from stemma.evidence.pair import PairEvidence
from stemma.evidence.units import Group
from stemma.identity import Missing, is_present

SURE = 3.0
NEARNESS, MATCHED_NEARNESS = "nearness", "matched nearness"
_ORDERS = frozenset({"mlp order", "state order", "layer alignment"})
_ALL = 0.98


class Shared(StrEnum):
    """What the shared part is."""

    TRAINING = "trained weights"
    SEED = "initialisation only"
    UNCLEAR = "not established"


@dataclass(frozen=True)
class Measures:
    """What there is to judge by: ratios by name, nearness of the shared units by name, and what is missing."""

    ratios: Mapping[str, Overlap]
    nearness: Mapping[str, float]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class TrainingVerdict:
    """The verdict, why, and the ratios it rests on."""

    shared: Shared
    reason: str
    evidence: tuple[Evidence, ...]
    not_examined: tuple[str, ...]


def judge_training(pair: PairEvidence, sharing: Sharing) -> TrainingVerdict:
    """Decide from bit-equal trained tensors, else from exact arithmetic, else from every ratio that can be had."""
    found = measure(pair, sharing)
    exact = _exactly_trained(pair, sharing)
    shared, reason = exact or judge_ratios(found.ratios, found.nearness)
    evidence = tuple(o.evidence for o in found.ratios.values())
    if exact is None and (sharing.disguised or shared is Shared.UNCLEAR):
        closer = closer_ratios(pair)
        found = Measures(found.ratios, found.nearness, (*found.missing, *closer.missing))
        if closer.ratios:
            shared, reason = judge_ratios(closer.ratios, closer.nearness)
            evidence += closer.evidence
    return TrainingVerdict(shared, reason, evidence, found.missing)


def measure(pair: PairEvidence, sharing: Sharing) -> Measures:
    """The learned-part ratio of every group in place, and of matched neurons where the units were found by matching.

    Nearness is 1 less the root mean square sine between shared units (between their responses, where matched).
    """
    found = {group: pair.overlap(group, sharing.pairing) for group in sorted(sharing.in_place)}
    ratios: dict[str, Overlap] = {str(g): o for g, o in found.items() if is_present(o)}
    missing = [f"{g.value} learned part: {o.reason}" for g, o in found.items() if isinstance(o, Missing)]
    effects = [min(t.effect, 1.0) for t in sharing.shared if t.test in _ORDERS]
    nearness = {NEARNESS: 1 - (1 - max(effects) ** 2) ** 0.5} if effects else {}
    if sharing.disguised:
        matching = pair.matching
        matched = _matched_overlap(matching)
        if isinstance(matched, Missing):
            missing.append(matched.reason)
        else:
            ratios[MATCHED] = matched
        if is_present(matching) and matching.layers:
            nearness[MATCHED_NEARNESS] = 1 - matching.change
    return Measures(ratios, nearness, tuple(missing))


def judge_ratios(ratios: Mapping[str, Overlap], nearness: Mapping[str, float]) -> tuple[Shared, str]:
    """The verdict from ratios and nearness by name, with the sentence that gives it."""
    if not ratios:
        return (
            Shared.UNCLEAR,
            "no learned part could be compared on both sides, so training may have had no share in it.",
        )
    known = calibration()
    above = [known[name].above_twins(o.rho, o.error) for name, o in ratios.items()]
    below = [known[name].below_derived(o.rho, o.error) for name, o in ratios.items()]
    from_twins, from_derived = sum(above) / len(above), sum(below) / len(below)
    said = (
        f"{_ratios(ratios)}, {from_twins:.1f} deviations above measured twins, {from_derived:.1f} below derived models"
    )
    if from_derived >= SURE and all(a < min(b, SURE) for a, b in zip(above, below, strict=True)):
        return (
            Shared.SEED,
            f"{said}: what training wrote is shared far less than the rest, as between runs from one seed.",
        )
    if from_twins >= SURE > max(below):
        return Shared.TRAINING, f"{said}: what training wrote is shared as much as the rest."
    if len(ratios) == 1 and from_twins > abs(from_derived) and _nearer_than_twins(ratios, nearness):
        near = "the units changed less than in any measured twins"
        return Shared.TRAINING, f"{said}; {near}: what training wrote is shared as much as the rest."
    return Shared.UNCLEAR, f"{said}: that does not tell derived models from twins."


def _nearer_than_twins(ratios: Mapping[str, Overlap], nearness: Mapping[str, float]) -> bool:
    name = MATCHED_NEARNESS if MATCHED in ratios else NEARNESS
    if ALIGNED_NEARNESS in nearness:
        name = ALIGNED_NEARNESS
    return name in nearness and calibration()[name].above_twins(nearness[name]) >= SURE


def _exactly_trained(pair: PairEvidence, sharing: Sharing) -> tuple[Shared, str] | None:
    tensors = pair.tensors
    if is_present(tensors) and tensors.equal_trained >= 2:
        return Shared.TRAINING, f"{tensors.equal_trained} matrices that training shaped are equal, value for value."
    computed = _computed_from(pair, sharing)
    return (Shared.TRAINING, computed) if computed else None


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


def _ratios(known: Mapping[str, Overlap]) -> str:
    each = " and ".join(
        f"{o.rho:.2f} ± {o.error:.2f} ({name}, {o.evidence.sample} matrices)" for name, o in known.items()
    )
    return f"the learned part is shared {each} times as much as the bulk"
