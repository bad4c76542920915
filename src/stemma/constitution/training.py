"""Second question: is what they share trained, or is it the seed?

Every correlation of learned parts that can be had, of the matrices of each role and of the gains, is put beside
measured twins and measured derived pairs (see ``evidence.calibration``). All of them together (``evidence.joint``) lie
so many standard deviations above the twins, so many below the derived:

* trained: :data:`SURE` deviations or more above the twins, :data:`ALONE` where the matrices of one role speak alone;
  or nearer the derived than the twins, where the shared units have changed less than half as much (:data:`HALF`) as
  in the nearest measured twins;
* initialisation only: :data:`BELOW` deviations below the derived, among the twins (:data:`AMONG`), and most of the
  bulk shared (:data:`MOST`), for a small part in a merge shares little of either;
* between these nothing is established.

Gains can be folded away or put in another order at no cost: where they differ that says nothing, so matrices are asked
without them first, and gains alike those of derived models speak against a mere seed.

Nothing is asked where the learned part holds less than ``LEAST_ENERGY`` of all matrices on either side, nor of a role
where it holds less than ``LEAST_OF_ROLE``: what is learned first is dictated by seed and data, and twins share it as
parent and child do. Where no matrices can be asked, the correlations must be those of derived models and the units
must have changed less than a fifth as much (:data:`FIFTH`) as in the nearest of all measured twins.

Bit-equal trained tensors and exact arithmetic need no ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from stemma.constitution.closer import ALIGNED_NEARNESS, closer_ratios
from stemma.constitution.exact import exactly_trained
from stemma.constitution.sharing import Sharing
from stemma.evidence.aligned.interface import HALVES
from stemma.evidence.calibration import (
    FIRST_ENERGY,
    LEAST_ENERGY,
    LEAST_OF_ROLE,
    calibration,
    nearest_twins,
)
from stemma.evidence.gains import GAINS
from stemma.evidence.interface import Evidence
from stemma.evidence.joint import Joint, joint
from stemma.evidence.learned_parts import MATCHED, Overlap, overlap_from
from stemma.evidence.matching import Matching
from stemma.evidence.pair import PairEvidence
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

SURE, ALONE, BELOW, AMONG, HALF, FIFTH, MOST = 4.5, 6.0, 3.0, 2.0, 0.5, 0.2, 0.5
NEARNESS, MATCHED_NEARNESS = "nearness", "matched nearness"
_ORDERS = frozenset({"mlp order", "state order", "layer alignment"})
_OF_RESPONSES = "geometric mean of both sides' joint regression coefficients of responses, jackknife error"
_NO_LEARNED = "the matched neurons show no learned part on both sides"
_NEAR = "the units changed far less than in any measured twins"


class Shared(StrEnum):
    """What the shared part is."""

    TRAINING = "trained weights"
    SEED = "initialisation only"
    UNCLEAR = "not established"


@immutable
class Measures:
    """What there is to judge by: ratios by name, nearness of the shared units by name, and what is missing.

    ``silent`` is the number of roles whose matrices show no learned part.
    """

    ratios: Mapping[str, Overlap]
    nearness: Mapping[str, float]
    missing: tuple[str, ...]
    silent: int = 0


@immutable
class TrainingVerdict:
    """The verdict, why, and the ratios it rests on."""

    shared: Shared
    reason: str
    evidence: tuple[Evidence, ...]
    not_examined: tuple[str, ...]


def judge_training(pair: PairEvidence, sharing: Sharing) -> TrainingVerdict:
    """Decide from bit-equal trained tensors, else from exact arithmetic, else from every ratio that can be had."""
    found = measure(pair, sharing)
    exact = exactly_trained(pair, sharing)
    shared, reason = (Shared.TRAINING, exact) if exact else judge_ratios(found.ratios, found.nearness, found.silent)
    evidence = tuple(o.evidence for o in found.ratios.values())
    if not exact and (sharing.disguised or shared is Shared.UNCLEAR):
        closer = closer_ratios(pair)
        found = replace(found, missing=(*found.missing, *closer.missing))
        if closer.ratios:
            shared, reason = judge_ratios(closer.ratios, closer.nearness, closer.silent)
            evidence += tuple(e for e in closer.evidence if e not in evidence)
    return TrainingVerdict(shared, reason, evidence, found.missing)


def measure(pair: PairEvidence, sharing: Sharing) -> Measures:
    """The learned-part ratio of every role in place, of gains, and of matched neurons where units were so found.

    Nearness is 1 less the root mean square sine between shared units (between their responses, where matched).
    """
    found = {name: o for g in sorted(sharing.in_place) for name, o in pair.overlaps(g, sharing.pairing).items()}
    silent = sum(isinstance(o, Missing) for o in found.values())
    found[GAINS] = pair.gains(sharing.pairing)
    ratios: dict[str, Overlap] = {name: o for name, o in found.items() if is_present(o)}
    missing = [f"{name} learned part: {o.reason}" for name, o in found.items() if isinstance(o, Missing)]
    effects = [min(t.effect, 1.0) for t in sharing.shared if t.test in _ORDERS]
    nearness = {NEARNESS: 1 - (1 - max(effects) ** 2) ** 0.5} if effects else {}
    if sharing.disguised:
        matching = pair.matching
        matched = _matched_overlaps(matching)
        ratios |= matched
        if not matched:
            missing.append(matching.reason if isinstance(matching, Missing) else _NO_LEARNED)
        if is_present(matching) and matching.layers:
            nearness[MATCHED_NEARNESS] = 1 - matching.change
    return Measures(ratios, nearness, tuple(missing), silent)


def judge_ratios(ratios: Mapping[str, Overlap], nearness: Mapping[str, float], silent: int = 0) -> tuple[Shared, str]:
    """The verdict from ratios and nearness by name, with the sentence that gives it.

    ``silent`` roles, whose matrices show no learned part, count where it is asked how much was learned in all. Ratios
    of which no twins were measured are passed over.
    """
    ratios = {name: o for name, o in ratios.items() if name in calibration()}
    matrices = matrices_of(ratios)
    if not matrices:
        return (
            Shared.UNCLEAR,
            "no learned part could be compared on both sides, so training may have had no share in it.",
        )
    told = told_of(ratios, silent)
    if not told:
        return _judge_early(matrices, nearness, learned(matrices, silent))
    bar = SURE if len(told) > 1 else ALONE
    with_gains = told | gains_of(ratios)
    for asked in (told, with_gains):
        if _score(asked).above >= bar:
            return Shared.TRAINING, f"{_said(asked)}: what training wrote is shared as the rest is."
    score, said = _score(told), _said(with_gains)
    if _as_twins(score, with_gains):
        return (
            Shared.SEED,
            f"{said}: what training wrote is shared far less than the rest, as between runs from one seed.",
        )
    if score.above > abs(score.below) and _is_near(matrices, nearness, HALF, early=False):
        return Shared.TRAINING, f"{said}; {_NEAR}: what training wrote is shared as the rest is."
    return Shared.UNCLEAR, f"{said}: that does not tell derived models from twins."


def matrices_of(ratios: Mapping[str, Overlap]) -> dict[str, Overlap]:
    """The ratios of matrices."""
    return {name: o for name, o in ratios.items() if name != GAINS}


def gains_of(ratios: Mapping[str, Overlap]) -> dict[str, Overlap]:
    """The ratio of gains, if there is one."""
    return {name: o for name, o in ratios.items() if name == GAINS}


def told_of(ratios: Mapping[str, Overlap], silent: int) -> dict[str, Overlap]:
    """Of the ratios of matrices those that tell; none where too little was learned for twins to have drifted apart."""
    matrices = matrices_of(ratios)
    if not matrices or learned(matrices, silent) < LEAST_ENERGY:
        return {}
    return {name: o for name, o in matrices.items() if o.energy >= LEAST_OF_ROLE}


def learned(matrices: Mapping[str, Overlap], silent: int) -> float:
    """The share of the learned part in the energy of all matrices, of the side where it is less; mean over roles."""
    shares = {name: 0.5 if name in HALVES else 1.0 for name in matrices}
    return sum(shares[name] * o.energy for name, o in matrices.items()) / (sum(shares.values()) + silent)


def _judge_early(ratios: Mapping[str, Overlap], nearness: Mapping[str, float], energy: float) -> tuple[Shared, str]:
    """The verdict where one side at least learned too little for twins to have drifted apart."""
    said = f"{_ratios(ratios)}, but training wrote only {energy:.1%} of a side, and twins share what is learned first"
    known = calibration()
    as_derived = max(known[n].below_derived(o.rho, o.error) for n, o in ratios.items()) < 1
    if energy >= FIRST_ENERGY and as_derived and _is_near(ratios, nearness, FIFTH, early=True):
        return Shared.TRAINING, f"{said}; yet {_NEAR}: one went on from the other's trained weights."
    if _as_twins(_score(ratios), ratios):
        return Shared.SEED, f"{_ratios(ratios)}, where derived models that learned so little share nearly all of it."
    return Shared.UNCLEAR, f"{said}: that does not tell derived models from twins."


def _score(ratios: Mapping[str, Overlap]) -> Joint:
    return joint({name: (o.rho, o.error) for name, o in ratios.items()})


def _said(asked: Mapping[str, Overlap]) -> str:
    score = _score(asked)
    above = f"{score.above:.1f} deviations above measured twins"
    return f"{_ratios(asked)}, {above}, {score.below:.1f} below derived models"


def _as_twins(score: Joint, asked: Mapping[str, Overlap]) -> bool:
    """Whether most of the bulk is shared, of the learned parts no more than twins share, and none is as if derived."""
    bulk = min(o.found.bulk for o in asked.values())
    apart = max(_score({name: o}).above for name, o in asked.items())
    return score.below >= BELOW and score.above < AMONG and bulk >= MOST and apart < SURE


def _is_near(ratios: Mapping[str, Overlap], nearness: Mapping[str, float], share: float, *, early: bool) -> bool:
    """Whether the shared units changed less than this share of what they changed in the nearest measured twins."""
    name, nearest = _nearness_of(ratios, nearness), nearest_twins(early=early)
    return name in nearness and name in nearest and 1 - nearness[name] < share * (1 - nearest[name])


def _nearness_of(ratios: Mapping[str, Overlap], nearness: Mapping[str, float]) -> str:
    """The name of the nearness that goes with these ratios."""
    if ALIGNED_NEARNESS in nearness:
        return ALIGNED_NEARNESS
    return MATCHED_NEARNESS if any(name.startswith(MATCHED) for name in ratios) else NEARNESS


def _matched_overlaps(matching: Matching | Missing) -> dict[str, Overlap]:
    if isinstance(matching, Missing):
        return {}
    names = {MATCHED + role: found for role, found in matching.overlaps.items()}
    return {name: overlap_from(o, name, f"{len(matching.layers)} layers", _OF_RESPONSES) for name, o in names.items()}


def _ratios(known: Mapping[str, Overlap]) -> str:
    *first, last = [
        f"{o.rho:.2f} ± {o.error:.2f} ({o.evidence.site if name == GAINS else f'{name}, {o.evidence.site}'})"
        for name, o in known.items()
    ]
    return f"learned parts correlate by {', '.join(first)}{' and ' if first else ''}{last}"
