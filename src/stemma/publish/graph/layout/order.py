"""The order within layers: medians and exchanges of neighbours, the best of a fixed number of sweeps."""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Sequence

Pair = tuple[int, int]
_SWEEPS = 12
_WORK = 80_000  # comparisons for exchanges that one drawing may cost


def ordered(layers: Sequence[Sequence[int]], edges: Sequence[Pair], start: Sequence[int]) -> list[list[int]]:
    """The nodes of each layer in an order with few crossings.

    ``edges`` join neighbouring layers only; ``start[node]`` is the place to begin with.
    """
    current = [sorted(layer, key=lambda node: start[node]) for layer in layers]
    count = sum(map(len, layers))
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in edges:
        above[lower].append(upper)
        below[upper].append(lower)
    best, fewest = current, _crossings(current, below)
    effort = _WORK
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        current = _swept(current, below if sweep % 2 else above, upward=bool(sweep % 2))
        current, effort = _exchanged(current, above, below, effort)
        found = _crossings(current, below)
        if found < fewest:
            best, fewest = current, found
    return best


def _swept(layers: list[list[int]], neighbours: list[list[int]], *, upward: bool) -> list[list[int]]:
    place = {node: at for layer in layers for at, node in enumerate(layer)}
    result = list(layers)
    for number in range(len(layers) - 1, -1, -1) if upward else range(len(layers)):
        layer = result[number]
        wanted = {node: _median(sorted(place[o] for o in neighbours[node]), place[node]) for node in layer}
        result[number] = sorted(layer, key=wanted.__getitem__)
        place.update({node: at for at, node in enumerate(result[number])})
    return result


def _median(places: list[int], own: int) -> float:
    if not places:
        return own
    middle = len(places) // 2
    if len(places) % 2:
        return places[middle]
    if len(places) == 2:
        return (places[0] + places[1]) / 2
    left = places[middle - 1] - places[0]
    right = places[-1] - places[middle]
    if left + right == 0:
        return places[middle]
    return (places[middle - 1] * right + places[middle] * left) / (left + right)


def _exchanged(
    layers: list[list[int]], above: list[list[int]], below: list[list[int]], effort: int
) -> tuple[list[list[int]], int]:
    """Neighbours exchanged wherever that removes crossings, while ``effort`` lasts."""
    layers = [list(layer) for layer in layers]
    place = {node: at for layer in layers for at, node in enumerate(layer)}
    better = True
    while better and effort > 0:
        better = False
        for layer in layers:
            for at in range(len(layer) - 1):
                left, right = layer[at], layer[at + 1]
                gain = 0
                for neighbours in (above, below):
                    if neighbours[left] and neighbours[right]:
                        mine, theirs = (sorted([place[o] for o in neighbours[node]]) for node in (left, right))
                        gain += _pairs(mine, theirs) - _pairs(theirs, mine)
                        effort -= len(mine) + len(theirs)
                if gain > 0:
                    layer[at], layer[at + 1] = right, left
                    place[left], place[right] = at + 1, at
                    better = True
            effort -= len(layer)
    return layers, effort


def _pairs(first: list[int], second: list[int]) -> int:
    """How many crossings if ``first`` stands left of ``second``."""
    if not second or first[-1] <= second[0]:
        return 0
    return sum([len(first) - bisect_right(first, other) for other in second])


def _crossings(layers: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> int:
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {node: at for at, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            mine = sorted(place[other] for other in below[node])
            total += sum(len(seen) - bisect_right(seen, other) for other in mine)
            for other in mine:
                insort(seen, other)
    return total
