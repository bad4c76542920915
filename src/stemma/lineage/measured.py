"""What a ruling says of a walk: which way a risk may go over it, and like which relation.

* Only a link leads anywhere. Two models that descend from a third lead to each other by no way of their own.
* A copy leads both ways, surely: it is the same weights. A link whose direction nothing shows leads both ways, perhaps.
* The mechanism says like which relation a risk travels. Where none is named, or it is named weakly, it travels like
  fine-tuning: weights are shared, and what else happened to them is not known.
* A ruling over one component leads like composed-from, and says nothing of the rest. Two models with one component are
  no copies of each other: it leads both ways, perhaps.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from stemma.registry.edges import MeasuredEdge
from stemma.vocabulary import Kinship, Mechanism, RelationKind

Way = Literal["a->b", "b->a"]

AS_RELATION = {
    Mechanism.M1: RelationKind.CONVERTED_FROM,
    Mechanism.M2: RelationKind.FINETUNED_FROM,
    Mechanism.M3: RelationKind.CONTINUED_FROM,
    Mechanism.M4: RelationKind.FINETUNED_FROM,
    Mechanism.M5: RelationKind.DISTILLED_FROM,
    Mechanism.M6: RelationKind.PRUNED_FROM,
    Mechanism.M7: RelationKind.QUANTISED_FROM,
    Mechanism.M8: RelationKind.FINETUNED_FROM,
    Mechanism.M9: RelationKind.MERGED_FROM,
}


def ways(edge: MeasuredEdge) -> dict[Way, bool]:
    """The ways that a ruling leads, each with whether surely."""
    if edge.label != "linked" or edge.kinship is Kinship.COMMON_ANCESTOR:
        return {}
    if edge.kinship is Kinship.COPY and not edge.component:
        return {"a->b": True, "b->a": True}
    if edge.direction == "a->b":
        return {"a->b": True}
    if edge.direction == "b->a":
        return {"b->a": True}
    return {"a->b": False, "b->a": False}


def relation_of(edge: MeasuredEdge) -> RelationKind:
    """The relation like which a risk travels over a ruling."""
    if edge.component:
        return RelationKind.COMPOSED_FROM
    if edge.mechanism is None or edge.confidence == "weak":
        return RelationKind.FINETUNED_FROM
    return AS_RELATION[edge.mechanism]


def word_of(edge: MeasuredEdge) -> str:
    """The mechanism, or the kinship where none is named; of a component with its name."""
    word = str(edge.mechanism or edge.kinship)
    return f"{word} of {edge.component}" if edge.component else word


def turned(edge: MeasuredEdge, a: str) -> MeasuredEdge:
    """The same ruling with ``a`` as its A."""
    if edge.a == a:
        return edge
    other = {"a->b": "b->a", "b->a": "a->b"}.get(edge.direction, edge.direction)
    swapped: dict[str, Any] = {
        "a": edge.b, "b": edge.a, "direction": other, "kinship": _TURNED.get(edge.kinship, edge.kinship),
        "fingerprint_a": edge.fingerprint_b, "fingerprint_b": edge.fingerprint_a,
    }  # fmt: skip
    return replace(edge, **swapped)


_TURNED = {Kinship.DESCENDANT: Kinship.ANCESTOR, Kinship.ANCESTOR: Kinship.DESCENDANT}
