"""When to go back to the weights: the closer look costs far more than fingerprints, and is taken only in doubt."""

from __future__ import annotations

from stemma.anatomy.interface import Role
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present

_FEW_NEURONS = 4
_UNITS = frozenset({Role.UP, Role.STATE_IN})


def leaves_doubt(pair: PairEvidence, something_shared: bool) -> bool:
    """Whether neurons that do not stand in place should be looked for on whole matrices.

    Yes where something is shared all the same, where the fingerprints could not look (no responses of experts or state
    blocks, no token that is known to be the same) though the shapes agree, and where a few neurons matched. No where
    everything was looked at and nothing found.
    """
    if something_shared:
        return True
    if not _same_shapes(pair.a, pair.b):
        return False
    matching = pair.matching
    if isinstance(matching, Missing) or not _tokens_known(pair.a, pair.b):
        return True
    return matching.evidence.statistic >= _FEW_NEURONS


def _tokens_known(a: Fingerprint, b: Fingerprint) -> bool:
    return all(is_present(side.anchors) and side.anchors.by_string for side in (a, b))


def _same_shapes(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether some layer of A has units over the residual stream as many and as wide as some layer of B."""
    return bool(_unit_shapes(a) & _unit_shapes(b))


def _unit_shapes(fingerprint: Fingerprint) -> set[tuple[int, ...]]:
    return {p.shape for p in fingerprint.parts.values() if p.role in _UNITS and not p.bias and p.site.layer >= 0}
