"""Lines and arrowheads: one form for each thing that an edge can rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stemma.publish.graph.layout.values import Point, along
from stemma.publish.graph.model import Style
from stemma.publish.graph.text import units
from stemma.publish.html.elements import Content, el

_HEAD, _HALF, _CROSS = 9.0, 4.6, 5.0
_FILLED = frozenset({Style.MEASURED, Style.CONFIRMED, Style.CONFLICTING})


def style_class(style: Style) -> str:
    """The class of style that goes with what an edge rests on."""
    return style.name.lower()


def line(points: Sequence[Point], style: Style, *, directed: bool) -> Content:
    """A way as a path of cubic pieces, with an arrowhead where ``directed``, and a cross where it is in conflict."""
    control, tip = points[-2], points[-1]
    way = _unit(control, tip)
    neck = (tip[0] - way[0] * _HEAD, tip[1] - way[1] * _HEAD) if directed else tip
    path = _path([*points[:-1], neck])
    kind = style_class(style)
    return (
        el("path", d=path, class_=f"edge {kind}"),
        el("path", d=path, class_="between") if style is Style.CONFIRMED else None,
        _head(tip, way, filled=style in _FILLED) if directed else None,
        _cross(points[:4]) if style is Style.CONFLICTING else None,
    )


def _head(tip: Point, way: Point, *, filled: bool) -> Content:
    back = (tip[0] - way[0] * _HEAD, tip[1] - way[1] * _HEAD)
    left = (back[0] - way[1] * _HALF, back[1] + way[0] * _HALF)
    right = (back[0] + way[1] * _HALF, back[1] - way[0] * _HALF)
    corners = "L".join(f"{units(x)} {units(y)}" for x, y in (tip, left, right))
    return el("path", d=f"M{corners}Z", class_="head" if filled else "head open")


def _cross(piece: Sequence[Point]) -> Content:
    x, y = along(piece, 0.5)
    a, b, c, d = units(x - _CROSS), units(y - _CROSS), units(x + _CROSS), units(y + _CROSS)
    return el("path", d=f"M{a} {b}L{c} {d}M{c} {b}L{a} {d}", class_="cross")


def _unit(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    return (dx / length, dy / length) if length else (0.0, 1.0)


def _path(points: Sequence[Point]) -> str:
    first, *rest = (f"{units(x)} {units(y)}" for x, y in points)
    pieces = (" ".join(rest[at : at + 3]) for at in range(0, len(rest), 3))
    return f"M{first}" + "".join(f"C{piece}" for piece in pieces)
