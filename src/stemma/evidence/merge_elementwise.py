"""S5, TIES and DARE: a model whose entries are those of a base, or of the base plus scaled changes of others.

With u = y - x0 and d_i = x_i - x0, every entry of such a merge obeys u = sum over i in S of a_S,i d_i, where the set S
changes from entry to entry (what was dropped, trimmed or outvoted is missing) and the scales are the same
everywhere. Wherever S holds one model alone, the ratio u / d_i is the same number to the last bits.

Null: y was trained; then ratios are spread, and no value of them is met again and again. Alternative: one value is.

References:
    [1] P. Yadav et al. (2023), TIES-Merging.
    [2] L. Yu et al. (2024), Language models are super Mario (DARE).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.distances import Array, Points
from stemma.immutable import immutable

Mask = NDArray[np.bool_]

LEAST_EXPLAINED = 0.998
_ONE_MODEL = 0.97
_TOLERANCE = 6.0
_PRECISE = 0.02
_LEAST_HITS, _LEAST_SHARE, _OVER_BACKGROUND = 12, 0.004, 8.0
_LEAST_NEW = 0.005
_TRIALS = 300
_VOTERS = 2000
_MOST_BASES = 5
_CLOSE = 0.004
_LEAST_COEFFICIENT = 0.02
_ORDER_KEPT = 0.85


@immutable(eq=False)
class Elementwise:
    """``base`` and ``tasks`` are rows. ``coefficients`` are the scales of the changes in the merge as configured: mean
    share of each change times its scale for DARE, configured weight times lambda for TIES. ``density`` is the share of
    each change that was kept, ``scales`` what a change that stands alone is multiplied by; ``explained`` the share of
    the entries on which any model differs from the base that the model accounts for. ``by_size`` tells that the largest
    changes were kept (TIES), else a random choice of them (DARE)."""

    base: int
    tasks: tuple[int, ...]
    coefficients: tuple[float, ...]
    scales: tuple[float, ...]
    density: tuple[float, ...]
    explained: float
    by_size: bool
    active: NDArray[np.bool_]


def elementwise(points: Points, bases: Sequence[int], tasks: Sequence[int]) -> Elementwise | None:
    """The elementwise merge that accounts for row 0, with whichever of ``bases`` (rows) does so best, if any does.

    Entries at which every change was dropped are the base's own. Where nothing is rescaled, a base and the models made
    of it may change places, but then their changes never meet in one entry: the base is the one that needs the fewest
    others, whose changes meet, and lead away in directions that have least to do with one another.
    """
    if _is_thinned(points, range(1, len(points.names))):
        return None
    starts = [start for base in bases if (start := _start(points, base, [t for t in tasks if t != base])) is not None]
    likely = {s.base: s for s in sorted(starts, key=lambda s: (-s.untouched, s.base))[:_MOST_BASES]}
    likely |= {s.base: s for s in sorted(starts, key=lambda s: (-s.alone, s.base))[:2]}
    found = [e for start in likely.values() if (e := _finished(start, points.matrix)) is not None]
    best = max((e.explained for e in found), default=0.0)
    close = [e for e in found if e.explained > best - _CLOSE]
    return min(close, key=lambda e: (len(e.tasks), -_meetings(e), _togetherness(points, e), e.base), default=None)


def _is_thinned(points: Points, rows: Sequence[int]) -> bool:
    """Whether the model is one candidate but for zeros: pruned, no merge."""
    y = points.values[0]
    alive = y != 0
    slack = _TOLERANCE * np.maximum(points.rounding[0], np.abs(y) * 2.0**-24)
    return any(float((np.abs(points.values[row] - y) <= slack)[alive].mean()) > _ONE_MODEL for row in rows)


def _meetings(found: Elementwise) -> float:
    """How often two changes are found in one entry, over how often independent ones would be; the least over pairs, in
    steps of a fifth."""
    shares = found.active.mean(axis=1)
    met = [
        float((found.active[i] & found.active[j]).mean() / max(shares[i] * shares[j], 1e-12))
        for i, j in combinations(range(len(shares)), 2)
    ]
    return round(5 * min(met, default=0.0)) / 5


def _togetherness(points: Points, found: Elementwise) -> float:
    """The largest cosine between changes from the base."""
    d = points.values[list(found.tasks)] - points.values[found.base]
    d = d / np.linalg.norm(d, axis=1, keepdims=True)
    return float(max((d[i] @ d[j] for i, j in combinations(range(len(d)), 2)), default=0.0))


@immutable(eq=False)
class _Frame:
    """Changes from the base (u: n, d: k x n), what rounding may leave of u."""

    u: Array
    d: Array
    slack: Array


@immutable
class _Start:
    """A base with the models whose changes stand alone in places: ``atoms`` by place in ``tasks`` (rows). ``alone`` is
    the share of the changed entries that these account for, ``untouched`` the share of entries equal to the base's."""

    base: int
    tasks: tuple[int, ...]
    frame: _Frame
    atoms: dict[int, float]
    alone: float
    untouched: float


def _start(points: Points, base: int, tasks: Sequence[int]) -> _Start | None:
    u = points.values[0] - points.values[base]
    d = points.values[list(tasks)] - points.values[base]
    largest = np.maximum(np.abs(points.values[0]), np.abs(points.values[base]))
    slack = _TOLERANCE * np.maximum(points.rounding[0], largest * 2.0**-24)
    frame = _Frame(u, d, slack)
    atoms = {i: scale for i in range(len(tasks)) if (scale := _atom(u, d[i], slack)) is not None}
    chosen, alone = _cover(frame, atoms)
    return (
        _Start(base, tuple(tasks), frame, {i: atoms[i] for i in chosen}, alone, float((np.abs(u) <= slack).mean()))
        if chosen
        else None
    )


def _finished(start: _Start, matrix: NDArray[np.int64]) -> Elementwise | None:
    atoms = dict(start.atoms)
    scales, active, share = _accounted(start.frame, atoms)
    if share < LEAST_EXPLAINED:
        return None
    for spared in sorted(atoms, key=lambda i: abs(atoms[i] - 1.0), reverse=True):
        fewer = {i: scale for i, scale in atoms.items() if i != spared}
        if fewer:
            less = _accounted(start.frame, fewer)
            if less[2] >= share - _CLOSE:
                atoms, (scales, active, share) = fewer, less
    chosen = sorted(atoms)
    found = _described(start.frame, start.base, [start.tasks[i] for i in chosen], chosen, scales, active, share)
    return found if _is_merge(found, matrix) else None


def _accounted(frame: _Frame, atoms: dict[int, float]) -> tuple[dict[tuple[int, ...], Array], NDArray[np.bool_], float]:
    scales, active, explained = _explain(frame, atoms)
    return scales, active, float(explained[_touched(frame, sorted(atoms))].mean())


def _touched(frame: _Frame, chosen: Sequence[int]) -> Mask:
    return (np.abs(frame.u) > frame.slack) | (np.abs(frame.d[list(chosen)]) > frame.slack).any(axis=0)


def _is_merge(found: Elementwise, matrix: NDArray[np.int64]) -> bool:
    """Changes of two models or more are added, never taken away, and dropped inside most matrices.

    One model alone looks like a checkpoint of which some entries were trained on; disguises exchange whole matrices.
    """
    if len(found.tasks) < 2 or min(found.scales) <= 0 or min(found.coefficients) < _LEAST_COEFFICIENT:
        return False
    share = np.stack([np.bincount(matrix, active) / np.bincount(matrix) for active in found.active])
    return bool(((share > 0.01) & (share < 0.99)).any(axis=0).mean() > 0.5)


def _atom(u: Array, d: Array, slack: Array) -> float | None:
    """The ratio u / d that is met again and again, other than 0; None where none is."""
    usable = np.abs(d) * _PRECISE > slack
    if usable.sum() < 4 * _LEAST_HITS:
        return None
    ratio = u[usable] / d[usable]
    width = slack[usable] / np.abs(d[usable])
    fine = width <= np.median(width)
    values = np.sort(ratio[fine & (np.abs(ratio) > 0.02) & (np.abs(ratio) < 50)])
    if len(values) < _LEAST_HITS:
        return None
    span = 2 * float(np.median(width))
    stop = np.searchsorted(values, values + span, side="right")
    counts = stop - np.arange(len(values))
    best = int(np.argmax(counts))
    hits = int(counts[best])
    centre = float(np.median(values[best : stop[best]]))
    around = int(((values > centre - 50 * span) & (values < centre + 50 * span)).sum()) - hits
    if hits < max(_LEAST_HITS, _LEAST_SHARE * fine.sum(), _OVER_BACKGROUND * (around / 99 + 1)):
        return None
    return centre


def _cover(frame: _Frame, atoms: dict[int, float]) -> tuple[list[int], float]:
    """Models that each account for entries that none before does, those with most first; and the share of all."""
    held = {i: _hits(frame, (i,), np.array([scale])) for i, scale in atoms.items()}
    left = np.abs(frame.u) > frame.slack
    everything = max(1, int(left.sum()))
    chosen: list[int] = []
    while held:
        best = max(held, key=lambda i: (int((held[i] & left).sum()), -i))
        if int((held[best] & left).sum()) < _LEAST_NEW * everything:
            break
        chosen.append(best)
        left = left & ~held.pop(best)
    return sorted(chosen), 1.0 - int(left.sum()) / everything


def _hits(frame: _Frame, members: Sequence[int], scale: Array) -> Mask:
    """Entries that these members with these scales account for, each by a change of its own."""
    rows = frame.d[list(members)]
    room = frame.slack * (1 + np.abs(scale).max())
    return np.asarray((np.abs(frame.u - scale @ rows) <= room) & (np.abs(rows) > frame.slack).all(axis=0))


def _explain(frame: _Frame, atoms: dict[int, float]) -> tuple[dict[tuple[int, ...], Array], NDArray[np.bool_], Mask]:
    """Scales by the set of members, which member is active where (k x n), and what is accounted for."""
    chosen = sorted(atoms)
    scales: dict[tuple[int, ...], Array] = {}
    active = np.zeros((len(chosen), len(frame.u)), bool)
    done = np.abs(frame.u) <= frame.slack
    for size in range(1, len(chosen) + 1):
        for members in combinations(chosen, size):
            scale = np.array([atoms[members[0]]]) if size == 1 else _common_scale(frame, members, ~done, atoms)
            if scale is None:
                continue
            hits = _hits(frame, members, scale) & ~done
            scales[members] = scale
            active[[chosen.index(i) for i in members]] |= hits
            done = done | hits
    return scales, active, done


def _common_scale(frame: _Frame, members: tuple[int, ...], open_: Mask, atoms: dict[int, float]) -> Array | None:
    """The scales that most open entries share: each few entries propose, all vote. Deterministic: a fixed sequence."""
    at = np.flatnonzero(open_ & (np.abs(frame.d[list(members)]) > 20 * frame.slack).all(axis=0))
    if len(at) < _LEAST_HITS:
        return None
    proposals = [np.array([atoms[i] for i in members])]
    rng = np.random.default_rng(len(members))
    for _ in range(_TRIALS):
        few = rng.choice(at, len(members), replace=False)
        square = frame.d[np.ix_(np.asarray(members), few)].T
        if abs(np.linalg.det(square / np.abs(square).max(axis=0))) > 0.05:
            proposals.append(np.linalg.solve(square, frame.u[few]))
    some = _part(frame, at[:: -(-len(at) // _VOTERS)])
    votes = [int(_hits(some, members, p).sum()) if np.abs(p).max() < 50 else 0 for p in proposals]
    best = int(np.argmax(votes))
    if votes[best] < max(_LEAST_HITS, _LEAST_SHARE * len(some.u)):
        return None
    hits = _hits(frame, members, proposals[best]) & open_
    return np.asarray(np.linalg.lstsq(frame.d[list(members)][:, hits].T, frame.u[hits], rcond=None)[0])


def _part(frame: _Frame, at: NDArray[np.int64]) -> _Frame:
    return _Frame(frame.u[at], frame.d[:, at], frame.slack[at])


def _described(
    frame: _Frame,
    base: int,
    tasks: Sequence[int],
    chosen: Sequence[int],
    scales: dict[tuple[int, ...], Array],
    active: NDArray[np.bool_],
    share: float,
) -> Elementwise:
    alone = [float(scales[(i,)][0]) for i in chosen]
    kept = [float(active[at][np.abs(frame.d[i]) > frame.slack].mean()) for at, i in enumerate(chosen)]
    by_size = float(np.mean([_kept_largest(frame.d[i], active[at], frame.slack) for at, i in enumerate(chosen)]))
    sorted_out = by_size > _ORDER_KEPT
    weights = (
        _weights_of_votes(chosen, scales, alone) if sorted_out else [a * k for a, k in zip(alone, kept, strict=True)]
    )
    return Elementwise(base, tuple(tasks), tuple(weights), tuple(alone), tuple(kept), share, sorted_out, active)


def _kept_largest(change: Array, active: Mask, slack: Array) -> float:
    """Chance that a kept change is larger than one that was not: 1/2 for a random choice, 1 for trimming by size."""
    some = np.abs(change) > slack
    kept, lost = np.abs(change[some & active]), np.sort(np.abs(change[some & ~active]))
    if not len(kept) or not len(lost):
        return 0.5
    return float(np.searchsorted(lost, kept).mean() / len(lost))


def _weights_of_votes(
    chosen: Sequence[int], scales: dict[tuple[int, ...], Array], alone: Sequence[float]
) -> list[float]:
    """TIES divides by the sum of the weights that agreed: alone every change has the same scale, lambda, and together
    they show their weights. Where it does not divide, the scale alone is the weight."""
    together = max((members for members in scales if len(members) > 1), key=len, default=())
    if len(together) < len(chosen) or max(alone) - min(alone) > 0.02 * max(alone):
        return list(alone)
    return [float(v) for v in scales[together]]
