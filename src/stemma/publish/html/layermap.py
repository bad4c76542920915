"""Which layer of B goes with which layer of A, drawn as two rows of boxes and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.constitution.interface import LayerPair
from stemma.publish.figures import visible
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.picture import site_layer

_MOST = 128
_WIDE, _HIGH, _GAP, _LEFT = 26, 22, 74, 24


def layer_map(pairs: Sequence[LayerPair], layers_a: int | None, layers_b: int | None) -> Content:
    """The figure, or None where no layers were aligned. ``layers_*`` adds the layers that found no partner."""
    if not pairs:
        return None
    drawn = pairs[:_MOST]
    above = _line_up([p.a for p in drawn], layers_a)
    below = _line_up([p.b for p in drawn], layers_b)
    return (
        el(
            "figure",
            el("div", _drawing(drawn, above, below), class_="scroll", tabindex="0"),
            el(
                "figcaption",
                "Above the layers of model A, below those of model B. A line joins layers that share weights; an "
                "empty box found no partner.",
                f" {len(pairs) - _MOST} more pairs are not drawn." if len(pairs) > _MOST else None,
            ),
        ),
        el("details", el("summary", "The same as a table"), _table(pairs)),
    )


def _line_up(sites: list[str], count: int | None) -> list[str]:
    """All sites of one model in order: those that are paired, and numbered ones that are not."""
    numbered = {site: site_layer(site) for site in sites}
    stacks = {place.stack for place in numbered.values() if place}
    everything = set(sites)
    if count is not None and count <= _MOST and len(stacks) == 1:
        known = {place.layer for place in numbered.values() if place}
        everything |= {f"{min(stacks)}.{n}" for n in range(count) if n not in known}
    return sorted(everything, key=_order)


def _order(site: str) -> tuple[str, int, str]:
    place = site_layer(site)
    return (place.stack, place.layer, site) if place else ("", -1, site)


def _drawing(pairs: Sequence[LayerPair], above: list[str], below: list[str]) -> Element:
    width = _LEFT + _WIDE * max(len(above), len(below)) + 2
    height = 2 * _HIGH + _GAP + 4
    top, bottom = 2, 2 + _HIGH + _GAP
    joined = [
        el("line", x1=_middle(above.index(p.a)), y1=top + _HIGH, x2=_middle(below.index(p.b)), y2=bottom, class_="link")
        for p in pairs
    ]
    return el(
        "svg",
        el("title", f"{len(pairs)} pairs of layers; the table below lists them."),
        joined,
        _boxes("A", above, {p.a for p in pairs}, top),
        _boxes("B", below, {p.b for p in pairs}, bottom),
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
    )


def _boxes(letter: str, sites: list[str], kept: set[str], y: int) -> list[Element]:
    label = el("text", letter, x=2, y=y + 16, font_size=13, font_weight=600)
    return [label, *(_box(n, site, site in kept, y) for n, site in enumerate(sites))]


def _box(n: int, site: str, kept: bool, y: int) -> Element:
    place = site_layer(site)
    name = str(place.layer) if place else visible(site, 3)
    x = _LEFT + n * _WIDE
    return el(
        "g",
        el("title", site if kept else f"{site}: no partner"),
        el("rect", x=x, y=y, width=_WIDE - 3, height=_HIGH, rx=3, class_="kept" if kept else "none"),
        el(
            "text",
            name,
            x=_middle(n),
            y=y + 15,
            text_anchor="middle",
            font_size=10.5,
            class_="keptink" if kept else "soft",
        ),
    )


def _middle(n: int) -> float:
    return _LEFT + n * _WIDE + (_WIDE - 3) / 2


def _table(pairs: Sequence[LayerPair]) -> Element:
    rows = [el("tr", el("td", p.a), el("td", p.b)) for p in pairs]
    head = el("tr", el("th", "Layer of A", scope="col"), el("th", "Layer of B", scope="col"))
    return el("table", el("thead", head), el("tbody", rows))
