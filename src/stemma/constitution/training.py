"""Second question: is what they share trained, or is it the seed?

Operating points of the learned-part ratio, for MLP and attention matrices apart: above ``derived`` the trained part
is shared as much as the bulk, below ``twins`` it is not; between the two nothing is established. They were set on the
calibration half of the zoo and are stated in docs/accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stemma.constitution.sharing import Sharing
from stemma.evidence.interface import Evidence
from stemma.evidence.learned_overlap import Overlap
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
    """``twins`` < ``derived``: the two bounds on rho. ``error`` is the largest standard error that may decide."""

    twins: float
    derived: float
    error: float = 0.1


OPERATING_POINTS = {Group.MLP: OperatingPoint(0.88, 0.92), Group.ATTENTION: OperatingPoint(0.72, 0.80)}


@dataclass(frozen=True)
class TrainingVerdict:
    """The verdict, why, and the ratios it rests on."""

    shared: Shared
    reason: str
    evidence: tuple[Evidence, ...]
    not_examined: tuple[str, ...]


def judge_training(pair: PairEvidence, sharing: Sharing) -> TrainingVerdict:
    """Decide from bit-equal trained tensors, else from the learned-part ratios of MLP and attention."""
    tensors = pair.tensors
    if is_present(tensors) and tensors.equal_trained >= 1 and tensors.is_copy:
        return TrainingVerdict(Shared.TRAINING, "every informative matrix is equal, value for value.", (), ())
    overlaps = {group: pair.overlap(group, sharing.pairing) for group in Group}
    known = {g: o for g, o in overlaps.items() if is_present(o)}
    evidence = tuple(o.evidence for o in known.values())
    missing = tuple(f"{g.value} learned part: {o.reason}" for g, o in overlaps.items() if isinstance(o, Missing))
    if is_present(tensors) and tensors.equal_trained >= 1:
        reason = f"{tensors.equal_trained} matrices that training shaped are equal, value for value."
        return TrainingVerdict(Shared.TRAINING, reason, evidence, missing)
    if not known:
        return TrainingVerdict(Shared.UNCLEAR, "no learned part could be compared on either side.", (), missing)
    verdict = _by_ratios(known)
    return TrainingVerdict(verdict, _sentence(known, verdict), evidence, missing)


def _by_ratios(known: dict[Group, Overlap]) -> Shared:
    points = [(overlap, OPERATING_POINTS[group]) for group, overlap in known.items()]
    if any(o.rho < p.twins and o.rho + o.error < p.derived for o, p in points):
        return Shared.SEED
    if all(o.rho >= p.derived and o.error <= p.error for o, p in points):
        return Shared.TRAINING
    return Shared.UNCLEAR


def _sentence(known: dict[Group, Overlap], verdict: Shared) -> str:
    ratios = " and ".join(
        f"{o.rho:.2f} ± {o.error:.2f} over {o.evidence.sample} {g.value} matrices" for g, o in known.items()
    )
    meaning = {
        Shared.TRAINING: "what training wrote is shared as much as the rest",
        Shared.SEED: "what training wrote is shared far less than the rest, as between runs from one seed",
        Shared.UNCLEAR: "between what derived models and what twins show",
    }[verdict]
    return f"the learned part is shared {ratios} times as much as the bulk: {meaning}."
