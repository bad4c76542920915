"""The one drawing room for pictures of lineage: a neutral graph in, SVG or DOT out."""

from __future__ import annotations

from stemma.publish.graph.dot import dot_document
from stemma.publish.graph.model import Direction, Edge, Graph, Kind, Node, State, Style
from stemma.publish.graph.style import GRAPH_CSS
from stemma.publish.graph.svg import svg_document, svg_element

__all__ = [
    "GRAPH_CSS",
    "Direction",
    "Edge",
    "Graph",
    "Kind",
    "Node",
    "State",
    "Style",
    "dot_document",
    "svg_document",
    "svg_element",
]
