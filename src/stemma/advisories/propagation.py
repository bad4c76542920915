"""Which risk travels along which relation: one table, read from data and checked against both enumerations.

What an effect means is said in :class:`Effect`; what it does to a walk is decided in ``lineage``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from stemma.advisories.risks import RiskKind
from stemma.immutable import immutable
from stemma.vocabulary import RelationKind, Term


class Effect(Term):
    """What becomes of a risk along one relation, from the upstream side to the downstream side."""

    TRAVELS = ("travels", "the downstream side has it as well")
    FADES = ("fades", "the downstream side may have it: weaker with every such step, never silently gone")
    BYTE_COPIES = ("byte-copies", "it is there where the file is the same, byte for byte, and only there")
    STOPS = ("stops", "the downstream side does not get it in this way")


@immutable
class Rule:
    """One cell of the table, and why it says what it says."""

    risk: RiskKind
    relation: RelationKind
    effect: Effect
    reason: str


@immutable
class Propagation:
    """The whole table."""

    rules: Mapping[tuple[RiskKind, RelationKind], Rule]

    def rule(self, risk: RiskKind, relation: RelationKind) -> Rule:
        """What becomes of a risk along a relation."""
        return self.rules[risk, relation]

    def carriers(self, risks: tuple[RiskKind, ...]) -> frozenset[RelationKind]:
        """The relations along which at least one of the risks goes on."""
        return frozenset(
            relation
            for (risk, relation), rule in self.rules.items()
            if risk in risks and rule.effect is not Effect.STOPS
        )


@cache
def load_propagation() -> Propagation:
    """Read the table that ships with the package; raises ValueError where it is not complete."""
    path = files("stemma.advisories") / "data" / "propagation.toml"
    return read_propagation(tomllib.loads(path.read_text(encoding="utf-8")))


def read_propagation(table: Mapping[str, Any]) -> Propagation:
    """Build the table out of parsed data.

    Raises:
        ValueError: a risk or relation is missing, unknown, or stands twice; or a row has no reason.
    """
    risks, relations = {each.value: each for each in RiskKind}, {each.value: each for each in RelationKind}
    effects = {each.value: each for each in Effect}
    if set(table) != set(risks):
        raise ValueError(f"got risks {sorted(table)}, expected {sorted(risks)}")
    rules: dict[tuple[RiskKind, RelationKind], Rule] = {}
    for name, rows in table.items():
        for row in rows:
            for relation in row["relations"]:
                cell = risks[name], relations[relation]
                if cell in rules or not row["reason"]:
                    raise ValueError(f"{name}, {relation}: expected one row with a reason")
                rules[cell] = Rule(*cell, effects[row["effect"]], row["reason"])
        missing = [relation for key, relation in relations.items() if (risks[name], relation) not in rules]
        if missing:
            raise ValueError(f"{name}: no row for {', '.join(missing)}")
    return Propagation(rules)
