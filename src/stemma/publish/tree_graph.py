"""The family graph as a picture (SVG, DOT) and as a page."""

from __future__ import annotations

from stemma.publish import figures
from stemma.publish.graph import Edge, Graph, Node, State, Style, dot_document, svg_document, svg_element
from stemma.publish.graph.style import GRAPH_CSS
from stemma.publish.html.elements import Content, el, page
from stemma.publish.html.parts import costs, foot, grid, section, sentences
from stemma.publish.html.style import CSS
from stemma.publish.tree_model import TreeEdge, TreeReport
from stemma.publish.tree_words import edge_words, short_names, tree_sentence


def tree_svg(report: TreeReport) -> str:
    """A picture as a file of its own."""
    return svg_document(graph_of(report))


def tree_dot(report: TreeReport) -> str:
    """The same for Graphviz."""
    return dot_document(graph_of(report))


def tree_page(report: TreeReport) -> str:
    """A self-contained page: the picture, then every edge with its evidence."""
    body: Content = (
        el("div", "Stemma · family graph by weights", class_="brand"),
        el("div", el("div", "family graph", class_="tag"), el("h1", tree_sentence(report)), class_="verdict open"),
        el("figure", el("div", svg_element(graph_of(report), "tree"), class_="scroll", tabindex="0")),
        section("Edges", _edges(report)),
        section("Could not be read", sentences([f"{m.name}: {m.error}" for m in report.models if m.error is not None])),
        section("What was not looked at", sentences(report.not_examined)),
        foot(f"Stemma {report.stemma}".strip(), costs(report.cost)),
    )
    return page("Family graph", CSS + GRAPH_CSS, el("main", body))


def graph_of(report: TreeReport) -> Graph:
    """The report as the neutral graph that pictures are drawn from."""
    short = short_names([m.name for m in report.models])
    nodes = tuple(
        Node(
            m.name,
            (short[m.name], f"family {m.family}" if m.error is None else "could not be read"),
            state=State.PLAIN if m.error is None else State.MISSING,
            remark=m.name if m.error is None else f"{m.name}: {m.error}",
        )
        for m in report.models
    )
    edges = tuple(
        Edge(
            e.source, e.target, _label(e), Style.MEASURED if e.resolved else Style.UNRESOLVED, e.directed, e.reasons[-1]
        )
        for e in report.edges
    )
    return Graph(nodes, edges, "Family graph")


def _label(edge: TreeEdge) -> str:
    return edge.mechanism.meaning if edge.mechanism else str(edge.kind)


def _edges(report: TreeReport) -> Content:
    rows: list[list[Content]] = [
        [
            (el("code", e.source), el("small", edge_words(e)), el("code", e.target)),
            (_label(e), el("details", el("summary", "Why"), sentences(e.reasons))),
            figures.p_value(e.log10_p),
            figures.number(e.distance) if e.distance is not None else "–",
        ]
        for e in report.edges
    ]
    caption = "p is the strongest of the pair's tests; the distance is relative to the size of the weights."
    return grid(["Edge", "How", ">p", ">Distance"], rows, caption)
