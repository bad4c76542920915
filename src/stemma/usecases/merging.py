"""Which models of a set another is a merge of, where rulings on the pairs are at hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from stemma.evidence.merge import Merge, find_merge
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing


def merge_among(query: Fingerprint, models: Mapping[str, Fingerprint], linked: Collection[str]) -> Merge | Missing:
    """The merge that ``query`` is of ``models``, by name, the likeliest first; ``linked`` are those ruled to be kin.

    A tenth of a merge may not be enough for a ruling on the pair. So a model that is not linked may be a parent too, of
    a merge that leaves nothing beyond rounding: that cannot be had by chance. Of one that was trained on it cannot.
    """
    found = find_merge(query, models)
    if isinstance(found, Merge) and found.trained_on and not set(found.members) <= set(linked):
        return find_merge(query, {name: model for name, model in models.items() if name in linked})
    return found
