"""The per-layer picture as a heat map, with the same numbers as a table for those who cannot see it."""

from __future__ import annotations

from stemma.constitution.interface import Ruling
from stemma.publish.figures import number, p_value, short, visible
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.picture import STEPS, Cell, Column, Picture, Row, layer_picture

_TALL, _NAMES, _ROOM, _TOP = 24, 186, 30, 34
_NARROWEST, _WIDEST, _FRAME = 26, 40, 985


def heatmap(ruling: Ruling) -> Content:
    """The figure, or None where no test looked at single layers."""
    picture = layer_picture(ruling)
    if picture is None:
        return None
    wide = _cell_width(picture)
    return (
        el(
            "figure",
            [
                el("div", _band(columns, rows, wide), class_="scroll", tabindex="0")
                for columns, rows in picture.bands(_ROOM)
            ],
            _legend(),
            el(
                "figcaption",
                "One column a layer of model B, one row a test. The number is the effect: a correlation, a share or "
                f"a ratio. A dot marks what chance alone would give less often than {p_value_of(ruling)}.",
                f" {picture.left_out} more layers are not drawn." if picture.left_out else None,
            ),
        ),
        el("details", el("summary", "The same as a table"), el("div", _table(picture), class_="scroll", tabindex="0")),
    )


def p_value_of(ruling: Ruling) -> str:
    """Alpha as people read it."""
    return f"{ruling.alpha:g}"


def _cell_width(picture: Picture) -> int:
    shown = min(len(picture.columns), _ROOM)
    return max(_NARROWEST, min(_WIDEST, (_FRAME - _NAMES) // shown))


def _band(columns: tuple[Column, ...], rows: tuple[Row, ...], wide: int) -> Element:
    width, height = _NAMES + wide * len(columns) + 2, _TOP + _TALL * len(rows) + 4
    return el(
        "svg",
        el("title", f"Effect of {len(rows)} tests in {len(columns)} layers; the table below has the numbers."),
        _stacks(columns, wide),
        [_header(n, column, wide) for n, column in enumerate(columns)],
        [_row(n, row, wide) for n, row in enumerate(rows)],
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
    )


def _stacks(columns: tuple[Column, ...], wide: int) -> list[Element]:
    starts = [n for n, c in enumerate(columns) if n == 0 or columns[n - 1].stack != c.stack]
    return [
        el("text", visible(columns[n].stack, 40), x=_NAMES + n * wide + 2, y=12, font_size=11, class_="soft")
        for n in starts
    ]


def _header(n: int, column: Column, wide: int) -> Element:
    x = _NAMES + n * wide + wide / 2
    return el("text", str(column.layer), x=x, y=_TOP - 6, text_anchor="middle", font_size=10, class_="soft")


def _row(n: int, row: Row, wide: int) -> Element:
    y = _TOP + n * _TALL
    name = el("text", visible(row.name, 27), el("title", row.name), x=0, y=y + 16, font_size=12)
    return el("g", name, [_cell(i, y, cell, wide) for i, cell in enumerate(row.cells)])


def _cell(n: int, y: int, cell: Cell | None, wide: int) -> Element:
    x = _NAMES + n * wide
    if cell is None:
        return el("rect", x=x + 1, y=y + 1, width=wide - 2, height=_TALL - 2, class_="none")
    return el(
        "g",
        el("title", _words(cell)),
        el("rect", x=x, y=y, width=wide - 1, height=_TALL - 1, rx=2, class_=f"h{cell.step}"),
        el("text", short(cell.effect), x=x + (wide - 1) / 2, y=y + 15, text_anchor="middle", font_size=9.5,
           class_=f"t{cell.step}"),
        el("circle", cx=x + wide - 5, cy=y + 4, r=1.7, class_=f"t{cell.step}") if cell.sure else None,
    )  # fmt: skip


def _words(cell: Cell) -> str:
    many = f", {cell.count} values from {short(cell.low)} to {short(cell.high)}" if cell.count > 1 else ""
    return f"{cell.sites}: effect {number(cell.effect)}{many}, p {p_value(cell.log10_p)}"


def _legend() -> Element:
    edges = ["0", *(f"{edge:g}".lstrip("0") for edge in STEPS)]
    boxes = [
        el(
            "g",
            el("rect", x=n * 44, y=0, width=43, height=12, rx=2, class_=f"h{n}"),
            el("text", f"{edge}+" if n == len(STEPS) else edge, x=n * 44, y=25, font_size=10, class_="soft"),
        )
        for n, edge in enumerate(edges)
    ]
    return el("svg", el("title", "Scale of effects"), boxes, viewBox="0 0 400 28", width=400, height=28, role="img")


def _table(picture: Picture) -> Element:
    head = el("tr", el("th", "Layer", scope="col"), [el("th", r.name, scope="col", class_="n") for r in picture.rows])
    body = [
        el(
            "tr",
            el("th", f"{column.stack} {column.layer}".strip(), scope="row"),
            [el("td", _number_and_p(row.cells[n]), class_="n") for row in picture.rows],
        )
        for n, column in enumerate(picture.columns)
    ]
    return el(
        "table", el("caption", "Effect and p-value by layer", class_="note"), el("thead", head), el("tbody", body)
    )


def _number_and_p(cell: Cell | None) -> Content:
    if cell is None:
        return "–"
    return (number(cell.effect), el("small", f"p {p_value(cell.log10_p)}") if cell.log10_p is not None else None)
