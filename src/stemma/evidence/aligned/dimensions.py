"""Residual streams of two widths: which dimensions of the one are dimensions of the other?

A model whose hidden width was pruned keeps some dimensions as they were. A dimension is seen by what it holds for the
shared tokens, and two are taken for one where each is the other's nearest and they correlate. As every alignment, this
is a way to look, never evidence: evidence comes from the layers, which take no part in it. A width that was pruned
after the stream had been rotated is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from stemma.evidence.aligned.basis import unit_rows
from stemma.evidence.aligned.interface import Array, Dimensions
from stemma.evidence.aligned.neurons import mutual
from stemma.identity import Missing
from stemma.immutable import immutable

_ALIKE, _SHARE, _FEWEST_TOKENS = 0.7, 0.5, 64

Rows = Iterable[tuple[str, Array, Array]]


@immutable
class Common:
    """Dimensions of A and of B that are the same, in one order; None stands for all of them as they are."""

    a: Dimensions | None
    b: Dimensions | None

    def of(self, rows: Rows) -> Iterator[tuple[str, Array, Array]]:
        """Paired rows over these dimensions alone."""
        for name, x, y in rows:
            yield name, _kept(x, self.a), _kept(y, self.b)


EVERY = Common(None, None)


def common_dimensions(tokens: Rows) -> Common | Missing:
    """The dimensions that both streams have, by rows (tokens x hidden) of shared tokens.

    At least half of the narrower stream must be found again. Over 64 unrelated tokens a dimension correlates with the
    nearest of ten thousand by about .54, the root of 2 log(10,000) / 64; the bar is .7.
    """
    for _, of_a, of_b in tokens:
        if len(of_a) >= _FEWEST_TOKENS:
            cosine = np.abs(_columns(of_a) @ _columns(of_b).T)
            match = mutual(cosine)
            rows = np.flatnonzero(match >= 0)
            rows = rows[cosine[rows, match[rows]] >= _ALIKE]
            if len(rows) >= _SHARE * min(cosine.shape):
                return Common(rows, match[rows])
    return Missing("closer look: the residual widths differ, and shared tokens show no common dimensions")


def _columns(rows: Array) -> Array:
    """What each dimension holds for the tokens, less its mean, at length one (hidden x tokens)."""
    return unit_rows(np.ascontiguousarray((rows - rows.mean(axis=0)).T))


def _kept(rows: Array, dimensions: Dimensions | None) -> Array:
    return rows if dimensions is None else np.ascontiguousarray(rows[:, dimensions])
