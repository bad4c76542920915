"""What became of the vocabulary: grown, trimmed, put in another order, rebuilt around inherited rows.

Tokens are told apart by their strings. Null: none; these are facts about the rows of shared tokens. Rows that are equal
to the last stored digit, beside other tensors that show shared training, were taken over as they were.

A tokenizer file can be exchanged without a single row of the table. So tokens count as changed only where rows follow
their tokens: where the cosines between the rows of shared tokens are alike on both sides, which no rotation hides.
The likeness is the unbiased CKA [1, section 3], which is 0 for rows in an order that has nothing to do with the tokens.

References:
    [1] L. Song et al. (2012), Feature Selection via Dependence Maximization. Journal of Machine Learning Research 13.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.interface import Evidence
from stemma.evidence.residual_order import shared_anchors
from stemma.fingerprint import Anchors, Fingerprint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

Array = NDArray[np.floating[Any]]
Index = NDArray[np.int64]

_MINIMUM_TOKENS = 24
# Chance leaves less of 24 rows in 99 of 100 draws, and far less of more rows.
_LEAST_LIKENESS = 0.25


@immutable
class VocabularyChange:
    """``rows`` of both tables; of ``shared`` anchor tokens, ``untouched`` have equal rows and ``in_place`` equal ids;
    ``ascending`` tells that shared tokens kept their order; ``overlap`` is their share of the smaller anchor set.

    ``new_in`` names the side ("A", "B" or "") whose own tokens have rows that no training shaped, where the other
    side's own tokens, if it has any, do not. ``beyond`` counts anchor tokens of the larger table that stand past the
    smaller one's end, ``between`` those that stand before it and that the smaller one lacks. ``likeness`` says how much
    alike the rows of shared tokens lie to one another on both sides.
    """

    rows: tuple[int, int]
    shared: int
    untouched: int
    in_place: int
    ascending: bool
    overlap: float
    beyond: int
    between: int
    by_string: bool
    new_in: str
    likeness: float
    evidence: Evidence

    @property
    def rows_follow(self) -> bool:
        """Whether the rows belong to the tokens that the tokenizers name, on both sides alike."""
        return self.by_string and self.likeness >= _LEAST_LIKENESS


def vocabulary_change(a: Fingerprint, b: Fingerprint) -> VocabularyChange | Missing:
    """Compare the anchor rows of both token embeddings."""
    if not (is_present(a.anchors) and is_present(b.anchors)):
        return Missing("a model has no token embedding")
    if a.anchors.by_string != b.anchors.by_string:
        return Missing("only one model came with its tokenizer")
    if a.anchors.embedding.shape[1] != b.anchors.embedding.shape[1]:
        return Missing("the embeddings have different widths")
    left, right = shared_anchors(a.anchors, b.anchors)
    if len(left) < _MINIMUM_TOKENS:
        return Missing(f"{len(left)} anchor tokens are shared, too few to tell")
    rows = (embedding_rows(a), embedding_rows(b))
    ids = a.anchors.ids[left], b.anchors.ids[right]
    untouched = int((a.anchors.embedding[left] == b.anchors.embedding[right]).all(axis=1).sum())
    order = np.argsort(ids[0])
    ascending = bool(np.all(np.diff(ids[1][order]) > 0))
    larger, smaller, held = (b, a, right) if rows[1] >= rows[0] else (a, b, left)
    beyond, between = _strangers(larger, smaller, held, min(rows))
    smallest = min(len(a.anchors.keys), len(b.anchors.keys))
    new_in = _new_side(a.anchors, b.anchors, left, right) if a.anchors.by_string else ""
    in_place = int((ids[0] == ids[1]).sum())
    likeness = row_likeness(a.anchors.embedding[left], b.anchors.embedding[right])
    evidence = Evidence(
        test="vocabulary rows",
        site=f"{len(left)} shared anchor tokens",
        statistic=float(untouched),
        effect=untouched / len(left),
        log10_p=None,
        null="none: facts about rows of the same tokens",
        method="tokens by string; rows as stored, to 1/127 of their largest entry",
        sample=len(left),
        facts={
            "rows_a": rows[0],
            "rows_b": rows[1],
            "untouched": untouched,
            "same_id": in_place,
            "in_order": ascending,
            "past_the_end": beyond,
            "in_between": between,
            "untrained_rows_in": new_in or "neither",
            "likeness": likeness,
        },
    )
    return VocabularyChange(
        rows,
        len(left),
        untouched,
        in_place,
        ascending,
        len(left) / smallest,
        beyond,
        between,
        a.anchors.by_string,
        new_in,
        likeness,
        evidence,
    )


def row_likeness(x: Array, y: Array) -> float:
    """Unbiased CKA of the cosines between centred rows (rows x width each, the same rows in the same order).

    1 for equal and for rotated rows, 0 on average for rows in unrelated orders; below 0 by chance.

    >>> rows = np.random.default_rng(0).standard_normal((60, 16))
    >>> turned = rows @ np.linalg.qr(np.random.default_rng(1).standard_normal((16, 16)))[0]
    >>> round(row_likeness(rows, turned), 6), abs(row_likeness(rows, rows[::-1])) < 0.1
    (1.0, True)
    """
    k, l = _Gram.of_cosines(x), _Gram.of_cosines(y)  # noqa: E741 as in the formula
    joint = _hsic(k, l)
    alone = (_hsic(k, k) * _hsic(l, l)) ** 0.5
    return joint / alone if alone > 0 else 0.0


@immutable(eq=False)
class _Gram:
    """A symmetric matrix (n x n) with a diagonal of zeros, and the sums of its columns."""

    entries: Array
    sums: Array

    @classmethod
    def of_cosines(cls, rows: Array) -> _Gram:
        centred = rows - rows.mean(axis=0, dtype=np.float64).astype(rows.dtype)
        unit = centred / np.maximum(np.sqrt(np.vecdot(centred, centred)), 1e-30)[:, None]
        gram = unit @ unit.T
        np.fill_diagonal(gram, 0.0)
        return cls(gram, gram.sum(axis=0, dtype=np.float64))


def _hsic(k: _Gram, l: _Gram) -> float:  # noqa: E741 as in the formula
    """Equation (5) of [1], up to the factor n (n - 3) that the ratio does not need."""
    n = len(k.sums)
    if n <= 3:
        return 0.0
    means = k.sums.sum() * l.sums.sum() / ((n - 1) * (n - 2))
    products = np.vecdot(k.entries, l.entries).sum(dtype=np.float64)
    return max(0.0, float(products + means - 2 / (n - 2) * (k.sums @ l.sums)))


def embedding_rows(fingerprint: Fingerprint) -> int:
    """Rows of the token embedding; 0 where there is none."""
    rows = [p.shape[0] for p in fingerprint.parts.values() if p.role is Role.TOKEN_EMBEDDING and len(p.shape) == 2]
    return max(rows, default=0)


def _new_side(a: Anchors, b: Anchors, left: Index, right: Index) -> str:
    """Which side's own tokens alone have untrained rows: isotropic ones, or all the same.

    Trained rows lie in the leading directions of the table, fresh ones spread over all: the share of their energy
    there is k of h, give or take sqrt(2 k) / h for each row.
    """
    new: dict[str, bool | None] = {}
    for name, anchors, held in (("A", a, left), ("B", b, right)):
        own = np.ones(len(anchors.keys), bool)
        own[held] = False
        new[name] = _untrained(anchors.embedding[held], anchors.embedding[own]) if own.any() else None
    sides = [name for name, found in new.items() if found]
    return sides[0] if len(sides) == 1 else ""


def _untrained(shared: Array, own: Array) -> bool:
    mean = shared.mean(axis=0)
    width = shared.shape[1]
    leading = max(4, width // 12)
    _, _, directions = np.linalg.svd(shared - mean, full_matrices=False)
    shares = [_energy_share(rows - mean, directions[:leading]) for rows in (shared, own)]
    chance, spread = leading / width, (2 * leading) ** 0.5 / width
    few = len(own) ** 0.5
    alike = float(np.ptp(own, axis=0).max()) <= 0.05 * float(np.ptp(shared, axis=0).max())
    isotropic = shares[1].mean() <= chance + 3 * spread / few
    apart = shares[1].mean() <= shares[0].mean() - 3 * float(shares[0].std()) / few
    return bool((isotropic and apart) or (alike and len(own) >= 4))


def _energy_share(rows: Array, directions: Array) -> Array:
    total = np.maximum(np.vecdot(rows, rows), 1e-30)
    inside = rows @ directions.T
    share: Array = np.vecdot(inside, inside) / total
    return share


def _strangers(larger: Fingerprint, smaller: Fingerprint, held: Index, end: int) -> tuple[int, int]:
    """Tokens of the larger vocabulary whose key lies within what the smaller one's anchors cover, and are not there."""
    anchors, others = larger.anchors, smaller.anchors
    if not (is_present(anchors) and is_present(others)):
        return 0, 0
    full = len(others.keys) >= embedding_rows(smaller)
    covered = np.ones(len(anchors.keys), bool) if full else anchors.keys <= others.keys.max()
    covered[held] = False
    past = anchors.ids[covered] >= end
    return int(past.sum()), int((~past).sum())
