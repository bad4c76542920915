"""S7, layer alignment: which layer of A does each layer of B come from?

Every layer of B is scored against every layer of A by S1 on MLP neurons; the map is the best path by dynamic
programming, in which going forward is free and staying or going back (a layer used twice, depth up-scaling) costs.
Only cells whose p-value survives Bonferroni over all cells enter the map.

Null: no layer of B shares its neuron order with any layer of A. The p-value of the map is that of its best cell times
the number of cells searched, which is valid whatever the cells' dependence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.layer_grid import Grid, grid_of
from stemma.evidence.order import Layers, UnitsOf, layer_trace, remembered_units
from stemma.evidence.tails import log10_bonferroni, log10_normal_tail
from stemma.evidence.trace import TAIL, Trace
from stemma.evidence.units import Group, LayerParts, Place
from stemma.identity import Missing
from stemma.immutable import immutable

ALIGNMENT = "layer alignment"
_REPEAT_COST, _BACK_COST = 1.0, 4.0
_CELL_LEVEL = -3.0
_ROUNDING = 1e-2  # of a cell's z in single precision; generous


@immutable
class Alignment:
    """``pairing`` holds (layer of A, layer of B) for every layer of B that has an origin in A, in B's order; or for
    every layer of A that has one in B, in A's order, where that matches more layers (A was scaled up in depth)."""

    pairing: tuple[tuple[Place, Place], ...]
    evidence: Evidence


def align_layers(a: Layers, b: Layers) -> Alignment | Missing:
    """Align all layers of B with those of A (stacks are concatenated), or say why there is nothing to align."""
    rows, columns = sorted(b), sorted(a)
    units = remembered_units()
    grid = _grid([b[p] for p in rows], [a[q] for q in columns], units)
    cells = int(np.isfinite(grid.z).sum())
    traces = _traces_that_matter(grid.z, cells, lambda i, j: _cell_trace(a[columns[j]], b[rows[i]], units))
    if not traces:
        return Missing("no layer has MLP neurons that could be aligned")
    usable = np.full(grid.z.shape, -np.inf)
    for (i, j), trace in traces.items():
        if log10_bonferroni(trace.log10_p, cells) < _CELL_LEVEL:
            usable[i, j] = trace.z
    onto_a = [(j, i) for i, j in enumerate(best_path(usable)) if j >= 0]
    onto_b = [(j, i) for j, i in enumerate(best_path(usable.T)) if i >= 0]
    path = max(onto_a, onto_b, key=len)
    pairing = tuple((columns[j], rows[i]) for j, i in path)
    matched = [traces[i, j] for j, i in path]
    evidence = Evidence(
        test=ALIGNMENT,
        site=f"{len(rows)} x {len(columns)} layers",
        statistic=max(t.z for t in traces.values()),
        effect=float(np.mean([t.correlation for t in matched])) if matched else 0.0,
        log10_p=log10_bonferroni(min(t.log10_p for t in traces.values()), cells),
        null="no layer of one model shares its neuron order with any layer of the other",
        method=f"permutation trace for every pair of layers, {TAIL}, best path, Bonferroni over all cells",
        sample=int(grid.units.max(axis=1).sum()),
        background=Background(0.0, 1.0, "exact per cell: permutations of independent units"),
        per_site=tuple(
            SiteValue(str(p), str(q), t.z, t.log10_p, t.correlation) for (p, q), t in zip(pairing, matched, strict=True)
        ),
        facts={"cells": cells, "matched_layers": len(pairing)},
    )
    return Alignment(pairing, evidence)


def depths(alignment: Evidence) -> tuple[int, int] | None:
    """How many layers A and B have, as the test of their alignment says; None where it does not."""
    found = re.fullmatch(r"(\d{1,4}) x (\d{1,4}) layers", alignment.site)
    return (int(found[2]), int(found[1])) if found else None


def _grid(rows: Sequence[LayerParts], columns: Sequence[LayerParts], units: UnitsOf) -> Grid:
    """S1 of every cell: on the neurons of both layers, or on their state-space channels where they have no MLP."""
    return grid_of(rows, columns, Group.MLP, units).filled_from(grid_of(rows, columns, Group.STATE, units))


def _cell_trace(a: LayerParts, b: LayerParts, units: UnitsOf) -> Trace | None:
    return layer_trace(a, b, Group.MLP, None, units) or layer_trace(a, b, Group.STATE, None, units)


def _traces_that_matter(
    z: NDArray[np.float64], cells: int, trace_at: Callable[[int, int], Trace | None]
) -> dict[tuple[int, int], Trace]:
    """Traces, third moment included, of every cell that may be significant, and of the one with the smallest p-value.

    No p-value lies below the normal tail of its z, so that cells whose tail is too large need not be looked at. A cell
    without variance but for rounding has no trace.
    """
    found: dict[tuple[int, int], Trace] = {}
    smallest = math.inf
    for flat in np.argsort(-z, axis=None)[:cells]:  # NaN comes last
        i, j = divmod(int(flat), z.shape[1])
        bound = log10_normal_tail(z[i, j] + _ROUNDING)
        if bound > smallest and log10_bonferroni(bound, cells) >= _CELL_LEVEL:
            break
        if trace := trace_at(i, j):
            found[i, j] = trace
            smallest = min(smallest, trace.log10_p)
    return found


def best_path(scores: NDArray[np.float64]) -> list[int]:
    """For each row the column it maps to, or -1; maximises the scores less the cost of repeats and steps back.

    A cell of -inf cannot be chosen. Leaving a row unmapped scores 0.
    """
    count, width = scores.shape
    best: dict[int, tuple[float, list[int]]] = {-1: (0.0, [])}
    for i in range(count):
        following: dict[int, tuple[float, list[int]]] = {}
        for last, (total, path) in best.items():
            _keep_better(following, last, total, [*path, -1])
            for j in range(width):
                if np.isfinite(scores[i, j]):
                    cost = 0.0 if j > last else _REPEAT_COST if j == last else _BACK_COST
                    _keep_better(following, j, total + float(scores[i, j]) - cost, [*path, j])
        best = following
    return max(best.values(), key=lambda entry: entry[0])[1]


def _keep_better(states: dict[int, tuple[float, list[int]]], key: int, total: float, path: list[int]) -> None:
    if key not in states or total > states[key][0]:
        states[key] = (total, path)


def identity_pairing(a: Sequence[Place], b: Sequence[Place]) -> tuple[tuple[Place, Place], ...]:
    """The layers that stand at the same place in both models."""
    shared = sorted(set(a) & set(b))
    return tuple((place, place) for place in shared)
