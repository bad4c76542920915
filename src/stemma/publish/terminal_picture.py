"""The per-layer picture in characters: height says how much is shared, the count how many layers are beyond chance."""

from __future__ import annotations

from rich.text import Text

from stemma.constitution.interface import Ruling
from stemma.publish.figures import short, visible
from stemma.publish.picture import STEPS, Cell, Column, Row, layer_picture

_BLOCKS = "·▁▂▃▄▅▆▇█"
_ASCII = ".123456789"[: len(_BLOCKS)]
_NOTHING = " "
_LONGEST_NAME = 30


def picture_lines(ruling: Ruling, width: int, *, ascii_only: bool) -> list[Text]:
    """The picture within ``width`` columns, or no lines where no test looked at layers."""
    picture = layer_picture(ruling)
    if picture is None:
        return []
    names = min(_LONGEST_NAME, max(len(visible(r.name)) for r in picture.rows))
    room = max(8, width - names - 26)
    glyphs = _ASCII if ascii_only else _BLOCKS
    lines: list[Text] = []
    for columns, rows in picture.bands(room):
        lines.append(Text(" " * (names + 3) + visible(_range(columns), 60), style="dim"))
        lines.extend(_line(row, names, glyphs) for row in rows)
    lines.append(_legend(glyphs))
    if picture.left_out:
        lines.append(Text(f" {picture.left_out} more layers are not drawn.", style="dim"))
    return lines


def _line(row: Row, names: int, glyphs: str) -> Text:
    cells = [c for c in row.cells if c is not None]
    line = Text(f" {_cut(visible(row.name), names):<{names}}  ")
    for cell in row.cells:
        line.append(_glyph(cell, glyphs), style="bold" if cell and cell.sure else "dim")
    if cells:
        sure = sum(c.sure for c in cells)
        line.append(f"  {short(min(c.low for c in cells))} to {short(max(c.high for c in cells))}")
        if any(c.log10_p is not None for c in cells):
            line.append(f"  {sure}/{len(cells)}", style="bold" if sure else "dim")
    return line


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else name[: width - 1] + "…"


def _glyph(cell: Cell | None, glyphs: str) -> str:
    return _NOTHING if cell is None else glyphs[cell.step]


def _range(columns: tuple[Column, ...]) -> str:
    first, last = columns[0], columns[-1]
    span = f"{first.layer}" if first == last else f"{first.layer}–{last.layer}"
    if first.stack != last.stack:
        return f"layers {first.stack} {first.layer} to {last.stack} {last.layer}"
    return f"{first.stack} layers {span}".strip()


def _legend(glyphs: str) -> Text:
    scale = f"{glyphs[0]} below {STEPS[0]:.2f}, {glyphs[-1]} {STEPS[-1]:.2f} and up"
    return Text(f" effect: {scale}; n/m: layers beyond chance", style="dim")
