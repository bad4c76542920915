"""A merge on a terminal: parents with their coefficients, the curve over layers, the configuration."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from stemma.evidence.merge import Merge
from stemma.publish.figures import visible
from stemma.publish.merge_config import merge_configuration
from stemma.publish.merge_words import merge_reasons, merge_sentence, share_words
from stemma.publish.terminal_parts import write, write_section, write_table, write_title


def render_merge(merge: Merge, console: Console) -> None:
    """Write what the query was merged from."""
    write_section(console, "Merge", [merge_sentence(merge), *merge_reasons(merge)])
    write_table(
        console,
        "",
        [">#", "Parent", ">Coefficient", ">95 %", ">Kept"],
        [
            (str(n), p.name, f"{p.coefficient:.3f}", share_words(p.low, p.high), f"{p.density:.0%}")
            for n, p in enumerate(merge.parents, start=1)
        ],
    )
    write_table(
        console,
        "By layer",
        ["Layer", *(f">parent {n}" for n in range(1, len(merge.parents) + 1))],
        [(layer.layer, *(f"{c:.3f}" for c in layer.coefficients)) for layer in merge.layers],
    )
    write_title(console, "Nearest mergekit configuration")
    write(console, Padding(Text(visible_lines(merge_configuration(merge))), (0, 2)))


def visible_lines(text: str) -> str:
    """Control characters made visible, lines kept."""
    return "\n".join(visible(line, len(line) + 1) for line in text.rstrip("\n").split("\n"))
