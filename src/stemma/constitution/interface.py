"""What a ruling is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from stemma.evidence.interface import Evidence
from stemma.immutable import immutable
from stemma.vocabulary import Exclusion, Kinship, Mechanism


class Label(StrEnum):
    """Whether two models share provenance."""

    LINKED = "linked"
    INDEPENDENT = "independent"


class Established(StrEnum):
    """Whether the label was shown, or is what holds until something is shown."""

    SHOWN = "shown"
    DEFAULT = "default"


class Direction(StrEnum):
    """Which way the weights went, as far as evidence says. ``A_TO_B``: A is the ancestor."""

    A_TO_B = "a->b"
    B_TO_A = "b->a"
    UNDETERMINED = "undetermined"


class Confidence(StrEnum):
    """How firmly evidence names the mechanism.

    ``EXACT``: facts about equal, rounded or missing numbers leave no other. ``STRONG``: measured traces that other
    mechanisms leave rarely. ``WEAK``: what is left when no other mechanism shows itself.
    """

    EXACT = "exact clue"
    STRONG = "strong"
    WEAK = "weak"


@immutable
class LayerPair:
    """One line of the layer map: layer ``b`` of B came from, or shares provenance with, layer ``a`` of A."""

    a: str
    b: str


@immutable
class Ruling:
    """What the constitution says of a pair, with reasons that cite their numbers.

    ``confidence`` says how firmly the mechanism is named; None where none is.
    ``status`` names an open frontier or a special outcome ("shared early training", "not detectable") or is "".
    ``looked_everywhere``: neurons in place and in disguise were looked for with power, and nothing hints at a link;
    None where a ruling was kept before it was told. ``layer_map`` is filled where layers were aligned. ``cost`` tells
    what the ruling took (bytes read, seconds).
    """

    label: Label
    established: Established
    kinship: Kinship
    direction: Direction
    mechanism: Mechanism | None
    exclusion: Exclusion | None
    reasons: tuple[str, ...]
    not_examined: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    status: str = ""
    confidence: Confidence | None = None
    layer_map: tuple[LayerPair, ...] = ()
    alpha: float = 1e-6
    tests_planned: int = 0
    looked_everywhere: bool | None = False
    constitution: str = "1.0.0"
    cost: Mapping[str, Any] = field(default_factory=dict)
