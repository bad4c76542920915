"""The table of relation kinds: complete, and true to the constitution."""

from __future__ import annotations

import copy
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from stemma.vocabulary import Exclusion, Facet, Mechanism, RecordType, RelationKind, load_relations
from stemma.vocabulary.relations import read_relations

TABLE = tomllib.loads((files("stemma.vocabulary") / "data" / "relations.toml").read_text(encoding="utf-8"))


def test_every_mechanism_but_m4_has_a_kind_of_its_own() -> None:
    """A changed vocabulary is a way of fine-tuning or continuing, which a record says in ``method``."""
    found = {each.mechanism for each in load_relations().kinds.values()} - {None}
    assert found == set(Mechanism) - {Mechanism.M4}


def test_data_and_families_are_no_kin() -> None:
    kinds = load_relations().kinds
    loose = {kind for kind, each in kinds.items() if not each.weight_edge}
    data = {RelationKind.TRAINED_ON, RelationKind.EVALUATED_ON, RelationKind.DRAWN_FROM, RelationKind.GENERATED_BY}
    assert loose == {*data, RelationKind.VARIANT_OF}
    assert all(kinds[kind].visible == "no" and kinds[kind].mechanism is None for kind in loose)
    assert "X2" in kinds[RelationKind.VARIANT_OF].reason and Exclusion.X2.meaning


def test_risk_travels_by_every_kind_but_measuring() -> None:
    kinds = load_relations().kinds
    assert {kind for kind, each in kinds.items() if not each.carries_risk} == {RelationKind.EVALUATED_ON}
    assert kinds[RelationKind.COMPONENT_OF].target == "downstream"
    assert not kinds[RelationKind.COMPONENT_OF].inherits


def test_nobody_inherits_what_belongs_to_one_record() -> None:
    relations = load_relations()
    assert all(Facet.OWN not in each.passes for each in relations.kinds.values())
    assert set(relations.facets) == set(Facet)
    assert all(each.of <= set(RecordType) and each.reason for each in relations.kinds.values())


def _changed(**entry: Any) -> dict[str, Any]:
    table = copy.deepcopy(TABLE)
    table["relation"]["copy-of"].update(entry)
    return table


@pytest.mark.parametrize(
    "table", [_changed(weight_edge=False), _changed(visible="maybe"), _changed(extra=1), {**TABLE, "facet": {}}]
)
def test_a_wrong_table_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"copy-of|Facet"):
        read_relations(table)
