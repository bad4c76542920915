"""Second question: is what they share trained, or is it the seed?

Every correlation of learned parts that can be had is put beside measured twins and measured derived pairs (see
``evidence.calibration``): how many standard deviations does it lie above the twins, how many below the derived? The
mean of these scores decides (the correlations of one pair move together, so they count as one):

* trained: :data:`SURE` deviations or more above the twins, and each :data:`CLEAR` of them with its own error left out;
* initialisation only: :data:`BELOW` deviations below the derived, each among the twins (:data:`AMONG`), and most of the
  bulk shared (:data:`MOST`), for a small part in a merge shares little of either;
* between the two nothing is established.

A correlation that stands alone decides for training where it lies :data:`ALONE` deviations above the twins; or where it
lies nearer the derived than the twins and the shared units have changed less than in any twins: by :data:`SURE`.

A learned part that holds less than ``LEAST_ENERGY`` of the matrices on either side is not asked: what is learned first
is dictated by seed and data, and twins share it as parent and child do. Where none can be asked, the correlations must
be those of derived models and the units must have changed less than a fifth as much (:data:`FIFTH`) as in the nearest
of such early twins.

Bit-equal trained tensors and exact arithmetic need no ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from stemma.constitution.closer import ALIGNED_NEARNESS, closer_ratios
from stemma.constitution.sharing import Sharing
from stemma.evidence.calibration import FIRST_ENERGY, LEAST_ENERGY, calibration, nearest_early_twins
from stemma.evidence.interface import Evidence
from stemma.evidence.learned_overlap import MATCHED, Overlap, overlap_from
from stemma.evidence.matching import Matching
from stemma.evidence.pair import PairEvidence
from stemma.evidence.units import Group
from stemma.identity import Missing, is_present

SURE, ALONE, CLEAR, BELOW, AMONG, FIFTH, MOST = 4.0, 5.0, 2.0, 3.0, 1.0, 0.2, 0.5
NEARNESS, MATCHED_NEARNESS = "nearness", "matched nearness"
_ORDERS = frozenset({"mlp order", "state order", "layer alignment"})
_ALL = 0.98
_NEAR = "the units changed less than in any measured twins"


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
    told = {name: o for name, o in ratios.items() if o.energy >= LEAST_ENERGY}
    if not told:
        return _judge_early(ratios, nearness)
    known, scores = calibration(), _scores(told)
    from_twins, from_derived = (sum(s) / len(s) for s in (scores.above, scores.below))
    said = f"{_ratios(told)}, {from_twins:.1f} deviations above measured twins, {from_derived:.1f} below derived models"
    if scores.as_twins:
        return (
            Shared.SEED,
            f"{said}: what training wrote is shared far less than the rest, as between runs from one seed.",
        )
    least = min(known[name].above_twins(o.rho) for name, o in told.items())
    if from_twins >= (SURE if len(told) > 1 else ALONE) and least >= CLEAR:
        return Shared.TRAINING, f"{said}: what training wrote is shared as the rest is."
    name = _nearness_of(ratios, nearness)
    near = name in nearness and known[name].above_twins(nearness[name]) >= SURE
    if len(told) == 1 and from_twins > abs(from_derived) and near:
        return Shared.TRAINING, f"{said}; {_NEAR}: what training wrote is shared as the rest is."
    return Shared.UNCLEAR, f"{said}: that does not tell derived models from twins."


def _judge_early(ratios: Mapping[str, Overlap], nearness: Mapping[str, float]) -> tuple[Shared, str]:
    """The verdict where one side at least learned too little for twins to have drifted apart."""
    energy = min(o.energy for o in ratios.values())
    said = f"{_ratios(ratios)}, but training wrote only {energy:.1%} of a side, and twins share what is learned first"
    name, nearest = _nearness_of(ratios, nearness), nearest_early_twins()
    scores = _scores(ratios)
    told = energy >= FIRST_ENERGY and max(scores.below) < AMONG and name in nearness and name in nearest
    if told and 1 - nearness[name] < FIFTH * (1 - nearest[name]):
        return Shared.TRAINING, f"{said}; yet {_NEAR}: one went on from the other's trained weights."
    if scores.as_twins:
        return Shared.SEED, f"{_ratios(ratios)}, where derived models that learned so little share nearly all of it."
    return Shared.UNCLEAR, f"{said}: that does not tell derived models from twins."


@dataclass(frozen=True)
class _Scores:
    """Deviations above twins and below derived models, of each correlation, and the least correlation of bulks."""

    above: tuple[float, ...]
    below: tuple[float, ...]
    bulk: float

    @property
    def as_twins(self) -> bool:
        """Whether most of the bulk is shared, and of the learned parts no more than twins share."""
        return sum(self.below) / len(self.below) >= BELOW and max(self.above) < AMONG and self.bulk >= MOST


def _scores(ratios: Mapping[str, Overlap]) -> _Scores:
    known = calibration()
    return _Scores(
        tuple(known[name].above_twins(o.rho, o.error) for name, o in ratios.items()),
        tuple(known[name].below_derived(o.rho, o.error) for name, o in ratios.items()),
        min(o.found.bulk for o in ratios.values()),
    )


def _nearness_of(ratios: Mapping[str, Overlap], nearness: Mapping[str, float]) -> str:
    """The name of the nearness that goes with these ratios."""
    if ALIGNED_NEARNESS in nearness:
        return ALIGNED_NEARNESS
    return MATCHED_NEARNESS if MATCHED in ratios else NEARNESS


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
    return f"learned parts correlate by {each}"
