"""S5: whether a model is a merge of others, of which, and with what coefficients; nobody has to name candidates.

Looked for in this order, since each next form fits what the one before it cannot:

* *passthrough*: every layer is some candidate's layer, bit for bit;
* *linear, SLERP, task arithmetic*: a mixture leaves no more than rounding does;
* *TIES, DARE*: every entry is the base's, or the base's plus scaled changes of some of the others;
* *merge, then trained on*: a mixture leaves something, but far less than any single model (below).

A candidate that is itself a mixture of other candidates takes no part: its parents speak for it. A query that lies
nearer to such a candidate than to the mixture of the parents descends from the candidate and is no merge.

Null: the candidates only lie near. An ancestor lies within its k children as a merge of k models would, and mixing k
siblings comes closer to a model the more of them there are; but independent changes leave at least 1/k of the distance
to the nearest single model. Alternative: what is left is the query's own training after the merge. The operating point
asks out of sample for at most 0.4/k, and for each member that leaving it out makes what is left at least 2.5 times as
large. Both were set on trained
models of one seed.

References:
    [1] C. Goddard et al. (2024), Arcee's MergeKit.
    [2] K. Shoemake (1985), Animating rotation with quaternion curves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from stemma.evidence.distances import Points, points
from stemma.evidence.interface import Evidence
from stemma.evidence.merge_elementwise import Elementwise, elementwise
from stemma.evidence.merge_fit import Folds, best_single
from stemma.evidence.merge_mixture import Found, find_mixture, largest_cosine
from stemma.evidence.merge_passthrough import Taken, layers_taken
from stemma.evidence.merge_shares import Shares, elementwise_shares, linear_shares, slerp_shares, taken_shares
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing
from stemma.immutable import immutable

COLLINEAR = 0.95
_NULL = "none of the candidates took part: what lies near leaves at least 1/k of the distance to the nearest model"
_QUERY = "\0query"


class MergeKind(StrEnum):
    """How the weights were put together, by the names that mergekit uses."""

    LINEAR = "linear"
    SLERP = "slerp"
    TASK = "task_arithmetic"
    TIES = "ties"
    DARE = "dare_linear"
    PASSTHROUGH = "passthrough"


@immutable
class MergeParent:
    """A parent with its coefficient, and an interval (95 %, jackknife over matrices). ``density`` is the share of its
    change that was kept (TIES, DARE; 1 elsewhere)."""

    name: str
    coefficient: float
    low: float
    high: float
    density: float = 1.0


@immutable
class MergeLayer:
    """Coefficients in one layer, in the order of the parents; ``source`` is the layer taken over (passthrough)."""

    layer: str
    coefficients: tuple[float, ...]
    source: str = ""


@immutable
class Merge:
    """A merge with its parents. Coefficients are those of the configuration: shares of a linear mixture, (1 - t, t) for
    SLERP, factors of the changes from ``base`` for task arithmetic, TIES and DARE, shares of layers for passthrough.

    ``gain`` is what mixing takes away of the distance to the nearest single candidate (square, out of sample);
    ``trained_on`` tells that more is left than rounding explains, ``left`` is its size relative to the nearest single
    model's distance (root mean square). ``collinear`` is the largest cosine between the parents' changes.
    """

    kind: MergeKind
    base: str | None
    parents: tuple[MergeParent, ...]
    layers: tuple[MergeLayer, ...]
    gain: float
    left: float
    trained_on: bool
    collinear: float
    warnings: tuple[str, ...]
    evidence: Evidence

    @property
    def members(self) -> tuple[str, ...]:
        """The parents, and the base where there is one."""
        return tuple(p.name for p in self.parents) + ((self.base,) if self.base is not None else ())


def find_merge(query: Fingerprint, candidates: Mapping[str, Fingerprint]) -> Merge | Missing:
    """Decompose ``query`` over ``candidates`` (by name, the likeliest first): models that it is linked to, any number.

    Of candidates that are copies of one another the first is named. Missing says why the query counts as no merge.
    """
    if len(candidates) < 2:
        return Missing("a merge needs two candidates or more")
    taken = layers_taken(query, candidates)
    if taken is not None:
        return _passthrough(taken)
    held = points({_QUERY: query, **candidates}, _QUERY)
    if isinstance(held, Missing):
        return held
    folds = Folds(held)
    rows = _distinct(held, [held.names.index(name) for name in candidates if name in held.names])
    found = find_mixture(held, folds, rows, exact_only=True)
    if isinstance(found, Found):
        return _mixture(held, found)
    parts = elementwise(held, found.open, found.open)
    if parts is not None:
        return _elementwise(held, folds, parts)
    found = find_mixture(held, folds, found.open, exact_only=False)
    return _mixture(held, found) if isinstance(found, Found) else Missing(found.reason)


def _distinct(points: Points, rows: Sequence[int]) -> list[int]:
    """The rows without repetitions of values."""
    first: dict[bytes, int] = {}
    for row in rows:
        first.setdefault(points.values[row].tobytes(), row)
    return list(first.values())


def _mixture(points: Points, found: Found) -> Merge:
    slerp = slerp_shares(points, found) if not found.affine else None
    shares = linear_shares(points, found) if slerp is None else slerp
    kind = MergeKind.SLERP if slerp else MergeKind.LINEAR if found.base is None else MergeKind.TASK
    tasks = [m for m in found.members if m != found.base]
    how = "" if found.exact else ", then trained on"
    return _merge(
        points, kind, found.base, tasks, shares, (found.gain, found.left / found.single), not found.exact,
        f"least squares, matrix by matrix, out of sample over halves of the positions{how}",
    )  # fmt: skip


def _elementwise(points: Points, folds: Folds, found: Elementwise) -> Merge:
    single = best_single(folds, 0, range(1, len(points.names))).left
    left = float(single) * (1.0 - found.explained)
    kind = MergeKind.TIES if found.by_size else MergeKind.DARE
    shares = elementwise_shares(points, found)
    method = f"ratios met again to the last bits account for {found.explained:.1%} of the changed entries"
    gain = (found.explained, left / single if single else 0.0)
    return _merge(points, kind, found.base, found.tasks, shares, gain, False, method)


def _passthrough(taken: Taken) -> Merge:
    shares = taken_shares(taken)
    layers = tuple(
        MergeLayer(_place(layer), tuple(float(name == n) for n in shares.names), f"{name}: {_place(theirs)}")
        for layer, (name, theirs) in sorted(taken.source.items())
    )
    evidence = _evidence(MergeKind.PASSTHROUGH, shares.names, 1.0, len(layers), "layers equal bit for bit", {})
    return Merge(MergeKind.PASSTHROUGH, None, _parents(shares), layers, 1.0, 0.0, False, 0.0, (), evidence)


def _merge(
    points: Points,
    kind: MergeKind,
    base: int | None,
    tasks: Sequence[int],
    shares: Shares,
    outcome: tuple[float, float],
    trained_on: bool,
    method: str,
) -> Merge:
    gain, left = outcome
    origin = base if base is not None else _hub(points, tasks)
    collinear = largest_cosine(points, origin, [t for t in tasks if t != origin])
    warnings = []
    if collinear > COLLINEAR:
        warnings.append(
            f"Changes of the parents point the same way (cosine {collinear:.2f} > {COLLINEAR}): "
            "their coefficients can hardly be told apart."
        )
    layers = tuple(
        MergeLayer(_place(p), tuple(map(float, c))) for p, c in zip(shares.places, shares.curve, strict=True)
    )
    names = (*shares.names, *((points.names[base],) if base is not None else ()))
    facts = {"left": left, "largest_cosine_of_changes": collinear, "matrices": len(points.keys)}
    evidence = _evidence(kind, names, gain, points.values.shape[1], method, facts)
    named = points.names[base] if base is not None else None
    return Merge(
        kind, named, _parents(shares), layers, gain, left**0.5, trained_on, collinear, tuple(warnings), evidence
    )


def _hub(points: Points, tasks: Sequence[int]) -> int:
    """The candidate from which the parents lead most apart: the nearest thing to their common ancestor."""
    others = [row for row in range(1, len(points.names)) if row not in tasks]
    return min(others, key=lambda row: (abs(largest_cosine(points, row, tasks)), row), default=tasks[0])


def _parents(shares: Shares) -> tuple[MergeParent, ...]:
    rows = zip(shares.names, shares.coefficients, shares.errors, shares.density, strict=True)
    return tuple(MergeParent(n, c, c - 1.96 * e, c + 1.96 * e, d) for n, c, e, d in rows)


def _evidence(
    kind: MergeKind, names: Sequence[str], gain: float, sample: int, method: str, facts: Mapping[str, float]
) -> Evidence:
    return Evidence(
        test="merge decomposition",
        site=f"{kind} of {len(names)} models",
        statistic=gain,
        effect=gain,
        log10_p=None,
        null=_NULL,
        method=method,
        sample=sample,
        facts={"members": list(names), **facts},
    )


def _place(layer: tuple[str, int]) -> str:
    return f"{layer[0]}.{layer[1]}"
