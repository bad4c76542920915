"""Residual alignment: which direction of B's residual stream is which of A's?

A fitted alignment is never evidence: any two models of one tokenizer can be aligned on their tokens. It is a way to
look; evidence comes from matrices that took no part in the fit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from stemma.evidence.aligned.interface import Array
from stemma.immutable import immutable


@immutable(eq=False)
class Basis:
    """How rows over B's residual dimensions are brought to A's: by nothing, by an order, or by a matrix (A x B)."""

    kind: str
    order: NDArray[np.int64] | None = None
    matrix: Array | None = None

    def to_a(self, rows: Array) -> Array:
        """Rows (n x hidden of B) over A's residual dimensions."""
        if self.matrix is not None:
            return rows @ self.matrix.T
        return rows if self.order is None else np.ascontiguousarray(rows[:, self.order])

    def to_b(self, rows: Array) -> Array:
        """Rows (n x hidden of A) over B's residual dimensions."""
        if self.matrix is not None:
            return rows @ self.matrix
        return rows if self.order is None else np.ascontiguousarray(rows[:, np.argsort(self.order)])


_FLOOR = 1e-12
SAME = Basis("same basis")


def permutation(gram: Array) -> Basis:
    """The order of dimensions that makes paired rows most alike; ``gram`` is rows_A' rows_B (hidden x hidden)."""
    return Basis("permutation", order=linear_sum_assignment(-np.abs(gram))[1].astype(np.int64))


def rotation(gram: Array) -> Basis:
    """Orthogonal Procrustes: the rotation that brings paired rows together; ``gram`` is rows_A' rows_B (A x B).

    Where no rows are paired, so that it is zero, the basis stays as it is.
    """
    if not gram.any():
        return SAME
    squares, right = np.linalg.eigh(gram.T.astype(np.float64) @ gram)
    roots = np.sqrt(np.maximum(squares, squares[-1] * _FLOOR))
    return Basis("rotation", matrix=(((gram @ right) / roots) @ right.T).astype(np.float32))


def unit_rows(rows: Array) -> Array:
    """Rows scaled to length one."""
    norms = np.sqrt(np.vecdot(rows, rows))
    scaled: Array = rows / np.where(norms > 0, norms, np.float32(1))[:, None]
    return scaled
