"""What a clue says: a mechanism, how firmly, which way, and the sentence that cites the numbers."""

from __future__ import annotations

from stemma.constitution.interface import Confidence, Direction
from stemma.evidence.interface import Evidence
from stemma.immutable import immutable
from stemma.vocabulary import Kinship, Mechanism


@immutable
class Finding:
    """A named mechanism with the sentences that support it; ``copy`` where the weights are numerically the same."""

    mechanism: Mechanism
    confidence: Confidence
    direction: Direction
    reason: str
    evidence: tuple[Evidence, ...] = ()
    copy: bool = False


def kinship_of(finding: Finding) -> Kinship:
    """Kinship as far as the finding tells."""
    if finding.copy:
        return Kinship.COPY
    by_direction = {
        Direction.A_TO_B: Kinship.DESCENDANT,
        Direction.B_TO_A: Kinship.ANCESTOR,
        Direction.UNDETERMINED: Kinship.UNDETERMINED,
    }
    return by_direction[finding.direction]


def towards(child: str) -> Direction:
    """The direction in which ``child`` ("A" or "B") is the child."""
    return Direction.A_TO_B if child == "B" else Direction.B_TO_A


def other(side: str) -> str:
    """The other of "A" and "B"."""
    return "A" if side == "B" else "B"
