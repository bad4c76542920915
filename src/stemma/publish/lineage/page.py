"""The page of the tables that decide: ``python -m stemma.publish.lineage.page docs/propagation.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from stemma.advisories import Effect, Propagation, RiskKind, load_propagation
from stemma.lineage import claim_rules
from stemma.vocabulary import RelationKind

_HEAD = """# What travels where, and what weights must show

This page is made from the tables that decide, by `python -m stemma.publish.lineage.page docs/propagation.md`; a test
compares the two. [Lineage](lineage.md) says how they are used.

## Effects

"""
_RISKS = """
## Which risk travels along which relation

From the upstream side to the downstream side. An advisory without a kind of risk counts as `unspecified`.
"""
_CLAIMS = """
## When weights contradict a declared edge

"Nothing is shared" means that independence was shown, or that every planned test looked with power and none even
suggested a link. A claim holds where the two are linked. A direction that points the other way is told, and contradicts
nothing.

| declared | where nothing is shared | where another change is certain | fits | why |
| --- | --- | --- | --- | --- |
"""
_NOTHING = {
    "contradicted": "contradicted",
    "open": "not established",
    "together": "contradicted where the declared share is large, or all parents are absent; else not established",
}


def tables_page() -> str:
    """The whole page."""
    effects = "".join(f"* **{effect}**: {effect.meaning}.\n" for effect in Effect)
    return _HEAD + effects + _RISKS + "".join(_risk(risk) for risk in RiskKind) + _CLAIMS + "".join(_claims())


def _risk(risk: RiskKind) -> str:
    rows = "".join(
        f"| {', '.join(f'`{kind}`' for kind in kinds)} | {effect} | {reason} |\n"
        for kinds, effect, reason in _rows(risk, load_propagation())
    )
    return f"\n### `{risk}`: {risk.meaning}\n\n| relations | effect | why |\n| --- | --- | --- |\n{rows}"


def _rows(risk: RiskKind, table: Propagation) -> Iterator[tuple[list[RelationKind], Effect, str]]:
    """Relations that are treated alike for one reason, in the order of the vocabulary."""
    groups: dict[tuple[Effect, str], list[RelationKind]] = {}
    for kind in RelationKind:
        rule = table.rule(risk, kind)
        groups.setdefault((rule.effect, rule.reason), []).append(kind)
    for (effect, reason), kinds in groups.items():
        yield kinds, effect, reason


def _claims() -> Iterator[str]:
    for kind, rule in claim_rules().items():
        another = "contradicted" if rule.another_way == "contradicted" else "holds, with a remark"
        fits = ", ".join(sorted(rule.fits))
        yield f"| `{kind}` | {_NOTHING[rule.nothing_shared]} | {another} | {fits} | {rule.reason} |\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(tables_page(), encoding="utf-8", newline="\n")
