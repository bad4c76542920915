"""What a layout is made of. Units are CSS pixels; ``x`` grows to the right, ``y`` downward."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.immutable import immutable

Point = tuple[float, float]


@immutable
class Box:
    """Where a node stands: its centre, its size, and its label as wrapped lines; ``bold`` of them are the name."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    bold: int


@immutable
class Route:
    """The way of an edge: a start, then cubic pieces of three points each; ``label`` is the middle of its label."""

    points: tuple[Point, ...]
    label: Point
    text: str = ""


@immutable
class Layout:
    """Boxes and routes in the order of the graph's nodes and edges."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]


def along(piece: Sequence[Point], part: float) -> Point:
    """The point of a cubic piece (four points) at ``part`` of its way, 0 to 1."""
    rest = 1 - part
    weights = (rest**3, 3 * part * rest**2, 3 * part * part * rest, part**3)
    return (
        sum(w * x for w, (x, _) in zip(weights, piece, strict=True)),
        sum(w * y for w, (_, y) in zip(weights, piece, strict=True)),
    )
