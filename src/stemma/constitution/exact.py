"""Trained weights that are shared to the last bit, or up to arithmetic that needs no training."""

from __future__ import annotations

from stemma.constitution.sharing import Sharing
from stemma.evidence.pair import PairEvidence
from stemma.evidence.units import Group
from stemma.identity import Missing, is_present

_ALL = 0.98


def exactly_trained(pair: PairEvidence, sharing: Sharing) -> str:
    """The sentence that says how trained weights are the same on both sides, or ""."""
    tensors = pair.tensors
    if is_present(tensors) and tensors.equal_trained >= 2:
        return f"{tensors.equal_trained} matrices that training shaped are equal, value for value."
    return _computed_from(pair, sharing)


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
