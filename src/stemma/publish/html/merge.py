"""A merge on a page: parents, the curve over layers as a picture and a table, the configuration."""

from __future__ import annotations

from itertools import pairwise

from stemma.evidence.merge import Merge
from stemma.publish.figures import visible
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.parts import grid, sentences
from stemma.publish.merge_config import merge_configuration
from stemma.publish.merge_words import merge_reasons, merge_sentence, share_words

_WIDE, _HIGH, _STEP, _MOST = 34, 110, 14, 128


def merge_section(merge: Merge) -> Content:
    """What the query was merged from."""
    rows: list[list[Content]] = [
        [el("code", p.name), f"{p.coefficient:.3f}", share_words(p.low, p.high), f"{p.density:.0%}"]
        for p in merge.parents
    ]
    names = [f">{p.name}" for p in merge.parents]
    layers: list[list[Content]] = [[layer.layer, *(f"{c:.3f}" for c in layer.coefficients)] for layer in merge.layers]
    return (
        el("p", el("b", merge_sentence(merge))),
        sentences(merge_reasons(merge)),
        grid(["Parent", ">Coefficient", ">95 %", ">Kept"], rows, "Coefficients; the interval is of the jackknife."),
        el("figure", el("div", _curve(merge), class_="scroll", tabindex="0"), el("figcaption", _CAPTION)),
        el("details", el("summary", "The same as a table"), grid(["Layer", *names], layers, "Coefficients by layer.")),
        el("h3", "Nearest mergekit configuration"),
        el("pre", el("code", [[line, el("br")] for line in merge_configuration(merge).rstrip().split("\n")])),
    )


_CAPTION = "Coefficient of each parent, layer by layer; the lines begin in the order of the table."


def _curve(merge: Merge) -> Element:
    layers = merge.layers[:_MOST]
    values = [c for layer in layers for c in layer.coefficients]
    low, high = min(0.0, *values, 0.0), max(1.0, *values, 1.0)
    width = 60 + _WIDE * max(1, len(layers))

    def y(value: float) -> float:
        return 10 + (high - value) / (high - low) * _HIGH

    lines = [
        el(
            "g",
            el("title", visible(parent.name)),
            [
                el("line", x1=40 + at * _WIDE, y1=y(one.coefficients[n]), x2=40 + (at + 1) * _WIDE,
                   y2=y(two.coefficients[n]), class_="link")
                for at, (one, two) in enumerate(pairwise(layers))
            ],
            [el("circle", cx=40 + at * _WIDE, cy=y(layer.coefficients[n]), r=2.5, class_="markfill")
             for at, layer in enumerate(layers)],
        )
        for n, parent in enumerate(merge.parents)
    ]  # fmt: skip
    marks = [el("text", f"{v:g}", x=0, y=y(v) + 4, font_size=11, class_="soft") for v in (0.0, 1.0)]
    grid_lines = [el("line", x1=30, y1=y(v), x2=width, y2=y(v), class_="line") for v in (0.0, 1.0)]
    height = _HIGH + 20
    return el(
        "svg", el("title", "Coefficients by layer; the table below lists them."), grid_lines, marks, lines,
        viewBox=f"0 0 {width} {height}", width=width, height=height, role="img",
    )  # fmt: skip
