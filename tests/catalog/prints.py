"""Fingerprints for catalogs: one real small one, and copies of it under other labels with other search vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stemma.fingerprint import Fingerprint
from tests.fingerprint.models import draw_weights, fingerprint_of_weights

BASE = fingerprint_of_weights(draw_weights(0, layers=1, hidden=16, ffn=16, vocabulary=20))


def make(number: int, label: str | None = None) -> Fingerprint:
    """A fingerprint whose search vector is drawn from ``number``."""
    vector = np.random.default_rng(number).standard_normal(256)
    sketch = (vector / np.linalg.norm(vector)).astype(np.float32)
    return replace(BASE, label=label or f"hf:org/model-{number}", sketch=sketch)


def other_schema(number: int) -> Fingerprint:
    """The same, of another schema."""
    return replace(make(number), schema=BASE.schema + ";more=1")
