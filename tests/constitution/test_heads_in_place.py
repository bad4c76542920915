"""A permuted residual stream under heads that stand in order: their matrices cannot be compared, the neurons can."""

from __future__ import annotations

import numpy as np

from stemma.anatomy.interface import Role
from stemma.constitution.interface import Label
from stemma.constitution.ruling import rule
from stemma.constitution.sharing import find_sharing
from stemma.evidence.interface import Evidence
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
