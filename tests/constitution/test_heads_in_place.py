"""A permuted residual stream under heads that stand in order: their matrices cannot be compared, the neurons can."""

from __future__ import annotations

import numpy as np
import pytest

from stemma.anatomy.interface import Role
from stemma.constitution.interface import Label
from stemma.constitution.ruling import rule
from stemma.constitution.sharing import find_sharing
from stemma.constitution.training import OperatingPoint
from stemma.evidence.interface import Background, Evidence
from stemma.evidence.learned_overlap import Overlap
from stemma.evidence.pair import PairEvidence
from stemma.evidence.units import Group
from stemma.vocabulary import Mechanism
from tests.evidence import models


def _with_marked_heads(seed: int) -> models.Weights:
    """Value rows that differ in their mean, which no order of the residual dimensions hides."""
    marks = 0.02 * np.random.default_rng(5).standard_normal((64, 1)).astype(np.float32)
    return {k: w + marks if k[0] is Role.V else w for k, w in models.draw(seed).items()}


def test_a_disguised_copy_is_no_twin_where_heads_stand_in_order() -> None:
    base = _with_marked_heads(31)
    turned = models.residual_turned(base, models.permutation(3, 64))
    pair = PairEvidence(models.fingerprint(base), models.fingerprint(models.neurons_permuted(turned, 3)))
    attention = pair.order(Group.ATTENTION)
    assert isinstance(attention, Evidence)
    assert attention.log10_p is not None
    assert attention.log10_p < -8
    assert Group.ATTENTION not in find_sharing(pair, 1e-6).in_place
    found = rule(pair)
    assert (found.label, found.mechanism) == (Label.LINKED, Mechanism.M1)


@pytest.mark.parametrize(
    ("rho", "error", "shown"),
    [(0.5, 0.05, True), (0.5, 0.2, False), (-2.1, 1.9, False), (-2.1, 0.2, True), (0.85, 0.05, False)],
)
def test_a_ratio_without_precision_shows_no_twins(rho: float, error: float, shown: bool) -> None:
    said = Evidence("ratio", "here", rho, 0.0, None, "none", "given", 4, Background(0.6, 0.1, "given"))
    assert OperatingPoint(0.78, 0.84, 0.10).shows_seed(Overlap(rho, error, 1.0, said)) is shown
