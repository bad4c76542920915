"""The pieces that terminal reports are written with: sections, tables, facts, and letters for poor terminals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from stemma.publish import figures
from stemma.publish.figures import visible

WIDEST = 120


def write(console: Console, content: RenderableType | None) -> None:
    """Write to the console, no wider than people read; nothing where there is nothing."""
    if content is not None:
        shown = _Ascii(content) if console.options.ascii_only else content
        console.print(shown, width=min(console.width, WIDEST), highlight=False)


class _Ascii:
    """Its content in letters that every encoding has."""

    def __init__(self, content: RenderableType) -> None:
        self.content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.content, options):
            yield Segment(in_ascii(segment.text), segment.style, segment.control)


_SIGNS = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "·": "-",
        "→": ">",
        "…": "~",
        "“": '"',
        "”": '"',
        "±": "~",
        "∞": "I",
        "⁻": "-",
    }
    | dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))
)


def in_ascii(text: str) -> str:
    """``text`` with superscripts written ``10^-7`` and everything else that is not ASCII replaced."""
    raised = re.sub(r"([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", r"^\1", text)
    return raised.translate(_SIGNS).encode("ascii", "replace").decode()


def write_table(console: Console, title: str, columns: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    """A table under a title; a column whose name starts with > is set flush right."""
    if not rows:
        return
    if title:
        write_title(console, title)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in columns:
        right = name.startswith(">")
        head = Text(name.removeprefix(">"), style="dim")
        table.add_column(head, justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    write(console, Padding(table, (0, 1), expand=False))


def facts_grid(facts: dict[str, str]) -> RenderableType:
    """Names and values in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(Text(visible(name)), Text(visible(value)))
    return Padding(table, (0, 1), expand=False)


def write_mapping(console: Console, title: str, mapping: Mapping[str, Any]) -> None:
    """A mapping under a title, sorted; nothing where it is empty."""
    if mapping:
        write_title(console, title)
        write(console, facts_grid({k: figures.anything(v) for k, v in sorted(mapping.items())}))


def write_section(console: Console, title: str, sentences: Sequence[str]) -> None:
    """Sentences as a list under a title; nothing where there are none."""
    if not sentences:
        return
    write_title(console, title)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sentence in sentences:
        table.add_row("·", Text(visible(sentence)))
    write(console, Padding(table, (0, 1), expand=False))


def write_title(console: Console, title: str) -> None:
    """A title above what follows."""
    write(console, Text(f"\n{title}", style="bold"))


def write_heading(console: Console, name: str) -> None:
    """The name of what the report is about."""
    write(console, Text(visible(name), style="bold"))


def write_failure(console: Console, name: str, error: str | None) -> None:
    """What failed, and why."""
    write(console, Text(visible(name), style="bold red"))
    write(console, Text(visible(error or "")))
