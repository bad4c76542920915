"""The twin gate on whole matrices: the learned-part ratio over matched units and freed heads.

Matrices are compared in effective coordinates (see ``blocks``), with the free scale of each unit shared evenly between
the matrix that reads it and the one that writes it, so that the ratio of two models does not depend on their disguise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from stemma.anatomy.interface import Role
from stemma.evidence.aligned.basis import Basis, rotation, unit_rows
from stemma.evidence.aligned.blocks import Head, Units
from stemma.evidence.aligned.heads import Pair, head_pairs
from stemma.evidence.aligned.interface import Array
from stemma.evidence.aligned.layers import Layers, comparable, sampled
from stemma.evidence.aligned.neurons import Matches, assigned, cosines, joint, mutual
from stemma.evidence.aligned.search import Cell, Found, matched_gram
from stemma.evidence.gains import GAINS, overlap_of_gains
from stemma.evidence.learned_overlap import Votes, component_votes, of_both, ratio_of, whole_block
from stemma.evidence.learned_parts import COEFFICIENTS, Overlap, overlap_from
from stemma.identity import Missing
from stemma.immutable import immutable

_SIDE = 1024
_ATTENTION = frozenset({Role.Q, Role.Q_B, Role.O})
_FEWEST, _MOST, _ELEMENTS = 4, 12, 1 << 22


Gathered = dict[str, list[tuple[Votes, Votes]]]


@immutable
class Ratios:
    """Ratios by what is compared ("aligned q", "aligned gate", "gains", ...), and how much matched units and
    freed heads changed: the root mean square sine between them, 0 for a mere disguise. ``head_change`` is None without
    plain heads, ``silent`` the number of views whose matrices show no learned part.
    """

    overlaps: Mapping[str, Overlap | Missing]
    change: float
    silent: int = 0
    head_change: float | None = None


def aligned_ratios(a: Layers, b: Layers, pairing: Sequence[Cell], found: Found) -> Ratios:
    """The ratios over at most twelve layers, four of a large model, evenly picked from ``pairing``.

    A rotation is fitted anew for each of them, to the tokens and to the neurons of the others.
    """
    gathered: Gathered = {}
    sines: list[float] = []
    of_heads: list[float] = []
    picked = _spread(a, pairing)
    for (p, q), basis in zip(picked, _bases(a, b, picked, found), strict=True):
        x, y = a.units(p), b.units(q)
        if x is not None and y is not None and comparable(x, y):
            pairs = unit_pairs(sampled(x, _SIDE), y, basis)
            sines += [_squared_sine(*pair) for pair in pairs.values()]
            _keep(gathered, (p, q), pairs)
        for of_a, of_b in zip(a.heads(p), b.heads(q), strict=False):
            freed = head_pairs(of_a, [_moved(h, basis) for h in of_b])
            of_heads += [_squared_sine(pair[0].reshape(1, -1), pair[1].reshape(1, -1)) for pair in freed.values()]
            _keep(gathered, (p, q), freed)
    overlaps = {name: _overlap(name, votes) for name, votes in gathered.items()}
    silent = sum(isinstance(o, Missing) for o in overlaps.values())
    if not of_heads and any(role in _ATTENTION for role, _ in a.source.shapes):
        overlaps["aligned attention"] = Missing("aligned attention: no block has plain heads of one width in both")
    overlaps[GAINS] = _gains(a, b, picked, found.basis)
    return Ratios(overlaps, _root_mean(sines), silent, _root_mean(of_heads) if of_heads else None)


def _root_mean(squares: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(squares))) if squares else 1.0


def _spread(a: Layers, pairing: Sequence[Cell]) -> list[Cell]:
    first = a.units(pairing[0][0])
    size = len(first) * next(iter(first.views.values())).shape[1] if first is not None else _ELEMENTS
    count = min(len(pairing), max(_FEWEST, min(_MOST, _ELEMENTS // max(1, size))))
    picks = np.unique(np.linspace(0, len(pairing) - 1, count).round().astype(int))
    return [pairing[i] for i in picks]


def _bases(a: Layers, b: Layers, cells: Sequence[Cell], found: Found) -> list[Basis]:
    """For each pair of layers the basis that the tokens and the other pairs give."""
    if found.basis.matrix is None or len(cells) < 2:
        return [found.basis] * len(cells)
    grams = [_gram(a.units(p), b.units(q), found) for p, q in cells]
    total = sum(grams) + (0 if found.gram is None else found.gram)
    return [rotation(total - gram) for gram in grams]


def _gram(x: Units | None, y: Units | None, found: Found) -> Array:
    if x is None or y is None or not comparable(x, y):
        return np.zeros(1, np.float32)
    part = sampled(x, _SIDE // 2)
    return matched_gram(part, y, mutual(joint(cosines(part, y, found.basis), part.free)), found.basis)


def _gains(a: Layers, b: Layers, cells: Sequence[Cell], basis: Basis) -> Overlap | Missing:
    if basis.matrix is not None:
        return Missing(f"{GAINS}: a turned basis mixes what they tell apart")
    beside = ((str(p), a.gains(p), b.gains(q)) for p, q in cells)
    pairs = ((p, x, basis.to_a(ys[key][None])[0]) for p, xs, ys in beside for key, x in xs.items() if key in ys)
    return overlap_of_gains(pairs)


def _keep(gathered: Gathered, cell: Cell, pairs: Mapping[str, Pair]) -> None:
    for view, pair in pairs.items():
        x, y = _capped(pair[0]), _capped(pair[1])
        of_a, of_b = component_votes(whole_block(str(cell[0]), x, y)), component_votes(whole_block(str(cell[1]), y, x))
        found = gathered.setdefault(f"aligned {view}", [])
        if of_a is not None and of_b is not None:
            found.append((of_a, of_b))


def _capped(rows: Array) -> Array:
    """Evenly picked rows and the leading columns, so that no side is longer than the cap."""
    picked = np.unique(np.linspace(0, len(rows) - 1, min(_SIDE, len(rows))).round().astype(int))
    return np.ascontiguousarray(rows[picked, :_SIDE], dtype=np.float32)


def _overlap(name: str, votes: Sequence[tuple[Votes, Votes]]) -> Overlap | Missing:
    both = of_both(ratio_of([v for v, _ in votes]), ratio_of([v for _, v in votes]))
    if both is None:
        return Missing(f"{name}: too few matrices show a learned part on both sides")
    return overlap_from(both, name, f"{both.matrices} whole matrices", COEFFICIENTS)


def _squared_sine(x: Array, y: Array) -> float:
    return float(np.mean(1 - np.minimum(np.vecdot(unit_rows(x), unit_rows(y)) ** 2, 1)))


def _moved(head: Head, basis: Basis) -> Head:
    return Head(*(basis.to_a(m) for m in (head.q, head.k, head.v, head.o)))


def unit_pairs(a: Units, b: Units, basis: Basis) -> dict[str, Pair]:
    """Views of A's units beside those of B's matched units, in A's basis, under one sign and one scale."""
    match = _match(a, b, basis)
    rows = np.flatnonzero(match >= 0)
    x = _even(a, {n: v[rows] for n, v in a.views.items()})
    y = _even(b, {n: basis.to_a(v[match[rows]]) for n, v in b.views.items()})
    if a.free and "gate" in a.views:
        signs = np.sign(sum(np.vecdot(unit_rows(x[n]), unit_rows(y[n])) for n in a.free))[:, None]
        y = {n: v * signs if n in a.free else v for n, v in y.items()}
    return {n: (x[n], y[n]) for n in x}


def _match(a: Units, b: Units, basis: Basis) -> Matches:
    """Experts are assigned first, then the units inside; without experts the whole layer is one."""
    score = joint(cosines(a, b, basis), a.free)
    if len(np.unique(a.expert)) == 1 and len(np.unique(b.expert)) == 1:
        return assigned(score)
    votes = np.zeros((a.expert.max() + 1, b.expert.max() + 1))
    np.add.at(votes, (a.expert, b.expert[score.argmax(axis=1)]), 1)
    match = np.full(len(a), -1)
    for i, j in zip(*linear_sum_assignment(-votes), strict=True):
        rows, columns = np.flatnonzero(a.expert == i), np.flatnonzero(b.expert == j)
        inside = assigned(score[np.ix_(rows, columns)])
        match[rows[inside >= 0]] = columns[inside[inside >= 0]]
    return match


def _even(units: Units, views: dict[str, Array]) -> dict[str, Array]:
    """The free scale of each unit shared evenly between its two free views."""
    if len(units.free) != 2:
        return views
    first, second = (np.sqrt(np.vecdot(views[n], views[n])) for n in units.free)
    known = (first > 0) & (second > 0)
    scale = np.sqrt(np.divide(second, first, out=np.ones_like(first), where=known))[:, None]
    return {**views, units.free[0]: views[units.free[0]] * scale, units.free[1]: views[units.free[1]] / scale}
