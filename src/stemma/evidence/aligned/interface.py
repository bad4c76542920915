"""What the closer look needs of a model whose weights are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Facts, Role, Site, Tokens
from stemma.identity import Missing

Array = NDArray[np.floating[Any]]
Key = tuple[Role, Site]
Dimensions = NDArray[np.int64]
ALIGNED_NEURONS = "aligned neurons"
HALVES = frozenset({"aligned x", "aligned z"})
"""Measures of views that are halves of one matrix."""


class WeightSource(Protocol):
    """One model, its matrices and gains read when asked for; biases are left out."""

    @property
    def facts(self) -> Facts:
        """Config facts."""

    @property
    def tokens(self) -> Tokens | Missing:
        """Token strings by id."""

    @property
    def shapes(self) -> Mapping[Key, tuple[int, ...]]:
        """The shape of every part that is no bias and no scalar; none is empty, but any may fit no other."""

    def rows(self, key: Key, start: int, stop: int) -> Array:
        """Rows ``start:stop`` of a part, float32."""


def whole(source: WeightSource, key: Key) -> Array:
    """The whole part."""
    return source.rows(key, 0, source.shapes[key][0])
