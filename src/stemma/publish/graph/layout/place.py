"""Coordinates across the layers: each layer as near to its neighbours' middle as the separations allow."""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[int, int]
_SWEEPS = 18


def places(
    layers: Sequence[Sequence[int]],
    edges: Sequence[tuple[int, int, float]],
    extent: Sequence[float],
    gap: float,
) -> list[float]:
    """The middle of every node across the direction of the layers, the least of them at half its extent.

    ``edges`` are upper node, lower node and weight, between neighbouring layers: the heavier, the straighter.
    ``extent`` is the room that each node takes, ``gap`` what is left free between two.
    """
    above: list[list[tuple[int, float]]] = [[] for _ in extent]
    below: list[list[tuple[int, float]]] = [[] for _ in extent]
    for upper, lower, weight in edges:
        above[lower].append((upper, weight))
        below[upper].append((lower, weight))
    both = [a + b for a, b in zip(above, below, strict=True)]
    where = [0.0] * len(extent)
    nobody: list[list[tuple[int, float]]] = [[] for _ in extent]
    for layer in layers:
        _settle(layer, where, extent, gap, nobody)
    for sweep in range(_SWEEPS):
        neighbours = both if sweep >= _SWEEPS - 6 else below if sweep % 2 else above
        for layer in reversed(layers) if sweep % 2 else layers:
            _settle(layer, where, extent, gap, neighbours)
    least = min((where[n] - extent[n] / 2 for layer in layers for n in layer), default=0.0)
    return [value - least for value in where]


def _settle(
    layer: Sequence[int],
    where: list[float],
    extent: Sequence[float],
    gap: float,
    neighbours: Sequence[Sequence[tuple[int, float]]],
) -> None:
    """Least squares towards the wanted places with the order and the separations kept."""
    shift, shifts, wanted, weights = 0.0, [], [], []
    for at, node in enumerate(layer):
        if at:
            shift += (extent[layer[at - 1]] + extent[node]) / 2 + gap
        weight = sum(w for _, w in neighbours[node])
        place = sum(where[other] * w for other, w in neighbours[node]) / weight if weight else where[node]
        shifts.append(shift)
        wanted.append(place - shift)
        weights.append(weight or 0.01)
    for node, level, offset in zip(layer, _rising(wanted, weights), shifts, strict=True):
        where[node] = level + offset


def _rising(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest non-decreasing sequence in weighted least squares (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for value, weight in zip(wanted, weights, strict=True):
        mean, heavy, length = value, weight, 1
        while blocks and blocks[-1][0] >= mean:
            m, w, n = blocks.pop()
            mean, heavy, length = (mean * heavy + m * w) / (heavy + w), heavy + w, length + n
        blocks.append((mean, heavy, length))
    return [mean for mean, _, length in blocks for _ in range(length)]
