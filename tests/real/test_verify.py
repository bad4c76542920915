"""Claims about children of the real all-MiniLM-L6-v2: true ones hold, false ones are contradicted."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemma.lineage import Verdict
from stemma.registry import MemoryRegistry
from stemma.usecases.lineage.verify import Asked, verify_in
from stemma.vocabulary import RelationKind
from tests.lineage.graphs import NOW, fill, text
from tests.real.conftest import Nursery
from zoo.children.plan import CHILDREN
from zoo.children.truth import Pair

QUICK = {"int8", "layers-dropped", "permuted"}
MADE = [pytest.param(child.name, marks=[] if child.name in QUICK else [pytest.mark.slow]) for child in CHILDREN]
KINDS = {
    "M1": RelationKind.CONVERTED_FROM,
    "M2": RelationKind.FINETUNED_FROM,
    "M3": RelationKind.CONTINUED_FROM,
    "M4": RelationKind.FINETUNED_FROM,
    "M6": RelationKind.PRUNED_FROM,
    "M7": RelationKind.QUANTISED_FROM,
    "M8": RelationKind.FINETUNED_FROM,
    "M9": RelationKind.MERGED_FROM,
}


def _verdict(pair: Pair, kind: RelationKind, folder: Path) -> tuple[Verdict, str]:
    registry = MemoryRegistry(lambda: NOW)
    fill(registry, text("parent"), text("child", f"{kind} parent"))
    how = Asked(catalog=folder / "none", weights={"parent": pair.a, "child": pair.b}, when=NOW)
    (claim,) = verify_in(registry, "child", how).verification.claims
    return claim.verdict, claim.reason


@pytest.mark.parametrize("name", MADE)
def test_claims_about_a_child(nursery: Nursery, name: str, tmp_path: Path) -> None:
    """A true claim holds. That strangers or twins are fine-tunes is contradicted; that one taught the other is not."""
    for pair in nursery.pairs(name):
        if pair.label == "linked":
            kind = KINDS.get(pair.mechanism or "M1", RelationKind.FINETUNED_FROM)
            verdict, reason = _verdict(pair, kind, tmp_path)
            assert verdict is Verdict.HOLDS, (pair.name, reason)
        else:
            for kind in (RelationKind.FINETUNED_FROM, RelationKind.QUANTISED_FROM):
                verdict, reason = _verdict(pair, kind, tmp_path)
                assert verdict is Verdict.CONTRADICTED, (pair.name, reason)
            assert _verdict(pair, RelationKind.DISTILLED_FROM, tmp_path)[0] is Verdict.NOT_ESTABLISHED
