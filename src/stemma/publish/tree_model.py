"""The family graph of a set of models, as it is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from stemma.immutable import immutable
from stemma.vocabulary import Mechanism


class EdgeKind(StrEnum):
    """What an edge says."""

    DERIVATION = "derivation"
    COPY = "copy"
    MERGE = "merge"


@immutable
class TreeEdge:
    """``source`` was there first where ``directed``; else nobody knows. ``resolved`` is False where the edge may stand
    for a longer way. ``log10_p`` is the strongest of the pair's tests, ``distance`` relative to the weights.
    """

    source: str
    target: str
    kind: EdgeKind
    directed: bool
    mechanism: Mechanism | None
    resolved: bool
    reasons: tuple[str, ...]
    log10_p: float | None
    distance: float | None


@immutable
class TreeModel:
    """A model as asked for, the number of its family, and why it could not be read where it could not."""

    name: str
    family: int
    error: str | None = None


@immutable
class TreeReport:
    """Models in the order asked, edges in a stable order. ``families`` counts the connected parts."""

    models: tuple[TreeModel, ...]
    edges: tuple[TreeEdge, ...]
    pairs: int
    linked: int
    alpha: float = 1e-6
    not_examined: tuple[str, ...] = ()
    cost: Mapping[str, Any] = field(default_factory=dict)
    stemma: str = ""

    @property
    def families(self) -> int:
        """How many families there are."""
        return len({m.family for m in self.models if m.error is None})
