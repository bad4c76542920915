"""A graph as DOT for those who have Graphviz; every string is a quoted one, so that none can become markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stemma.publish.figures import visible
from stemma.publish.graph.model import Direction, Edge, Graph, Kind, Node, State, Style

_SHAPES: Mapping[Kind, str] = {
    Kind.MODEL: "box",
    Kind.DATASET: "cylinder",
    Kind.FAMILY: "house",
    Kind.ADAPTER: "parallelogram",
    Kind.BENCHMARK: "hexagon",
    Kind.OTHER: "ellipse",
}
_STATES: Mapping[State, dict[str, str]] = {
    State.PLAIN: {},
    State.FOCUS: {"penwidth": "2.5"},
    State.MISSING: {"style": "dashed"},
    State.ALERT: {"color": "#9b1c1c", "penwidth": "2"},
    State.WITHDRAWN: {"fontcolor": "#57606a", "style": "dotted"},
}
_STYLES: Mapping[Style, dict[str, str]] = {
    Style.DECLARED: {"arrowhead": "empty"},
    Style.MEASURED: {"penwidth": "2.5"},
    Style.CONFIRMED: {"color": "black:invis:black"},
    Style.CONFLICTING: {"style": "dashed", "color": "#9b1c1c", "arrowhead": "normaltee"},
    Style.UNRESOLVED: {"style": "dotted", "arrowhead": "empty"},
}


def dot_document(graph: Graph) -> str:
    """The graph in the DOT language."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield f"digraph {_quoted(graph.title)} {{"
    way = "LR" if graph.direction is Direction.RIGHT else "TB"
    yield f'  graph [rankdir={way}, label={_quoted(graph.title)}, labelloc="t", fontname="sans-serif"];'
    yield '  node [fontname="sans-serif", fontsize=11];'
    yield '  edge [fontname="sans-serif", fontsize=9];'
    for node in graph.nodes:
        yield f"  {names[node.id]} [{_node(node)}];"
    for edge in graph.edges:
        yield f"  {names[edge.source]} -> {names[edge.target]} [{_edge(edge)}];"
    yield "}"


def _node(node: Node) -> str:
    told = {"label": "\n".join(node.label), "shape": _SHAPES[node.kind], **_STATES[node.state]}
    if node.state is not State.PLAIN and node.state is not State.FOCUS:
        told["label"] += f"\n({node.state})"
    if node.link:
        told["URL"] = node.link
    told["tooltip"] = node.remark or node.label[0]
    return _attributes(told)


def _edge(edge: Edge) -> str:
    told = dict(_STYLES[edge.style])
    if edge.label:
        told["label"] = edge.label
    if not edge.directed:
        told |= {"dir": "none", "constraint": "false"}
    told["tooltip"] = edge.remark or f"{edge.label} ({edge.style})".strip()
    return _attributes(told)


def _attributes(told: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in told.items())


def _quoted(text: str) -> str:
    """A quoted string whose backslashes mean themselves; line breaks stay line breaks, HTML entities stay text."""
    lines = (visible(line).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") for line in text.split("\n"))
    return '"' + "\\n".join(lines) + '"'
