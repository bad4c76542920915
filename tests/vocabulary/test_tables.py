"""The table and the enumerations say the same."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from stemma.vocabulary import Condition, Exclusion, Grounds, Kinship, Mechanism, Status, load_vocabulary
from stemma.vocabulary.tables import read_vocabulary

DATA = Path(__file__).parents[2] / "src" / "stemma" / "vocabulary" / "data"


@pytest.fixture
def data() -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        tomllib.loads((DATA / "terms.toml").read_text(encoding="utf-8")),
        tomllib.loads((DATA / "frameworks.toml").read_text(encoding="utf-8")),
    )


def test_every_term_has_one_definition() -> None:
    vocabulary = load_vocabulary()
    for kind in (Condition, Mechanism, Exclusion, Grounds, Kinship, Status):
        for term in kind:
            assert vocabulary.define(term).term is term
            assert vocabulary.define(term).definition.endswith(".")


def test_values_are_unique_over_all_kinds() -> None:
    kinds = (Condition, Mechanism, Exclusion, Grounds, Kinship, Status)
    values = [str(term) for kind in kinds for term in kind]
    assert len(values) == len(set(values))


@pytest.mark.parametrize("kind", ["condition", "mechanism", "exclusion", "grounds", "kinship", "status"])
def test_a_missing_term_is_refused(data: tuple[dict[str, Any], dict[str, Any]], kind: str) -> None:
    terms = copy.deepcopy(data[0])
    terms[kind].popitem()
    with pytest.raises(ValueError, match="expected"):
        read_vocabulary(terms, data[1])


@pytest.mark.parametrize("kind", ["condition", "mechanism", "exclusion", "grounds", "kinship", "status"])
def test_an_unknown_field_is_refused(data: tuple[dict[str, Any], dict[str, Any]], kind: str) -> None:
    terms = copy.deepcopy(data[0])
    next(iter(terms[kind].values()))["colour"] = "red"
    with pytest.raises(ValueError, match="colour"):
        read_vocabulary(terms, data[1])


def test_every_mechanism_fulfils_a_condition_and_is_decided_somewhere() -> None:
    vocabulary = load_vocabulary()
    assert all(d.conditions for d in vocabulary.mechanisms.values())
    cited = {str(term) for step in vocabulary.decisions for term in step.cite}
    assert {str(t) for kind in (Condition, Mechanism, Exclusion) for t in kind} == cited


def test_the_frameworks_named_in_the_standard_are_there() -> None:
    clauses = {f"{f.name} {c.clause}" for f in load_vocabulary().frameworks for c in f.clauses}
    for wanted in (
        "NIST AI 100-1 Map 1.1",
        "NIST SP 800-218 PW.4.1",
        "NIST SP 800-53r5 SR-4",
        "EU AI Act Annex IV",
        "MITRE ATLAS AML.T0010",
        "Cisco AI Security and Safety Framework AITech-9.3",
    ):
        assert wanted in clauses


def test_the_newest_change_is_the_version() -> None:
    assert load_vocabulary().changes[0].version == load_vocabulary().version
