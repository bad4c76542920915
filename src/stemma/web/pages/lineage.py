"""The lineage explorer: a picture and tables from the server; where scripts run, a picture that one can walk in."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.publish.figures import counted
from stemma.publish.graph import Graph, svg_element
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.parts import section
from stemma.registry import Step
from stemma.usecases.browse.graph import MAX_DEPTH, EdgeSeen, NodeSeen, Seen
from stemma.web import addresses
from stemma.web.pages.shell import form, main, page, table

MOST_DRAWN = 80
_SCRIPTS = ("cytoscape.min.js", "layout.js", "strokes.js", "hands.js", "tree.js", "crowd.js", "explorer.js", "app.js")
_ID = "__________cytoscape_stylesheet"  # the library adds a style sheet of its own unless there is one of this name


def lineage_page(
    seen: Seen | None,
    picture: Graph | None,
    *,
    root: str,
    up: int,
    down: int,
    ends: tuple[str, str],
    ways: Sequence[Sequence[Step]],
    said: str = "",
) -> str:
    """The page; without ``seen`` it asks where to begin, and ``said`` is why nothing is shown."""
    body: Content = (
        el("p", said or "Name a record to see what it was made from, and what was made of it.", class_="empty")
        if seen is None
        else _shown(seen, picture, up, down, ends, ways)
    )
    return page(
        f"Lineage of {seen.root}" if seen else "Lineage",
        main(el("h1", "Lineage"), _controls(root, up, down), body, wide=True),
        here="/lineage",
        head=el("meta", id=_ID, name="generator", content="Stemma"),
        scripts=_SCRIPTS if seen else ("app.js",),
    )


def _controls(root: str, up: int, down: int) -> Element:
    return form(
        "/lineage",
        el(
            "label",
            "Record, NAME or NAME@VERSION (press /)",
            el("input", id="q", name="root", value=root, required="", autocomplete="off", spellcheck="false"),
            class_="wide",
        ),
        _depth("up", "Steps up", up),
        _depth("down", "Steps down", down),
        el("button", "Show", type="submit"),
        class_="controls",
    )


def _depth(name: str, words: str, chosen: int) -> Element:
    steps = [el("option", str(n), value=str(n), selected="" if n == chosen else None) for n in range(MAX_DEPTH + 1)]
    return el("label", words, el("select", steps, name=name))


def _shown(
    seen: Seen, picture: Graph | None, up: int, down: int, ends: tuple[str, str], ways: Sequence[Sequence[Step]]
) -> Content:
    large = f"More than {MOST_DRAWN} nodes: too many to draw without a script. They are all in the tables below."
    drawn = el("div", svg_element(picture, "lineage")) if picture else el("p", large, class_="empty")
    query: dict[str, str | int] = {"root": seen.root, "up": up, "down": down}
    return (
        el("p", _counted(seen), id="told", role="status", class_="note"),
        _tools(addresses.with_query("/lineage.svg", **query)),
        el("p", "There is more than is shown: take fewer steps.", id="more", class_="note")
        if not seen.complete
        else None,
        el(
            "div",
            drawn,
            id="explorer",
            class_="picture explorer",
            tabindex="0",
            role="region",
            aria_label="Picture of the lineage; the tables below say the same",
            data_root=seen.root,
            data_up=str(up),
            data_down=str(down),
        ),
        _panel(),
        _legend(),
        _ways(ends, ways),
        section("Nodes", _nodes(seen.nodes, up, down)),
        section("Edges", _edges(seen)),
    )


def _counted(seen: Seen) -> str:
    return f"{counted(len(seen.nodes), 'node')}, {counted(len(seen.edges), 'edge')}"


def _tools(svg: str) -> Element:
    return el(
        "div",
        _do("fit", "Fit"),
        _do("clear", "Clear the way"),
        _do("png", "PNG"),
        el("a", "SVG", href=svg, id="as-svg", class_="button quiet", download=""),
        id="tools",
        class_="tools",
        hidden="",
    )


def _panel() -> Element:
    return el(
        "div",
        el("b", "", data_name=""),
        el("span", "", data_told="", class_="note"),
        el(
            "div",
            el("a", "Open the record", href="/", class_="button"),
            _do("expand", "Expand"),
            _do("collapse", "Collapse"),
            _do("centre", "Centre here"),
            _do("from", "Way from here"),
            _do("to", "Way to here"),
            class_="tools",
        ),
        id="panel",
        class_="card panel",
        role="group",
        aria_label="The chosen node",
        hidden="",
    )


def _do(deed: str, words: str) -> Element:
    return el("button", words, type="button", data_do=deed, class_="quiet")


def _legend() -> Element:
    return el(
        "p",
        "Declared: a thin line, hollow arrow. Measured in the weights: thick, filled arrow. Both: thickest, with a dot "
        "at its start. Conflicting: dashed, with a bar at its start. Not sure: dotted. Reached by an advisory: double "
        "border and ⚠. No record: dashed border. Arrows lead from what was there first.",
        class_="note",
    )


def _ways(ends: tuple[str, str], ways: Sequence[Sequence[Step]]) -> Content:
    if not all(ends):
        return None
    rows = [el("li", _way(way)) for way in ways]
    shown = el("ol", rows) if rows else el("p", "No way leads from the one to the other.")
    return section(f"From {ends[0]} to {ends[1]}", shown)


def _way(way: Sequence[Step]) -> Content:
    first = _node(way[0].upstream)
    return (first, [(f" → ({step.kind}, {step.basis}) ", _node(step.downstream)) for step in way])


def _node(key: str) -> Content:
    link = addresses.record(key)
    return el("a", key, href=link) if link else key


def _nodes(nodes: Sequence[NodeSeen], up: int, down: int) -> Element:
    rows = []
    for node in nodes:
        steps = abs(node.distance)
        where = "this one" if not steps else f"{steps} {'above' if node.distance < 0 else 'below'}"
        advisories = [(el("a", name, href=addresses.advisory(name)), " ") for name in node.advisories]
        state = str(node.state) if str(node.state) not in ("plain", "this one") else ""
        centre = el("a", "centre", href=addresses.with_query("/lineage", root=node.key, up=up, down=down))
        rows.append((_node(node.key), node.title, str(node.kind), where, state, advisories or "–", centre))
    heads = ("Node", "Title", "Kind", "Where", "State", "Advisories", "Look from here")
    return table(heads, rows)


def _edges(seen: Seen) -> Element:
    rows = [
        (
            _node(edge.upstream),
            _node(edge.downstream),
            edge.said,
            _rests_on(edge),
            ", ".join(edge.grounds) or "–",
            "; ".join(edge.doubts) or "–",
        )
        for edge in seen.edges
    ]
    return table(("From", "To", "Relation", "Rests on", "Grounds", "Doubts"), rows)


def _rests_on(edge: EdgeSeen) -> Content:
    words = str(edge.style) if edge.directed else f"{edge.style}, which way is not known"
    return el("a", words, href=addresses.pair(edge.upstream, edge.downstream)) if edge.measured else words
