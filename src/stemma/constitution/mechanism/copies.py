"""Copies and conversions (M1)."""

from __future__ import annotations

from stemma.constitution.interface import Confidence, Direction
from stemma.constitution.mechanism.finding import Finding, other, towards
from stemma.constitution.sharing import Sharing
from stemma.evidence.pair import PairEvidence
from stemma.identity import is_present
from stemma.vocabulary import Mechanism


def copied(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    """Every informative matrix is equal, value for value, and no token has another row.

    A tokenizer alone that gives tokens other numbers takes nothing away from a copy.
    """
    tensors = pair.tensors
    if not (is_present(tensors) and tensors.is_copy):
        return None
    vocabulary = pair.forensics.vocabulary
    if is_present(vocabulary) and vocabulary.rows_follow and vocabulary.in_place < vocabulary.shared:
        return None
    same_files = is_present(pair.files) and pair.files.statistic == 1.0
    how = "the weight files are byte for byte the same" if same_files else "every informative matrix is equal"
    reason = f"All {tensors.compared} informative matrices agree value for value; {how}."
    evidence = (tensors.evidence,)
    return Finding(Mechanism.M1, Confidence.EXACT, Direction.UNDETERMINED, reason, evidence, copy=True)


def rounded(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    """All exact entries of one side are the other's, rounded to 16 bits."""
    entries = pair.entries
    if not is_present(entries) or pair.facts.same_shapes < 0.8 or not sharing.in_place:
        return None
    for kind, coarse in ((entries.rounded_b_of_a, "B"), (entries.rounded_a_of_b, "A")):
        if kind:
            count = entries.evidence.sample
            reason = f"All {count} exact entries of {coarse} are those of {other(coarse)} rounded to {kind}."
            return Finding(Mechanism.M1, Confidence.EXACT, towards(coarse), reason, (entries.evidence,), copy=True)
    return None
