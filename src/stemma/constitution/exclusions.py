"""For pairs that are no link: which look-alike is it?

X4 is shown by weights. The others are names for what the two models have in common besides weights; they explain an
independent ruling and never cause one.
"""

from __future__ import annotations

from stemma.evidence.pair import PairEvidence
from stemma.identity import is_present
from stemma.vocabulary import Exclusion

_SAME_TOKENS = 0.9


def look_alike(pair: PairEvidence) -> tuple[Exclusion, str] | None:
    """The exclusion that describes the pair, with a sentence; None where the two do not even look alike."""
    facts = pair.facts
    same_tokens = facts.same_vocabulary or (is_present(facts.token_overlap) and facts.token_overlap >= _SAME_TOKENS)
    same_scheme = pair.a.scheme == pair.b.scheme
    if facts.same_shapes > 0.9:
        if same_tokens:
            return Exclusion.X1, "All shapes and the vocabulary agree, and no weights do."
        return Exclusion.X5, "All shapes agree, the vocabularies differ, and no weights are shared."
    if same_scheme and same_tokens:
        return Exclusion.X2, "Same family and vocabulary, other sizes, and no weights shared."
    if same_tokens:
        return Exclusion.X7, "The vocabularies agree; the architectures and the weights do not."
    if is_present(facts.hidden[0]) and facts.hidden[0] == facts.hidden[1]:
        return Exclusion.X6, "The widths agree; the architectures and the weights do not."
    return None
