"""When weights hold up, contradict or leave open a declared edge."""

from __future__ import annotations

from typing import Any

import pytest

from stemma.identity import Missing
from stemma.lineage import Examined, Verdict, claim_rules, find_undeclared, judge, judge_claims
from stemma.lineage.claims import read_claim_rules
from stemma.records import parse_record
from stemma.registry.edges import MeasuredEdge
from stemma.vocabulary import Exclusion, Kinship, Mechanism, RelationKind
from tests.lineage.graphs import ruling, text, undetermined

WEIGHT_EDGES = list(claim_rules())
OPEN = {
    RelationKind.DISTILLED_FROM, RelationKind.ADAPTER_OF, RelationKind.COMPOSED_FROM, RelationKind.COMPONENT_OF,
    RelationKind.MERGED_FROM,
}  # fmt: skip


def _apart(**changes: Any) -> MeasuredEdge:
    """Nothing shared, by default, though every planned test looked."""
    return ruling("p", "c", "independent", **{"established": "default", "looked_everywhere": True, **changes})


@pytest.mark.parametrize("kind", WEIGHT_EDGES)
def test_every_rule_has_a_reason(kind: RelationKind) -> None:
    rule = claim_rules()[kind]
    assert rule.reason.endswith(".") and rule.fits


@pytest.mark.parametrize("kind", WEIGHT_EDGES)
def test_a_link_holds(kind: RelationKind) -> None:
    fitting = min(claim_rules()[kind].fits)
    judged = judge(kind, ruling("p", "c", mechanism=fitting, confidence="exact clue"))
    assert (judged.verdict, judged.differs) == (Verdict.HOLDS, "")


@pytest.mark.parametrize("kind", WEIGHT_EDGES)
@pytest.mark.parametrize(
    "apart", [_apart(), _apart(established="shown", looked_everywhere=None, exclusion=Exclusion.X4)]
)
def test_nothing_shared_contradicts_where_weights_must_show_it(kind: RelationKind, apart: MeasuredEdge) -> None:
    expected = Verdict.NOT_ESTABLISHED if kind in OPEN else Verdict.CONTRADICTED
    assert judge(kind, apart).verdict is expected


@pytest.mark.parametrize(
    "doubt",
    [
        {"looked_everywhere": False},
        {"looked_everywhere": None},
        {"status": "untrained"},
    ],
)
@pytest.mark.parametrize("kind", WEIGHT_EDGES)
def test_doubt_never_contradicts(kind: RelationKind, doubt: dict[str, Any]) -> None:
    assert judge(kind, _apart(**doubt)).verdict is Verdict.NOT_ESTABLISHED


def test_a_large_share_of_a_merge_can_be_seen() -> None:
    kind = RelationKind.MERGED_FROM
    assert judge(kind, _apart(), coefficient=0.4).verdict is Verdict.CONTRADICTED
    assert judge(kind, _apart(), coefficient=0.02).verdict is Verdict.NOT_ESTABLISHED


def test_a_copy_that_was_certainly_changed_is_none() -> None:
    changed = ruling("p", "c", mechanism=Mechanism.M7, confidence="exact clue")
    assert judge(RelationKind.COPY_OF, changed).verdict is Verdict.CONTRADICTED
    assert judge(RelationKind.COPY_OF, ruling("p", "c", mechanism=Mechanism.M2)).verdict is Verdict.HOLDS
    assert "M7" in judge(RelationKind.FINETUNED_FROM, changed).differs
    assert judge(RelationKind.FINETUNED_FROM, changed).verdict is Verdict.HOLDS


def test_the_other_direction_is_told_and_contradicts_nothing() -> None:
    judged = judge(RelationKind.QUANTISED_FROM, ruling("p", "c", mechanism=Mechanism.M7, direction="b->a"))
    assert judged.verdict is Verdict.HOLDS and "other way" in judged.differs


@pytest.mark.parametrize(
    "table",
    [
        {},
        {
            k.value: {"nothing_shared": "perhaps", "another_way": "remark", "fits": [], "reason": "x"}
            for k in WEIGHT_EDGES
        },
        {k.value: {"nothing_shared": "open"} for k in WEIGHT_EDGES},
    ],
)
def test_an_incomplete_table_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="got"):
        read_claim_rules(table)


def _claims(*relations: Any, rulings: dict[int, MeasuredEdge | Missing]) -> list[Verdict]:
    record = parse_record(text("child", *relations))
    examined = {place: Examined("p@1.0.0", found) for place, found in rulings.items()}
    return [claim.verdict for claim in judge_claims(record, examined)]


def test_one_verdict_for_each_weight_edge() -> None:
    told = _claims(
        "finetuned-from p",
        "trained-on data",
        "quantised-from q",
        rulings={0: ruling("p", "c"), 2: Missing("not at hand")},
    )
    assert told == [Verdict.HOLDS, Verdict.NOT_ESTABLISHED]


def test_a_part_is_held_against_the_whole_and_never_contradicted() -> None:
    assert _claims("component-of whole", rulings={0: ruling("c", "whole", mechanism=None)}) == [Verdict.HOLDS]
    assert _claims("component-of whole", rulings={0: _apart()}) == [Verdict.NOT_ESTABLISHED]


def test_parents_of_a_merge_cannot_all_be_absent() -> None:
    parents = ("merged-from p", "merged-from q")
    assert _claims(*parents, rulings={0: _apart(), 1: _apart()}) == [Verdict.CONTRADICTED] * 2
    assert _claims(*parents, rulings={0: _apart(), 1: ruling("q", "c")}) == [Verdict.NOT_ESTABLISHED, Verdict.HOLDS]
    assert _claims(*parents, rulings={0: _apart(), 1: Missing("gone")}) == [Verdict.NOT_ESTABLISHED] * 2
    many = [f"merged-from p{i}" for i in range(9)]
    assert set(_claims(*many, rulings=dict.fromkeys(range(9), _apart()))) == {Verdict.NOT_ESTABLISHED}


def test_a_denial_stands_unless_the_weights_contradict_it() -> None:
    denial = {"grounds": "E1", "source": "https://example.org", "denies": True}
    relation = {"kind": "finetuned-from", "target": "p", "evidence": [denial]}
    told = [
        _claims(relation, rulings={0: found})[0]
        for found in (ruling("p", "c"), undetermined("p", "c"), ruling("p", "c", "independent"), _apart())
    ]
    assert told == [Verdict.CONTRADICTED, Verdict.NOT_ESTABLISHED, Verdict.HOLDS, Verdict.NOT_ESTABLISHED]


def test_what_is_not_declared_and_what_explains_a_link() -> None:
    found = [
        ruling("parent@1.0.0", "me"),
        ruling("stranger@1.0.0", "me"),
        undetermined("sibling@1.0.0", "me"),
        undetermined("someone@1.0.0", "me"),
        ruling("sister@1.0.0", "me"),
        ruling("child@1.0.0", "me", direction="b->a"),
        ruling("cousin@1.0.0", "me", kinship=Kinship.COMMON_ANCESTOR),
        ruling("nobody@1.0.0", "me", "independent"),
    ]
    told = find_undeclared(found, "me", {"parent@1.0.0"}, {"sibling@1.0.0", "sister@1.0.0"})
    assert [(each.subject, each.ancestor) for each in told] == [
        ("sister@1.0.0", True),
        ("stranger@1.0.0", True),
        ("someone@1.0.0", False),
    ]
