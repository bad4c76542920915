"""The table of which risk travels along which relation: complete, with reasons, and sane where it matters."""

from __future__ import annotations

import itertools

import pytest

from stemma.advisories import Effect, RiskKind, load_propagation
from stemma.advisories.propagation import read_propagation
from stemma.vocabulary import RelationKind, load_relations

TABLE = load_propagation()
CELLS = list(itertools.product(RiskKind, RelationKind))


@pytest.mark.parametrize(("risk", "relation"), CELLS)
def test_every_cell_has_an_effect_and_a_reason(risk: RiskKind, relation: RelationKind) -> None:
    rule = TABLE.rule(risk, relation)
    assert (rule.risk, rule.relation) == (risk, relation)
    assert rule.reason.endswith((".", ")")) and len(rule.reason) > 20


def test_there_is_nothing_else_in_it() -> None:
    assert set(TABLE.rules) == set(CELLS)


@pytest.mark.parametrize("risk", RiskKind)
def test_nothing_travels_over_an_evaluation(risk: RiskKind) -> None:
    assert TABLE.rule(risk, RelationKind.EVALUATED_ON).effect is Effect.STOPS


@pytest.mark.parametrize("relation", [k for k, d in load_relations().kinds.items() if d.weight_edge])
def test_a_backdoor_is_never_silently_gone(relation: RelationKind) -> None:
    assert TABLE.rule(RiskKind.BACKDOOR, relation).effect in (Effect.TRAVELS, Effect.FADES)
    assert TABLE.rule(RiskKind.LICENCE, relation).effect in (Effect.TRAVELS, Effect.FADES)


@pytest.mark.parametrize("relation", RelationKind)
def test_a_malicious_file_goes_with_its_bytes_alone(relation: RelationKind) -> None:
    assert TABLE.rule(RiskKind.MALICIOUS_FILE, relation).effect in (Effect.BYTE_COPIES, Effect.STOPS)


@pytest.mark.parametrize("risk", [r for r in RiskKind if r is not RiskKind.MALICIOUS_FILE])
def test_a_copy_has_what_the_original_has(risk: RiskKind) -> None:
    assert TABLE.rule(risk, RelationKind.COPY_OF).effect is Effect.TRAVELS


def _rows(**changes: object) -> dict[str, list[dict[str, object]]]:
    every = {"relations": [kind.value for kind in RelationKind], "effect": "stops", "reason": "None."}
    return {risk.value: [{**every, **changes}] for risk in RiskKind}


@pytest.mark.parametrize(
    "table",
    [
        {},
        _rows(relations=[kind.value for kind in RelationKind][1:]),
        _rows(relations=[kind.value for kind in RelationKind] + ["copy-of"]),
        _rows(reason=""),
    ],
)
def test_an_incomplete_table_is_refused(table: dict[str, list[dict[str, object]]]) -> None:
    with pytest.raises(ValueError, match=r"expected|no row"):
        read_propagation(table)


def test_a_complete_one_is_read() -> None:
    assert len(read_propagation(_rows()).rules) == len(CELLS)
