"""A graph as SVG: nothing loaded, nothing run, every string escaped; the same graph gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stemma.publish.graph.layout import Box, Route, lay_out
from stemma.publish.graph.legend import legend
from stemma.publish.graph.marks import line
from stemma.publish.graph.model import Edge, Graph, Node, State
from stemma.publish.graph.outline import border, padding, rim
from stemma.publish.graph.style import DOCUMENT_CSS, FIXED_CSS
from stemma.publish.graph.text import EDGE_SIZE, LINE_STEP, NAME_STEP, units, width
from stemma.publish.html.elements import Content, Element, el

_MOST_SENTENCES = 60


def svg_element(graph: Graph, name: str = "graph") -> Element:
    """The picture for a page that carries ``GRAPH_CSS``; ``name`` tells several pictures of one page apart."""
    return _picture(graph, name, paper=False)


def svg_document(graph: Graph, *, fixed: bool = False) -> str:
    """The picture as a file of its own; ``fixed`` for readers that know no variables: light, without links."""
    if fixed:
        graph = replace(graph, nodes=tuple(replace(node, link=None) for node in graph.nodes))
    text = str(_picture(graph, "graph", paper=not fixed))
    said, end, drawn = text.partition("</desc>")
    sheet = FIXED_CSS if fixed else DOCUMENT_CSS
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{said}{end}<style>{sheet}</style>{drawn}\n'


def _picture(graph: Graph, name: str, *, paper: bool) -> Element:
    layout = lay_out(graph)
    key, key_width, key_height = legend(graph, layout.height)
    wide, tall = max(layout.width, key_width), layout.height + key_height
    linked = any(node.link for node in graph.nodes)
    return el(
        "svg",
        el("title", graph.title, id=f"{name}-title"),
        el("desc", _description(graph), id=f"{name}-desc"),
        el("rect", x="0", y="0", width=units(wide), height=units(tall), class_="paper") if paper else None,
        el("g", [_edge(e, r) for e, r in zip(graph.edges, layout.routes, strict=True)], aria_hidden="true"),
        el("g", [_said(e, r) for e, r in zip(graph.edges, layout.routes, strict=True)], aria_hidden="true"),
        el("g", [_node(n, b) for n, b in zip(graph.nodes, layout.boxes, strict=True)]),
        key,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {units(wide)} {units(tall)}",
        width=units(wide),
        height=units(tall),
        class_="graph",
        role="group" if linked else "img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
    )


def _description(graph: Graph) -> str:
    said = list(graph.sentences())
    rest = len(said) - _MOST_SENTENCES
    return " ".join([*said[:_MOST_SENTENCES], f"And {rest} more." if rest > 0 else ""]).strip()


def _node(node: Node, box: Box) -> Element:
    x, y = units(box.x), units(box.y)
    lid = rim(node.kind, box.width, box.height)
    drawn: Content = (
        el("title", _remark(node)),
        el("path", d=border(node.kind, box.width, box.height), class_="border"),
        el("path", d=lid, class_="rim") if lid else None,
        _lines(node, box),
        _flag(box) if node.state is State.ALERT else None,
    )
    inner = el("g", drawn, transform=f"translate({x} {y})", class_=f"node {node.kind} {state_class(node.state)}")
    return el("a", inner, href=node.link) if node.link else inner


def _remark(node: Node) -> str:
    state = str(node.state) if node.state is not State.PLAIN else ""
    return ", ".join(part for part in (*node.label, str(node.kind), state, node.remark) if part)


def state_class(state: State) -> str:
    """The class of style that goes with a state."""
    return state.name.lower()


def _lines(node: Node, box: Box) -> Sequence[Element]:
    _, above, _ = padding(node.kind)
    y, drawn = above - box.height / 2, []
    for number, text in enumerate(box.lines):
        bold = number < box.bold
        y += NAME_STEP if bold else LINE_STEP
        drawn.append(el("text", text, x="0", y=units(y - 4), text_anchor="middle", class_="name" if bold else "line"))
    return drawn


def _flag(box: Box) -> Element:
    x, y = box.width / 2 - 2, -box.height / 2 + 2
    return el(
        "g",
        el("circle", cx=units(x), cy=units(y), r="8", class_="flag"),
        el("text", "!", x=units(x), y=units(y + 4.3), text_anchor="middle", class_="flagink"),
    )


def _edge(edge: Edge, route: Route) -> Element:
    return el("g", line(route.points, edge.style, directed=edge.directed))


def _said(edge: Edge, route: Route) -> Element | None:
    if not route.text:
        return None
    (x, y), room = route.label, 0.92 * width(route.text, EDGE_SIZE)
    ground = {"x": units(x - room / 2), "y": units(y - 7), "width": units(room), "height": "14"}
    return el(
        "g",
        el("title", edge.remark) if edge.remark else None,
        el("rect", rx="3", class_="ground", **ground),
        el("text", route.text, x=units(x), y=units(y + 3.5), text_anchor="middle", class_="said"),
    )
