"""The family graph on a terminal: families as indented trees, then what could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from stemma.publish import figures
from stemma.publish.figures import visible
from stemma.publish.terminal_parts import write, write_section, write_table
from stemma.publish.tree_model import EdgeKind, TreeEdge, TreeReport
from stemma.publish.tree_words import short_names, tree_sentence


def render_tree(report: TreeReport, console: Console) -> None:
    """Write every family as a tree; ``→`` leads to what was made, ``–`` joins kin whose way is not known."""
    write(console, Text(visible(tree_sentence(report))))
    short = short_names([m.name for m in report.models])
    drawn: set[str] = set()
    for root in _roots(report):
        if root not in drawn:
            write(console, Text(""))
            write(console, Text(visible(short[root]), style="bold"))
            drawn.add(root)
            for line in _below(root, report, short, drawn, 1):
                write(console, Text(line))
    write_table(
        console,
        "Edges",
        ["From", "", "To", "How", ">p", ">Distance"],
        [
            (
                short[e.source],
                "→" if e.directed else "–",
                short[e.target],
                _how(e),
                figures.p_value(e.log10_p),
                figures.number(e.distance) if e.distance is not None else "–",
            )
            for e in report.edges
        ],
    )
    write_section(console, "Could not be read", [f"{m.name}: {m.error}" for m in report.models if m.error is not None])
    write_section(console, "Not looked at", report.not_examined)


def _roots(report: TreeReport) -> list[str]:
    """In each family those first that nothing leads to."""
    led_to = {e.target for e in report.edges if e.directed}
    readable = [m.name for m in report.models if m.error is None]
    return sorted(readable, key=lambda name: name in led_to)


def _below(name: str, report: TreeReport, short: dict[str, str], drawn: set[str], depth: int) -> Iterator[str]:
    for edge in report.edges:
        if name not in (edge.source, edge.target) or (edge.directed and edge.target == name):
            continue
        other = edge.target if edge.source == name else edge.source
        again = other in drawn
        if again and not edge.directed:
            continue
        sign = "→" if edge.directed else "–"
        seen = " (see above)" if again else ""
        yield f"{'   ' * depth}{sign} {visible(short[other])}  [{_how(edge)}]{seen}"
        if not again:
            drawn.add(other)
            yield from _below(other, report, short, drawn, min(depth + 1, 12))


def _how(edge: TreeEdge) -> str:
    code = f"{edge.mechanism}" if edge.mechanism else str(edge.kind)
    name = "same weights" if edge.kind is EdgeKind.COPY and not edge.directed else code
    return name if edge.resolved else f"{name}?"
