"""When do weights speak for, or against, a declared edge? The rule stands in ``data/claims.toml``; this applies it.

* Linked: the claim holds, unless the kind that is claimed is a copy and another change is certain.
* Nothing shared although every planned test looked with power, or independence shown: contradicted where the kind is
  one that weights must show, else not established.
* Anything else is not established: a test that could not run, a sample that was too small, something shared that is
  no link.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from stemma.immutable import immutable
from stemma.registry.edges import MeasuredEdge
from stemma.vocabulary import Mechanism, RelationKind, load_relations

LARGE_SHARE = 0.1
MOST_PARENTS = 8


class Verdict(StrEnum):
    """What weights say of a declared edge."""

    HOLDS = "holds"
    CONTRADICTED = "contradicted"
    NOT_ESTABLISHED = "not established"


@immutable
class ClaimRule:
    """What weights must show of one kind of edge, and why."""

    kind: RelationKind
    nothing_shared: Literal["contradicted", "open", "together"]
    another_way: Literal["contradicted", "remark"]
    fits: frozenset[Mechanism]
    reason: str


@immutable
class Judged:
    """A verdict with its reason, and what differs from the declaration though it may hold; empty where nothing does."""

    verdict: Verdict
    reason: str
    differs: str = ""


@cache
def claim_rules() -> Mapping[RelationKind, ClaimRule]:
    """The table that ships with the package; raises ValueError where it is not complete."""
    path = files("stemma.lineage") / "data" / "claims.toml"
    return read_claim_rules(tomllib.loads(path.read_text(encoding="utf-8")))


def read_claim_rules(table: Mapping[str, Any]) -> Mapping[RelationKind, ClaimRule]:
    """Build the table out of parsed data; raises ValueError unless every weight edge has exactly one row."""
    wanted = [kind for kind, definition in load_relations().kinds.items() if definition.weight_edge]
    if set(table) != {kind.value for kind in wanted}:
        raise ValueError(f"got {sorted(table)}, expected {sorted(wanted)}")
    return {kind: _rule(kind, table[kind.value]) for kind in wanted}


def judge(kind: RelationKind, ruling: MeasuredEdge, *, coefficient: float | None = None) -> Judged:
    """What a ruling over A, the declared parent, and B, the child, says of the declared edge between them."""
    rule = claim_rules()[kind]
    if ruling.label == "linked":
        return _linked(rule, ruling)
    absent = nothing_shared(ruling)
    if absent and (rule.nothing_shared == "contradicted" or (coefficient or 0.0) >= LARGE_SHARE):
        return Judged(Verdict.CONTRADICTED, f"Nothing is shared, though every planned test looked. {rule.reason}")
    if absent:
        return Judged(Verdict.NOT_ESTABLISHED, f"Nothing is shared, which decides nothing here. {rule.reason}")
    return Judged(Verdict.NOT_ESTABLISHED, "No link was established, and not every planned test could look with power.")


def nothing_shared(ruling: MeasuredEdge) -> bool:
    """Whether independence was shown, or the ruling says that every planned test looked and none hinted at a link.

    A ruling that was kept before rulings said so does not say it.
    """
    if ruling.label != "independent" or ruling.status:
        return False
    return ruling.established == "shown" or ruling.looked_everywhere is True


def judge_together(parents: Mapping[int, tuple[Judged, MeasuredEdge]], declared: int) -> dict[int, Judged]:
    """Parents of one merge, by place: where all were looked at and none shares anything, none can be true.

    ``declared`` is how many the record names; more than ``MOST_PARENTS`` may each be too small to see.
    """
    if not 1 <= declared <= MOST_PARENTS or len(parents) != declared:
        return {}
    if not all(nothing_shared(ruling) for _, ruling in parents.values()):
        return {}
    reason = (
        "Nothing is shared with any of the declared parents, though every planned test looked: a merge is made of them."
    )
    return {place: Judged(Verdict.CONTRADICTED, reason) for place in parents}


def _linked(rule: ClaimRule, ruling: MeasuredEdge) -> Judged:
    reason = ruling.reasons[-1] if ruling.reasons else "Trained weights are shared."
    notes = []
    other = ruling.mechanism is not None and ruling.mechanism not in rule.fits
    if other and ruling.mechanism is not None and ruling.confidence != "weak":
        shown = f"{ruling.mechanism.meaning} ({ruling.mechanism}, {ruling.confidence})"
        said = f"declared {rule.kind}, the weights show {shown}"
        if rule.another_way == "contradicted" and ruling.confidence == "exact clue":
            return Judged(Verdict.CONTRADICTED, f"The two are linked, but not as a copy. {reason}", said)
        notes.append(said)
    if ruling.direction == "b->a":
        notes.append("the weights point the other way: the declared parent looks like the child")
    return Judged(Verdict.HOLDS, reason, "; ".join(notes))


def _rule(kind: RelationKind, entry: Mapping[str, Any]) -> ClaimRule:
    if set(entry) != {"nothing_shared", "another_way", "fits", "reason"}:
        raise ValueError(f"{kind}: got fields {sorted(entry)}")
    if entry["nothing_shared"] not in ("contradicted", "open", "together") or not entry["reason"]:
        raise ValueError(f"{kind}: got {entry['nothing_shared']!r}")
    fits = frozenset(mechanism for mechanism in Mechanism if mechanism.value in entry["fits"])
    return ClaimRule(kind, entry["nothing_shared"], entry["another_way"], fits, entry["reason"])
