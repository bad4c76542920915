"""The twin gate on whole matrices, where the closer look was or may be taken."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.constitution.sharing import Sharing
from stemma.evidence.aligned.interface import ALIGNED_NEURONS
from stemma.evidence.interface import Evidence
from stemma.evidence.learned_parts import Overlap
from stemma.evidence.pair import PairEvidence
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

ALIGNED_NEARNESS = "aligned nearness"


@immutable
class Closer:
    """Ratios on whole matrices by name, nearness of the matched units, the evidence, and why there is none.

    ``silent`` is the number of views whose matrices show no learned part.
    """

    ratios: Mapping[str, Overlap]
    nearness: Mapping[str, float]
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]
    silent: int = 0


def closer_ratios(pair: PairEvidence) -> Closer:
    """What the closer look says of training; it is taken now if it was not yet.

    Nearness is 1 less the root mean square sine between matched units.
    """
    aligned = pair.aligned
    if isinstance(aligned, Missing):
        return Closer({}, {}, (), (aligned.reason,))
    found = aligned.ratios.overlaps
    ratios = {name: o for name, o in found.items() if is_present(o)}
    missing = tuple(o.reason for o in found.values() if isinstance(o, Missing))
    evidence = (aligned.evidence, *(o.evidence for o in ratios.values()))
    nearness = {ALIGNED_NEARNESS: 1 - aligned.ratios.change}
    return Closer(ratios, nearness, evidence, missing, aligned.ratios.silent)


def found_again(pair: PairEvidence, sharing: Sharing) -> tuple[float, float]:
    """Of units found again in another order or basis: the share that agree, and the root mean square sine between them.

    On whole matrices where these showed it, else between responses.
    """
    if any(t.test == ALIGNED_NEURONS for t in sharing.shared) and is_present(pair.aligned):
        return pair.aligned.evidence.effect, pair.aligned.ratios.change
    matching = pair.matching
    return (matching.evidence.effect, matching.change) if is_present(matching) else (0.0, 1.0)
