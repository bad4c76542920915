"""Do the declared weight edges of a record hold in its weights, and which ancestors do the weights show besides?

Pure: the rulings are handed in, by place of the relation, with what was read for each. What no ruling was had for is
not established, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.lineage.claims import Judged, Verdict, judge, judge_together
from stemma.lineage.licences import LicenceFinding
from stemma.lineage.measured import ways
from stemma.records import Record, Relation
from stemma.registry.edges import MeasuredEdge, Standing, standing
from stemma.vocabulary import Grounds, RelationKind

FAMILY = "a family is no set of weights"


@immutable
class Examined:
    """The other end of a declared edge, and the ruling over upstream (A) and downstream (B), or why there is none."""

    parent: str
    ruling: MeasuredEdge | Missing


@immutable
class Claim:
    """One declared weight edge, with what the weights say of it.

    ``parent`` is the version that the requirement means (of component-of, the whole). ``denied`` says that the record
    denies the edge; then "holds" means that the denial does.
    """

    kind: RelationKind
    target: str
    parent: str
    grounds: tuple[Grounds, ...]
    denied: bool
    verdict: Verdict
    reason: str
    differs: str
    ruling: MeasuredEdge | Missing
    line: int = 0


@immutable
class Undeclared:
    """A relative that the weights show and no declared edge explains. ``ancestor``: the direction was shown as well."""

    subject: str
    ancestor: bool
    ruling: MeasuredEdge


@immutable
class Verification:
    """Everything that was found of one record, or of weights without one.

    ``searched`` is how many fingerprints were looked through for undeclared ancestors, Missing why none were.
    """

    subject: str
    weights: str
    claims: tuple[Claim, ...]
    undeclared: tuple[Undeclared, ...]
    licences: tuple[LicenceFinding, ...]
    searched: int | Missing

    @property
    def contradicted(self) -> bool:
        """Whether some claim is contradicted, a denial included."""
        return any(claim.verdict is Verdict.CONTRADICTED for claim in self.claims)

    @property
    def silent(self) -> bool:
        """True where an ancestor was shown that is not declared."""
        return any(each.ancestor for each in self.undeclared)


def weight_relations(record: Record) -> dict[int, Relation]:
    """The declared weight edges, by place in the record."""
    return {place: relation for place, relation in enumerate(record.relations) if relation.definition.weight_edge}


def judge_claims(record: Record, examined: Mapping[int, Examined]) -> tuple[Claim, ...]:
    """A verdict on every declared weight edge of a record, in its order."""
    relations = weight_relations(record)
    judged: dict[int, Judged] = {}
    merged: dict[int, tuple[Judged, MeasuredEdge]] = {}
    for place, relation in relations.items():
        ruling = examined[place].ruling
        if isinstance(ruling, Missing):
            judged[place] = Judged(Verdict.NOT_ESTABLISHED, f"{ruling.reason[:1].upper()}{ruling.reason[1:]}.")
        elif is_denial(relation):
            judged[place] = _judge_denial(ruling)
        else:
            judged[place] = judge(relation.kind, ruling, coefficient=relation.coefficient)
            if relation.kind is RelationKind.MERGED_FROM:
                merged[place] = (judged[place], ruling)
    named = sum(r.kind is RelationKind.MERGED_FROM and not is_denial(r) for r in relations.values())
    judged |= judge_together(merged, named)
    return tuple(_claim(relation, examined[place], judged[place]) for place, relation in relations.items())


def is_denial(relation: Relation) -> bool:
    """Whether a relation is written down only to deny it."""
    return standing(relation) == Standing.DENIED


def find_undeclared(
    found: Sequence[MeasuredEdge], subject: str, ancestors: Collection[str], kin: Collection[str]
) -> tuple[Undeclared, ...]:
    """The relatives among ``found`` that no declared edge explains, shown ancestors first.

    Args:
        found: rulings over candidates (A) and the subject (B).
        subject: the key of B.
        ancestors: keys of declared ancestors, which explain any link to them.
        kin: keys of its other declared relatives; these explain a link, but not that one of them came first.
    """
    wanted = []
    for edge in found:
        told = ways(edge)
        ancestor = told == {"a->b": True}
        explained = edge.a == subject or edge.a in ancestors or (edge.a in kin and not ancestor)
        if "a->b" in told and not explained:
            wanted.append(Undeclared(edge.a, ancestor, edge))
    return tuple(sorted(wanted, key=lambda each: (not each.ancestor, each.subject)))


def _judge_denial(ruling: MeasuredEdge) -> Judged:
    """An explicit denial stands unless the weights contradict it."""
    told = ways(ruling)
    if told.get("a->b"):
        return Judged(
            Verdict.CONTRADICTED, f"It is denied, and shown. {ruling.reasons[-1] if ruling.reasons else ''}".strip()
        )
    if told:
        return Judged(Verdict.NOT_ESTABLISHED, "Trained weights are shared; that they came from there is not shown.")
    if ruling.label == "independent" and ruling.established == "shown":
        return Judged(Verdict.HOLDS, "The two were shown to be independent.")
    return Judged(Verdict.NOT_ESTABLISHED, "No link was established, so the denial stands.")


def _claim(relation: Relation, examined: Examined, judged: Judged) -> Claim:
    grounds = tuple(g for g in Grounds if any(e.grounds is g for e in relation.evidence))
    return Claim(
        relation.kind,
        str(relation.target),
        examined.parent,
        grounds,
        is_denial(relation),
        judged.verdict,
        judged.reason,
        judged.differs,
        examined.ruling,
        relation.line,
    )
