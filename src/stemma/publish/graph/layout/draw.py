"""From a graph to boxes and routes: labels are wrapped, the layered core is asked, ways are drawn between borders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from stemma.immutable import immutable
from stemma.publish.graph.layout.layered import Layered, Structure, layered, structure
from stemma.publish.graph.layout.routes import Frame, routed
from stemma.publish.graph.layout.values import Box, Layout, Point, Route
from stemma.publish.graph.model import Direction, Graph, Kind, Node
from stemma.publish.graph.outline import padding
from stemma.publish.graph.text import EDGE_SIZE, LINE_SIZE, LINE_STEP, NAME_SIZE, NAME_STEP, width, wrap

_NAME_WIDTH, _NAME_LINES, _LINES = 170.0, 3, 3
_LEAST_WIDTH = 72.0
_EDGE_LABEL = 150.0
_GAP = {Direction.DOWN: 30.0, Direction.RIGHT: 16.0}
_BETWEEN = 58.0
_MOST_WRITTEN = 400.0
_MARGIN = 14.0
_FAN = 130.0
_PAGE = (960.0, 1280.0)


@immutable
class _Label:
    lines: tuple[str, ...]
    bold: int
    width: float
    height: float


def lay_out(graph: Graph) -> Layout:
    """The graph with a place for everything. Bounded: sweeps are counted, long edges beyond a limit run straight."""
    labels = [_label(node) for node in graph.nodes]
    texts = [next(iter(wrap(edge.label, EDGE_SIZE, _EDGE_LABEL, 1))) if edge.label else "" for edge in graph.edges]
    number = {node.id: at for at, node in enumerate(graph.nodes)}
    ends = [(number[edge.source], number[edge.target]) for edge in graph.edges]
    form = structure(len(labels), ends, [edge.directed for edge in graph.edges])
    kinds = [node.kind for node in graph.nodes]
    if graph.direction is not Direction.AUTO:
        return _drawn(form, kinds, labels, texts, graph.direction)
    down = _drawn(form, kinds, labels, texts, Direction.DOWN)
    if _excess(down) <= 1:
        return down
    return min(down, _drawn(form, kinds, labels, texts, Direction.RIGHT), key=_excess)


def _excess(layout: Layout) -> float:
    return max(layout.width / _PAGE[0], layout.height / _PAGE[1])


def _label(node: Node) -> _Label:
    name = wrap(node.label[0], NAME_SIZE, _NAME_WIDTH, _NAME_LINES)
    rest = [line for text in node.label[1:] for line in wrap(text, LINE_SIZE, _NAME_WIDTH, 2)][:_LINES]
    beside, above, below = padding(node.kind)
    widest = max(
        [_LEAST_WIDTH - 2 * beside, *(width(t, NAME_SIZE) for t in name), *(width(t, LINE_SIZE) for t in rest)]
    )
    tall = above + below + len(name) * NAME_STEP + len(rest) * LINE_STEP
    return _Label((*name, *rest), len(name), widest + 2 * beside, tall)


def _drawn(
    form: Structure, kinds: Sequence[Kind], labels: Sequence[_Label], texts: Sequence[str], direction: Direction
) -> Layout:
    down = direction is Direction.DOWN
    found = layered(form, _rooms(labels, form.ends, texts, down), _GAP[direction])
    widest = max((width(text, EDGE_SIZE) for text in texts), default=0.0)
    bands = _bands(found, labels, down)
    gaps = [_BETWEEN + min(widest, 14.0)] * len(bands) if down else _spread(found, _BETWEEN + widest, len(bands))
    middles = _middles(bands, gaps)
    places = [(u, middles[rank]) for u, rank in zip(found.across, found.rank, strict=True)]
    boxes = [
        Box(*(place if down else place[::-1]), label.width, label.height, label.lines, label.bold)
        for label, place in zip(labels, places, strict=True)
    ]
    frame = Frame(boxes, kinds, found, middles, bands, down)
    return _moved(boxes, routed(frame, form.ends, texts))


def _rooms(labels: Sequence[_Label], ends: Sequence[tuple[int, int]], texts: Sequence[str], down: bool) -> list[float]:
    """What each node takes across: itself, or the labels of the edges that are written near it."""
    degree = [0] * len(labels)
    for pair in ends:
        for end in pair:
            degree[end] += 1
    written = [0.0] * len(labels)
    for pair, text in zip(ends, texts, strict=True):
        if text:
            written[min(pair, key=degree.__getitem__)] += width(text, EDGE_SIZE) + 6 if down else EDGE_SIZE + 4
    return [
        max(label.width if down else label.height, min(edge, _MOST_WRITTEN))
        for label, edge in zip(labels, written, strict=True)
    ]


def _bands(found: Layered, labels: Sequence[_Label], down: bool) -> list[float]:
    """Half the thickness of every layer."""
    bands = [0.0] * (max(found.rank, default=-1) + 1)
    for rank, label in zip(found.rank, labels, strict=True):
        bands[rank] = max(bands[rank], (label.height if down else label.width) / 2)
    return bands


def _spread(found: Layered, least: float, layers: int) -> list[float]:
    """Gaps after each layer that widen where edges run far across, so that a fan can part before its labels."""
    reach = [0.0] * layers
    for (source, target), stops, turned in zip(found.structure.ends, found.stops, found.turned, strict=True):
        upper, lower = (target, source) if turned else (source, target)
        way = [(found.rank[upper], found.across[upper]), *stops, (found.rank[lower], found.across[lower])]
        for (layer, start), (_, end) in pairwise(way):
            reach[layer] = max(reach[layer], abs(start - end))
    return [least + min(_FAN, far / 4) for far in reach]


def _middles(bands: Sequence[float], gaps: Sequence[float]) -> list[float]:
    middles, edge = [], 0.0
    for band, gap in zip(bands, gaps, strict=True):
        middles.append(edge + band)
        edge += 2 * band + gap
    return middles


def _moved(boxes: Sequence[Box], routes: Sequence[Route]) -> Layout:
    """Everything moved so that nothing lies left of or above a margin."""
    half = [(width(route.text, EDGE_SIZE) / 2, EDGE_SIZE) if route.text else (0.0, 0.0) for route in routes]
    spans = [(box.x, box.width / 2, box.y, box.height / 2) for box in boxes]
    spans += [(x, 0.0, y, 0.0) for route in routes for x, y in route.points]
    spans += [(route.label[0], w, route.label[1], h) for route, (w, h) in zip(routes, half, strict=True)]
    left = min((x - w for x, w, _, _ in spans), default=0.0) - _MARGIN
    top = min((y - h for _, _, y, h in spans), default=0.0) - _MARGIN
    right = max((x + w for x, w, _, _ in spans), default=0.0) + _MARGIN
    bottom = max((y + h for _, _, y, h in spans), default=0.0) + _MARGIN

    def moved(point: Point) -> Point:
        return point[0] - left, point[1] - top

    return Layout(
        right - left,
        bottom - top,
        tuple(replace(box, x=box.x - left, y=box.y - top) for box in boxes),
        tuple(replace(r, points=tuple(map(moved, r.points)), label=moved(r.label)) for r in routes),
    )
