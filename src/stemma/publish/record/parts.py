"""Pieces of pages of records: items with their origin, entries, tables, text in paragraphs."""

from __future__ import annotations

import re

from stemma.publish.html.elements import Content, Element, el
from stemma.publish.record.values import Entry, Grid, Item

_PIECE = 1500  # shorter than what the builder cuts


def named(item: Item) -> Content:
    """The text, as a link where it has one."""
    text = _pieces(item.text)
    return el("a", text, href=item.link) if item.link else text


def _origin(item: Item, tag: str = "span") -> Content:
    if item.origin is None:
        return None
    key, link = item.origin.key, item.origin.link
    note = el("span", item.origin.note, class_="tip", role="note") if item.origin.note else None
    return el(tag, "from ", el("a", key, href=link) if link else key, note, class_="from")


def paragraphs(text: str) -> Content:
    """Lines of text, broken where the text breaks them."""
    lines = text.replace("\t", " ").splitlines()
    return [(el("br") if number else None, _pieces(line)) for number, line in enumerate(lines)]


def prose(item: Item) -> Content:
    """A longer text as paragraphs, with its origin below."""
    blocks = [block for block in re.split(r"\n\s*\n", item.text.replace("\r\n", "\n")) if block.strip()]
    return ([el("p", paragraphs(block.strip("\n"))) for block in blocks], _origin(item, "p"))


def entries(of: tuple[Entry, ...]) -> Content:
    """Labels and values; where all items of an entry have one origin it is said once."""
    return el("dl", [(el("dt", entry.label), el("dd", _values(entry))) for entry in of]) if of else None


def _values(entry: Entry) -> Content:
    if entry.prose:
        return [prose(item) for item in entry.items]
    if len(entry.items) == 1:
        return (_lines(entry.items[0]), _origin(entry.items[0]))
    long = any(len(item.text) > 60 for item in entry.items)
    same = len({item.origin for item in entry.items}) == 1
    items = [el("li", _lines(item), None if same else _origin(item)) for item in entry.items]
    last = _origin(entry.items[0]) if same and entry.items else None
    return (el("ul", items, class_=None if long else "plain"), last)


def _lines(item: Item) -> Content:
    return named(item) if item.link else paragraphs(item.text)


def grid(of: Grid) -> Element:
    """A table."""
    right = ["n" if name.startswith(">") else None for name in of.columns]
    head = [el("th", name.removeprefix(">"), scope="col", class_=k) for name, k in zip(of.columns, right, strict=True)]
    rows = [el("tr", [_cell(cell, kind) for cell, kind in zip(row, right, strict=True)]) for row in of.rows]
    table = el("table", el("caption", of.caption, class_="note"), el("thead", el("tr", head)), el("tbody", rows))
    return el("div", table, class_="scroll", tabindex="0")


def _cell(items: tuple[Item, ...], kind: str | None) -> Element:
    if len(items) == 1:
        only = items[0]
        mark = "present" if only.text == "present" else None
        return el("td", el("span", _lines(only), class_=mark) if mark else _lines(only), _origin(only), class_=kind)
    first, *rest = items or (Item("–"),)
    return el("td", _lines(first), _origin(first), [el("small", _lines(item), _origin(item)) for item in rest])


def _pieces(text: str) -> Content:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
