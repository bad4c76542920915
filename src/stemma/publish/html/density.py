"""The background of a number as a picture: a bell with the stated mean and standard deviation, and the number."""

from __future__ import annotations

import math

from stemma.evidence.interface import Evidence
from stemma.publish.figures import number
from stemma.publish.html.elements import Content, Element, el

_WIDTH, _HEIGHT, _BASE = 190.0, 54.0, 38.0
_REACH = 4.0
_LEFT, _BELL = 6.0, 96.0
_FARTHEST = 9.0


def density(evidence: Evidence) -> Content:
    """The drawing, or words where there is nothing to draw.

    The axis counts standard deviations from the mean: four to the left, nine to the right. A number beyond is drawn
    as an arrow at the edge that says how far off it lies.
    """
    background = evidence.background
    if background is None:
        return el("span", "no background: a fact, not a chance", class_="note")
    if not _drawable(background.mean, background.sd, evidence.statistic):
        return el("span", f"{number(background.mean)} ± {number(background.sd)}, not drawn", class_="note")
    deviation = (evidence.statistic - background.mean) / background.sd
    words = (
        f"Without a link: {number(background.mean)} ± {number(background.sd)} ({background.source}). "
        f"Found: {number(evidence.statistic)}, {number(deviation)} standard deviations from it."
    )
    picture = el(
        "svg",
        el("title", words),
        el("path", d=_bell(), class_="curve"),
        el("line", x1=0, x2=_WIDTH, y1=_BASE, y2=_BASE, class_="axis"),
        el("text", number(background.mean), x=_x(0), y=_HEIGHT - 3, text_anchor="middle", font_size=10, class_="soft"),
        _marker(deviation),
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        width=_WIDTH,
        height=_HEIGHT,
        role="img",
    )
    note = f"{number(background.mean)} ± {number(background.sd)}, {background.source}"
    return (picture, el("small", note))


def _drawable(mean: float, sd: float, statistic: float) -> bool:
    if not all(map(math.isfinite, (mean, sd, statistic))) or sd <= 0:
        return False
    return math.isfinite((statistic - mean) / sd)


def _x(deviations: float) -> float:
    return _LEFT + (deviations + _REACH) * _BELL / (2 * _REACH)


def _bell() -> str:
    steps = [i / 8 for i in range(int(-8 * _REACH), int(8 * _REACH) + 1)]
    points = " ".join(f"L{_x(s):.1f} {_BASE - 31 * math.exp(-s * s / 2):.1f}" for s in steps)
    return f"M{_x(-_REACH):.1f} {_BASE:.1f} {points} Z"


def _marker(deviation: float) -> Element:
    if -_REACH <= deviation <= _FARTHEST:
        x = _x(deviation)
        return el(
            "g",
            el("line", x1=x, x2=x, y1=4, y2=_BASE, class_="mark"),
            el(
                "path",
                d=f"M{x - 4:.1f} {_BASE + 6:g} L{x + 4:.1f} {_BASE + 6:g} L{x:.1f} {_BASE:g} Z",
                class_="markfill",
            ),
        )
    right = deviation > 0
    tip, tail = (_WIDTH - 2, _WIDTH - 22) if right else (2.0, 22.0)
    head = tip - 7 if right else tip + 7
    label = f"{number(_three_digits(abs(deviation)))} sd away"
    return el(
        "g",
        el("line", x1=tail, x2=head, y1=25, y2=25, class_="mark"),
        el("path", d=f"M{head:g} 20 L{tip:g} 25 L{head:g} 30 Z", class_="markfill"),
        el("text", label, x=tip, y=14, text_anchor="end" if right else "start", font_size=10.5, class_="marktext"),
    )


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")
