"""A merge in words, the same in every rendering."""

from __future__ import annotations

from stemma.evidence.merge import Merge, MergeKind

_NAMES = {
    MergeKind.LINEAR: "a linear merge",
    MergeKind.SLERP: "a spherical merge (SLERP)",
    MergeKind.TASK: "a merge by task arithmetic",
    MergeKind.TIES: "a TIES merge",
    MergeKind.DARE: "a DARE merge",
    MergeKind.PASSTHROUGH: "put together from layers",
}


def merge_sentence(merge: Merge) -> str:
    """What the query is, in one sentence."""
    names = ", ".join(p.name for p in merge.parents)
    on = f" on the base {merge.base}" if merge.base is not None else ""
    after = f", trained on afterwards ({merge.left:.1%} of the distance is left)" if merge.trained_on else ""
    return f"This model is {_NAMES[merge.kind]} of {names}{on}{after}."


def merge_reasons(merge: Merge) -> tuple[str, ...]:
    """Why, with numbers and warnings."""
    how = (
        f"Together they account for {merge.gain:.2%} of what the nearest single model leaves "
        f"({merge.evidence.sample:,} compared; {merge.evidence.method})."
    )
    return (how, *merge.warnings)


def share_words(low: float, high: float) -> str:
    """An interval."""
    return f"{low:.3f} to {high:.3f}"
