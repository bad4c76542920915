"""Families that store gains as their difference from one are seen through a disguise that folds all gains away."""

from __future__ import annotations

import numpy as np

from stemma.anatomy.config import SHIFTED_GAIN
from stemma.anatomy.interface import Role
from stemma.constitution.interface import Label
from stemma.constitution.ruling import rule
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import Fingerprint
from stemma.vocabulary import Mechanism
from tests.evidence import models

_GAINS = (Role.ATTENTION_NORM, Role.MLP_NORM, Role.FINAL_NORM)


def _stored_shifted(weights: models.Weights) -> Fingerprint:
    stored = {k: (w - np.float32(1)) if k[0] in _GAINS else w for k, w in weights.items()}
    return models.fingerprint(stored, norm=SHIFTED_GAIN)


def test_folded_gains_hide_nothing() -> None:
    base = models.draw(41)
    found = rule(PairEvidence(_stored_shifted(base), _stored_shifted(models.disguised(base, 7))))
    assert (found.label, found.mechanism) == (Label.LINKED, Mechanism.M1)
