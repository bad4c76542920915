"""The ways of edges: from border to border, through their stops, spread where several leave one side.

Works across (u) and along (v) the layers; only the last step turns u and v into x and y.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stemma.immutable import immutable
from stemma.publish.graph.layout.layered import Layered
from stemma.publish.graph.layout.spots import Spots
from stemma.publish.graph.layout.values import Box, Point, Route
from stemma.publish.graph.model import Kind
from stemma.publish.graph.outline import inset
from stemma.publish.graph.text import EDGE_SIZE, width

_SPREAD = 14.0
_NARROWEST = 9.0  # where arrowheads would cover each other, all meet in one point
BEFORE, AFTER = -1, 1


@immutable
class Frame:
    """Everything that stands still: boxes, their kinds, and the middle and half thickness of every layer."""

    boxes: Sequence[Box]
    kinds: Sequence[Kind]
    found: Layered
    middles: Sequence[float]
    bands: Sequence[float]
    down: bool

    def u(self, node: int) -> float:
        return self.found.across[node]

    def thickness(self, node: int) -> tuple[float, float]:
        """Extent across and along."""
        box = self.boxes[node]
        return (box.width, box.height) if self.down else (box.height, box.width)

    def border(self, node: int, side: int, offset: float) -> Point:
        """The point of the outline at ``offset`` from the middle of a side, as (u, v)."""
        box = self.boxes[node]
        name = {(True, BEFORE): "top", (True, AFTER): "bottom", (False, BEFORE): "left", (False, AFTER): "right"}
        inside = inset(self.kinds[node], box.width, box.height, name[self.down, side], offset)
        middle = self.middles[self.found.rank[node]]
        return self.u(node) + offset, middle + side * (self.thickness(node)[1] / 2 - inside)

    def point(self, u: float, v: float) -> Point:
        return (u, v) if self.down else (v, u)


def routed(frame: Frame, ends: Sequence[tuple[int, int]], texts: Sequence[str]) -> list[Route]:
    """A route for every edge, in their order."""
    ports = _ports(frame, ends)
    degree = Counter(end for pair in ends for end in pair)
    places = (frame.point(frame.u(node), frame.middles[rank]) for node, rank in enumerate(frame.found.rank))
    boxes = [(*place, box.width, box.height) for place, box in zip(places, frame.boxes, strict=True)]
    spots = Spots(boxes, (0.36, 0.5, 0.25, 0.64) if frame.down else (0.18, 0.24, 0.3, 0.4, 0.5))
    ways = [_oriented(frame, number, source, target, ports[number]) for number, (source, target) in enumerate(ends)]
    labels = [way[0] for way in ways]
    for number in sorted(range(len(ways)), key=lambda n: len(ways[n])):  # short ways have the least choice
        if texts[number]:
            lean = degree[ends[number][1]] - degree[ends[number][0]]
            labels[number] = spots.take(ways[number], width(texts[number], EDGE_SIZE), lean)
    return [Route(way, label, text) for way, label, text in zip(ways, labels, texts, strict=True)]


def _oriented(frame: Frame, number: int, source: int, target: int, port: tuple[float, float]) -> tuple[Point, ...]:
    """From source to target, in x and y."""
    if source == target:
        points = _loop(frame, source)
    elif frame.found.rank[source] == frame.found.rank[target]:
        points = _arc(frame, source, target, port)
    else:
        points = _way(frame, number, source, target, port)
        if frame.found.turned[number]:
            points.reverse()
    return tuple(frame.point(*point) for point in points)


def _ports(frame: Frame, ends: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Where each edge leaves its source and reaches its target, as offsets from the middle of the side."""
    sides: dict[tuple[int, int], list[tuple[float, int, int]]] = {}
    rank, stops = frame.found.rank, frame.found.stops
    for number, pair in enumerate(ends):
        forward = rank[pair[0]] < rank[pair[1]]
        for end in (0, 1):
            node, other = pair[end], pair[1 - end]
            if node == other:
                continue
            side = BEFORE if rank[node] > rank[other] else AFTER
            way = stops[number]
            first = forward == (end == 0)
            towards = (way[0] if first else way[-1])[1] if way else frame.u(other)
            sides.setdefault((node, side), []).append((towards, number, end))
    ports = [[0.0, 0.0] for _ in ends]
    for (node, _), some in sides.items():
        step = min(_SPREAD, frame.thickness(node)[0] * 0.7 / max(1, len(some) - 1))
        if step < _NARROWEST:
            step = 0.0
        for place, (_, number, end) in enumerate(sorted(some)):
            ports[number][end] = (place - (len(some) - 1) / 2) * step
    return [(a, b) for a, b in ports]


def _way(frame: Frame, number: int, source: int, target: int, port: tuple[float, float]) -> list[Point]:
    """Down through the stops: a curve between layers, straight through a layer."""
    found = frame.found
    upper, lower = (target, source) if found.turned[number] else (source, target)
    leave, reach = (port[1], port[0]) if found.turned[number] else port
    points = [frame.border(upper, AFTER, leave)]
    for layer, u in found.stops[number]:
        top, bottom = frame.middles[layer] - frame.bands[layer], frame.middles[layer] + frame.bands[layer]
        points += _curve(points[-1], (u, top))
        points += _curve(points[-1], (u, bottom))
    return points + _curve(points[-1], frame.border(lower, BEFORE, reach))


def _curve(start: Point, end: Point) -> list[Point]:
    middle = (start[1] + end[1]) / 2
    return [(start[0], middle), (end[0], middle), end]


def _arc(frame: Frame, source: int, target: int, port: tuple[float, float]) -> list[Point]:
    """Between two nodes of one layer: a bow on the far side of the layer."""
    start, end = frame.border(source, AFTER, port[0]), frame.border(target, AFTER, port[1])
    depth = max(start[1], end[1]) + 30.0 + min(60.0, abs(start[0] - end[0]) / 10)
    return [start, (start[0], depth), (end[0], depth), end]


def _loop(frame: Frame, node: int) -> list[Point]:
    u, v = frame.border(node, AFTER, 0.0)
    return [(u - 9, v), (u - 16, v + 34), (u + 16, v + 34), (u + 9, v)]
