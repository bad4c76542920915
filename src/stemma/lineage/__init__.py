"""The joined graph: what records declare and what weights show, side by side.

Nodes are versions of records (``name@version``) and weights without a record (``model:REFERENCE``). Everything here is
pure: it reads a :class:`stemma.registry.interface.GraphSource` level by level and decides nothing that the weights have
not shown. Rulings are fetched by ``usecases``.

| question | answered by |
|---|---|
| what is above, what is below, along which way? | ``reach(graph, key, "ancestors")`` |
| whom does an advisory reach, and why? | ``impact_of(advisory, registry.graph, registry.identities)`` |
| do the declared edges hold in the weights? | ``judge_claims``, ``find_undeclared`` |
| which licences come along, and which were dropped? | ``licence_findings`` |
| where do sources disagree? | ``conflicts(graph, names)`` |
"""

from __future__ import annotations

from stemma.lineage.claims import ClaimRule, Judged, Verdict, claim_rules, judge, nothing_shared
from stemma.lineage.conflicts import Conflict, ConflictKind, conflicts
from stemma.lineage.impact import Hit, Impact, impact_of, step_of
from stemma.lineage.keys import MODEL, is_held, model_key, name_of
from stemma.lineage.licences import Agreement, LicenceFinding, licence_findings
from stemma.lineage.links import Joined, Link
from stemma.lineage.lookalikes import lookalikes, skeleton
from stemma.lineage.marks import Marked
from stemma.lineage.reach import Reach, Reached, reach
from stemma.lineage.stored import from_store, to_store
from stemma.lineage.verify import Claim, Examined, Undeclared, Verification, find_undeclared, judge_claims

__all__ = [
    "MODEL",
    "Agreement",
    "Claim",
    "ClaimRule",
    "Conflict",
    "ConflictKind",
    "Examined",
    "Hit",
    "Impact",
    "Joined",
    "Judged",
    "LicenceFinding",
    "Link",
    "Marked",
    "Reach",
    "Reached",
    "Undeclared",
    "Verdict",
    "Verification",
    "claim_rules",
    "conflicts",
    "find_undeclared",
    "from_store",
    "impact_of",
    "is_held",
    "judge",
    "judge_claims",
    "licence_findings",
    "lookalikes",
    "model_key",
    "name_of",
    "nothing_shared",
    "reach",
    "skeleton",
    "step_of",
    "to_store",
]
