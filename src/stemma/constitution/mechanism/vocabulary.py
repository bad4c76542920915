"""A vocabulary that was changed (M4)."""

from __future__ import annotations

from stemma.constitution.interface import Confidence, Direction
from stemma.constitution.mechanism.finding import Finding, towards
from stemma.constitution.sharing import Sharing
from stemma.evidence.forensics_vocabulary import VocabularyChange
from stemma.evidence.pair import PairEvidence
from stemma.identity import is_present
from stemma.vocabulary import Mechanism

_ALL, _SAME_TOKENS, _MOVED = 0.995, 0.9, 0.05


def revised(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    """Another number of rows, another order of tokens, or other tokens, over shared trained weights."""
    change = pair.forensics.vocabulary
    if not is_present(change):
        return None
    a, b = change.rows
    moved = change.rows_follow and change.in_place < (1 - _MOVED) * change.shared
    replaced = change.rows_follow and change.overlap < _SAME_TOKENS
    if a == b and not moved and not replaced:
        return None
    exact = change.untouched >= _ALL * change.shared
    what, direction = _story(pair, change, moved, exact)
    reason = (
        f"The vocabularies have {a:,} and {b:,} rows over shared trained weights; of {change.shared} shared anchor "
        f"tokens {change.untouched} rows are untouched and {change.in_place} keep their number: {what}."
    )
    confidence = Confidence.EXACT if exact else Confidence.STRONG
    return Finding(Mechanism.M4, confidence, direction, reason, (change.evidence,))


def _story(pair: PairEvidence, change: VocabularyChange, moved: bool, exact: bool) -> tuple[str, Direction]:
    """What was done, and which side it was done to where only one reading is left."""
    a, b = change.rows
    larger = "B" if b > a else "A"
    tensors = pair.tensors
    frozen = exact and is_present(tensors) and tensors.equal == tensors.compared > 0
    new = f", and {change.new_in}'s own rows are untrained" if change.new_in else ""
    # In tables whose tokens were exchanged, rare old rows look as untrained as new ones: no way is named.
    if change.between and change.overlap < _SAME_TOKENS:
        return "tokens were exchanged", Direction.UNDETERMINED
    if moved and not change.ascending:
        return "tokens stand in another order", Direction.UNDETERMINED
    if a == b:
        return "tokens were exchanged", Direction.UNDETERMINED
    if moved:
        # Nobody puts new tokens between old ones: rows were taken out, and the rest moved up.
        way = towards("A" if larger == "B" else "B") if frozen else Direction.UNDETERMINED
        return f"tokens were taken out of {larger}'s vocabulary", way
    # Rows past the other's end may have been cut off as well as added: rare tokens are as untrained as new ones.
    return f"{larger}'s last {abs(a - b):,} rows are its own{new}", Direction.UNDETERMINED
