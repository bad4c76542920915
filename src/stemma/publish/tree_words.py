"""The family graph in words, the same in every rendering."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.publish.figures import counted
from stemma.publish.tree_model import EdgeKind, TreeEdge, TreeReport


def tree_sentence(report: TreeReport) -> str:
    """What was found, in one sentence."""
    read = sum(m.error is None for m in report.models)
    open_ = sum(not e.directed and e.kind is not EdgeKind.COPY for e in report.edges)
    families = "1 family" if report.families == 1 else f"{report.families:,} families"
    return (
        f"{counted(read, 'model')} in {families}, joined by {counted(len(report.edges), 'edge')}, "
        f"{open_} of them without a direction; {report.linked:,} of {counted(report.pairs, 'pair')} linked."
    )


def edge_words(edge: TreeEdge) -> str:
    """Which way an edge runs."""
    if edge.kind is EdgeKind.COPY and not edge.directed:
        return "holds the same weights as"
    way = "is the ancestor of" if edge.directed else "is kin, which way is not known, of"
    return way if edge.resolved else f"{way} (perhaps by way of others)"


def short_names(names: Sequence[str]) -> dict[str, str]:
    """The last part of each name where that tells all apart, else the whole names."""
    last = [name.rstrip("/").rsplit("/", 1)[-1].removesuffix(".stemma") or name for name in names]
    return dict(zip(names, last if len(set(last)) == len(names) else names, strict=True))
