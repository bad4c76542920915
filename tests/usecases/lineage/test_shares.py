"""How small a share of a merge may be before nothing of the parent is seen: the margin of the rule on claims."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemma.lineage import Verdict, judge, nothing_shared
from stemma.lineage.claims import LARGE_SHARE
from stemma.usecases.lineage.rulings import Known, rule_between
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import DEFAULT_WORK
from stemma.vocabulary import RelationKind
from tests.lineage.graphs import NOW
from tests.models import draw, write


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.02, Verdict.NOT_ESTABLISHED), (LARGE_SHARE, Verdict.NOT_ESTABLISHED), (0.6, Verdict.HOLDS)],
)
def test_a_true_parent_of_a_merge_is_never_absent(tmp_path: Path, share: float, verdict: Verdict) -> None:
    rest, parent = draw(1), draw(4)
    mixed = {name: ((1 - share) * rest[name] + share * parent[name]).astype(np.float32) for name in rest}
    known = [
        Known(name, fingerprint(str(write(tmp_path / name, weights))), "weights")
        for name, weights in (("parent", parent), ("mixed", mixed))
    ]
    ruling = rule_between(*known, DEFAULT_WORK, NOW)
    assert not nothing_shared(ruling)
    assert judge(RelationKind.MERGED_FROM, ruling, coefficient=share).verdict is verdict
