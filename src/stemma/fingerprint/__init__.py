"""Model to fingerprint: its contents, its schema, its file."""

from stemma.fingerprint.build import build_fingerprint
from stemma.fingerprint.component import component_of, sole_component
from stemma.fingerprint.model import (
    Anchors,
    FilePrint,
    Fingerprint,
    LayerResponses,
    LearnedPart,
    PartPrint,
    Response,
)
from stemma.fingerprint.moments import Moments
from stemma.fingerprint.schema import DEFAULT, Parameters, require_comparable
from stemma.fingerprint.store import SUFFIX, from_bytes, load, save, to_bytes

__all__ = [
    "DEFAULT",
    "SUFFIX",
    "Anchors",
    "FilePrint",
    "Fingerprint",
    "LayerResponses",
    "LearnedPart",
    "Moments",
    "Parameters",
    "PartPrint",
    "Response",
    "build_fingerprint",
    "component_of",
    "from_bytes",
    "load",
    "require_comparable",
    "save",
    "sole_component",
    "to_bytes",
]
