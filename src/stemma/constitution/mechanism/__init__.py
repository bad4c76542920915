"""Third question, for linked pairs: how did one become the other, and which way?

The clues are asked in a fixed order, and the first that holds names the mechanism: copies and conversions before all,
then what leaves a mark of its own (structure, quantisation, zeros, vocabulary, low rank, sparse change), and training
last, for it is what remains when nothing else shows itself. Training (M2) and continued pretraining (M3) are one class:
weights cannot tell them apart.

Direction is named only by a clue that is exact: the side that is the other rounded, zeroed, cut or stacked up is the
child. What a third model could explain as well, a common parent above all, leaves it undetermined: so a norm that
grew, a larger learned-part ratio or rows without updates name no direction.
"""

from __future__ import annotations

from collections.abc import Callable

from stemma.constitution.mechanism import changes, compression, copies, structure, vocabulary
from stemma.constitution.mechanism.finding import Finding, kinship_of
from stemma.constitution.sharing import Sharing
from stemma.evidence.pair import PairEvidence

__all__ = ["Finding", "find_mechanism", "kinship_of"]

_CLUES: tuple[Callable[[PairEvidence, Sharing], Finding | None], ...] = (
    copies.copied,
    copies.rounded,
    structure.experts,
    structure.restacked,
    structure.cut,
    compression.quantised,
    compression.pruned,
    vocabulary.revised,
    changes.only_vectors,
    changes.adapted,
    changes.reparametrised,
    changes.sparse,
    changes.disguised,
)


def find_mechanism(pair: PairEvidence, sharing: Sharing) -> Finding:
    """The first clue that holds; training where none does."""
    for clue in _CLUES:
        finding = clue(pair, sharing)
        if finding is not None:
            return finding
    return changes.tuned(pair)
