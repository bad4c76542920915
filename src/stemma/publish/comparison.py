"""What is published of a pair: on its own, for a comparison waits for nothing that it does not need."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from stemma.constitution.interface import Ruling
from stemma.identity import Missing
from stemma.immutable import immutable

NOT_READ = Missing("not read")


@immutable
class ModelSummary:
    """A model in a few lines. ``roles`` counts the tensors found in each role; ``missing`` gives reasons."""

    name: str
    container: str
    parameters: int
    layers: int | Missing
    hidden: int | Missing
    architecture: str | Missing = NOT_READ
    roles: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@immutable
class ComparisonReport:
    """A pair and what was ruled of it. ``a`` and ``b`` echo the request, letter for letter."""

    a: str
    b: str
    ruling: Ruling | None = None
    error: str | None = None
    model_a: ModelSummary | None = None
    model_b: ModelSummary | None = None
    cost: Mapping[str, Any] = field(default_factory=dict)
    stemma: str = ""

    def __post_init__(self) -> None:
        either(self.ruling, self.error)

    @property
    def command(self) -> str:
        """The command that makes this report again."""
        return f"stemma compare {shlex.quote(self.a)} {shlex.quote(self.b)}"


def either(found: object | None, error: str | None) -> None:
    """A report holds either what was found or why nothing could be; raises ValueError for both and for neither."""
    if (found is None) == (error is None):
        raise ValueError("a report holds either what was found or an error")
