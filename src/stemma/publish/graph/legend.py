"""The key under a picture: only what the picture uses, each form with its word."""

from __future__ import annotations

from stemma.publish.graph.marks import line, style_class
from stemma.publish.graph.model import Graph, Kind, State, Style
from stemma.publish.graph.outline import border, rim
from stemma.publish.graph.text import units, width
from stemma.publish.html.elements import Content, Element, el

_ROW, _SIZE, _GAP, _MARGIN = 26.0, 11.0, 20.0, 14.0
_LEAST, _MOST = 420.0, 1100.0
_SAMPLE = 34.0


def legend(graph: Graph, top: float) -> tuple[Content, float, float]:
    """The key, to be set at ``top``, and the width and height that it takes; nothing where nothing needs a word."""
    samples = _samples(graph)
    if not samples:
        return None, 0.0, 0.0
    limit = min(_MOST, max(_LEAST, 110.0 * len(samples) / 2))
    x, y, widest, drawn = _MARGIN, top + _ROW / 2, 0.0, []
    for sample, word in samples:
        room = _SAMPLE + 8 + width(word, _SIZE)
        if x > _MARGIN and x + room > limit:
            x, y = _MARGIN, y + _ROW
        at = f"translate({units(x + _SAMPLE / 2)} {units(y)})"
        text = el("text", word, x=units(_SAMPLE / 2 + 8), y="3.8", class_="line")
        drawn.append(el("g", sample, text, transform=at))
        x += room + _GAP
        widest = max(widest, x - _GAP + _MARGIN)
    return el("g", drawn, class_="key", aria_hidden="true"), widest, y + _ROW / 2 - top + _MARGIN / 2


def _samples(graph: Graph) -> list[tuple[Content, str]]:
    kinds = [kind for kind in Kind if any(node.kind is kind for node in graph.nodes)]
    states = [state for state in State if any(node.state is state for node in graph.nodes)]
    styles = [style for style in Style if any(edge.style is style for edge in graph.edges)]
    samples: list[tuple[Content, str]] = []
    if len(kinds) > 1 or kinds not in ([], [Kind.MODEL]):
        samples += [(_outline(kind, ""), str(kind)) for kind in kinds]
    shown = [state for state in states if state not in (State.PLAIN, State.FOCUS)]
    samples += [(_state(state), str(state)) for state in shown]
    if len(styles) > 1 or styles not in ([], [Style.DECLARED]):
        samples += [(_line(style), str(style)) for style in styles]
    if any(not edge.directed for edge in graph.edges):
        samples.append((_line(Style.MEASURED, directed=False), "way not known"))
    return samples


def _outline(kind: Kind, state: str) -> Element:
    wide, tall = 30.0, 20.0 if kind in (Kind.DATASET, Kind.FAMILY) else 16.0
    lid = rim(kind, wide, tall)
    return el(
        "g",
        el("path", d=border(kind, wide, tall), class_="border"),
        el("path", d=lid, class_="rim") if lid else None,
        class_=state or None,
    )


def _state(state: State) -> Content:
    if state is State.WITHDRAWN:
        return el("g", el("text", "Abc", text_anchor="middle", y="4", class_="name"), class_="withdrawn")
    return _outline(Kind.MODEL, state.name.lower())


def _line(style: Style, *, directed: bool = True) -> Content:
    half = _SAMPLE / 2
    points = ((-half, 0.0), (-half / 2, 0.0), (half / 2, 0.0), (half, 0.0))
    return el("g", line(points, style, directed=directed), class_=f"sample {style_class(style)}-sample")
