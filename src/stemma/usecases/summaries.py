"""Models in a few lines, for reports."""

from __future__ import annotations

from collections import Counter

from stemma.fingerprint import Fingerprint
from stemma.identity import Missing
from stemma.publish.comparison import ModelSummary


def summary_of(fingerprint: Fingerprint) -> ModelSummary:
    """What a report says of a fingerprinted model."""
    layers = sum(len(fingerprint.layers(stack)) for stack in fingerprint.stacks)
    return ModelSummary(
        name=fingerprint.label,
        container=fingerprint.container,
        parameters=fingerprint.parameters,
        layers=layers or Missing("no tensor belongs to a layer"),
        hidden=fingerprint.facts.hidden,
        architecture=fingerprint.scheme,
        roles=dict(sorted(Counter(p.role.value for p in fingerprint.parts.values()).items())),
        missing=fingerprint.missing,
        warnings=fingerprint.warnings,
    )
