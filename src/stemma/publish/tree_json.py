"""The family graph as a JSON document."""

from __future__ import annotations

from stemma.publish.canonical import Document, plain
from stemma.publish.result_json import TREE
from stemma.publish.tree_model import TreeEdge, TreeReport


def tree_document(report: TreeReport) -> Document:
    """Models in the order asked, edges in the order of the report."""
    document, undefined = plain(
        {
            "schema": TREE,
            "models": [{"name": m.name, "family": m.family, "error": m.error} for m in report.models],
            "edges": [_edge(e) for e in report.edges],
            "families": report.families,
            "pairs": report.pairs,
            "linked": report.linked,
            "alpha": report.alpha,
            "not_examined": report.not_examined,
            "cost": {key: report.cost[key] for key in sorted(report.cost)},
            "stemma": report.stemma,
        }
    )
    assert isinstance(document, dict)
    document["undefined"] = [{"at": u.at, "value": u.value} for u in undefined]
    return document


def _edge(edge: TreeEdge) -> dict[str, object]:
    return {
        "source": edge.source,
        "target": edge.target,
        "kind": edge.kind,
        "directed": edge.directed,
        "mechanism": edge.mechanism,
        "resolved": edge.resolved,
        "reasons": edge.reasons,
        "log10_p": edge.log10_p,
        "distance": edge.distance,
    }
