"""Curves as SVG, with no library and the same bytes every time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _MARGIN = 520, 380, 68
_COLOURS = ("#1f6fb2", "#c8502d", "#3c8c4e", "#7a5ab5", "#8a6d1f")


@dataclass(frozen=True)
class Axis:
    """A straight axis from `low` to `high`, or a logarithmic one; `ticks` are marked."""

    title: str
    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value stands, 0 to 1; what lies outside stands at the end."""
        scale: Callable[[float], float] = math.log10 if self.logarithmic else float
        inside = min(max(value, self.low), self.high)
        return (scale(inside) - scale(self.low)) / (scale(self.high) - scale(self.low))


@dataclass(frozen=True)
class Line:
    """One curve: its name in the legend and its points (x, y); `stepped` where it jumps between them."""

    name: str
    points: Sequence[tuple[float, float]]
    stepped: bool = True


def chart(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """The whole picture as one SVG document."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="{escape(title)}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_WIDTH / 2, 22, title, size=14),
        *_frame(x, y),
    ]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(f'<path d="{_path(line, x, y)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        height = _HEIGHT - _MARGIN - 14 - 16 * (len(lines) - 1 - number)
        parts.append(_text(_WIDTH - _MARGIN - 10, height, line.name, anchor="end", colour=colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _frame(x: Axis, y: Axis) -> list[str]:
    left, right, top, bottom = _MARGIN, _WIDTH - _MARGIN / 2, 36.0, _HEIGHT - _MARGIN
    parts = [f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#444"/>']
    for tick in x.ticks:
        at = _x(x, tick)
        parts.append(f'<path d="M{at:.1f} {bottom}v5M{at:.1f} {top}V{bottom}" stroke="#ddd" fill="none"/>')
        parts.append(_text(at, bottom + 18, f"{tick:g}"))
    for tick in y.ticks:
        at = _y(y, tick)
        parts.append(f'<path d="M{left - 5} {at:.1f}h5M{left} {at:.1f}H{right}" stroke="#ddd" fill="none"/>')
        parts.append(_text(left - 8, at + 4, f"{tick:g}", anchor="end"))
    parts.append(_text((left + right) / 2, _HEIGHT - 14, x.title))
    middle = (top + bottom) / 2
    turned = f'transform="rotate(-90 14 {middle:.1f})"'
    parts.append(f'<text x="14" y="{middle:.1f}" text-anchor="middle" {turned}>{escape(y.title)}</text>')
    return parts


def _path(line: Line, x: Axis, y: Axis) -> str:
    points = [(_x(x, a), _y(y, b)) for a, b in line.points]
    if not points:
        return "M0 0"
    drawn = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for across, up in points[1:]:
        drawn.append(f"H{across:.1f}V{up:.1f}" if line.stepped else f"L{across:.1f} {up:.1f}")
    return "".join(drawn)


def _x(axis: Axis, value: float) -> float:
    return _MARGIN + axis.place(value) * (_WIDTH - 1.5 * _MARGIN)


def _y(axis: Axis, value: float) -> float:
    return _HEIGHT - _MARGIN - axis.place(value) * (_HEIGHT - _MARGIN - 36)


def _text(x: float, y: float, text: str, *, anchor: str = "middle", colour: str = "#222", size: int = 12) -> str:
    style = f'text-anchor="{anchor}" fill="{colour}" font-size="{size}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
