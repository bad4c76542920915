"""The pieces of a view: items with links and origins, entries, grids, sections."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from stemma.immutable import immutable
from stemma.publish import figures
from stemma.records import Json, Origin

_WEB = re.compile(r"https?://[^\s<>\"'`{}|\\^\x00-\x20\x7f-\x9f]+", re.IGNORECASE)

Links = Callable[[str], str | None]  # from name@version to the address of its page, where there is one


@immutable
class Named:
    """A record by ``name@version``, with the address of its page where it has one.

    ``note`` is shown by pages while a pointer or the focus is on it.
    """

    key: str
    link: str | None = None
    note: str = ""


@immutable
class Item:
    """A piece of text; ``link`` leads to what it names, ``origin`` is the other record that wrote it."""

    text: str
    link: str | None = None
    origin: Named | None = None


@immutable
class Entry:
    """A label and its values. ``prose``: paragraphs of text, not words in a line."""

    label: str
    items: tuple[Item, ...]
    prose: bool = False


@immutable
class Grid:
    """A table; every cell holds any number of items. A column whose name starts with > is set flush right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[Item, ...], ...], ...]
    caption: str

    @property
    def filled(self) -> Grid:
        """The same without columns in which nothing stands."""
        kept = [at for at in range(len(self.columns)) if any(row[at] for row in self.rows)]
        rows = tuple(tuple(row[at] for at in kept) for row in self.rows)
        return Grid(tuple(self.columns[at] for at in kept), rows, self.caption)

    @property
    def shares(self) -> tuple[float, ...]:
        """How much of the width each column should take where columns do not find their own; adds up to 1."""
        longest = [
            max([len(name), *(len(item.text) for row in self.rows for item in row[at])])
            for at, name in enumerate(self.columns)
        ]
        weights = [math.sqrt(min(max(length, 8), 90)) for length in longest]
        return tuple(weight / sum(weights) for weight in weights)


@immutable
class Section:
    """Entries and grids under a title; ``id`` is a constant, fit for an address."""

    id: str
    title: str
    entries: tuple[Entry, ...] = ()
    grids: tuple[Grid, ...] = ()


def web_address(text: str) -> str | None:
    """``text`` where the whole of it is an address that a page may lead to."""
    return text if _WEB.fullmatch(text) else None


def nobody(_key: str) -> str | None:
    """The links of a document that stands alone."""
    return None


def label(path: str) -> str:
    """The last part of a dotted path as a person would write it."""
    words = path.rsplit(".", 1)[-1].replace("_", " ").strip()
    return {"csam": "CSAM", "nsfw": "NSFW", "purls": "Package URLs"}.get(
        words, words if words.startswith("x-") else words[:1].upper() + words[1:]
    )


def texts(value: Json) -> list[str]:
    """A value as one text for each item of a list, else as one."""
    if isinstance(value, list):
        return [one_text(item) for item in value]
    return [] if value is None else [one_text(value)]


def one_text(value: Json) -> str:
    """Any value in a line."""
    if isinstance(value, dict):
        return ", ".join(f"{label(key)}: {one_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(one_text, value))
    return figures.anything(value)


def origin_of(origin: Origin, key: str, links: Links) -> Named | None:
    """The other record that wrote a value; None where the record with ``key`` did itself."""
    return None if origin.record == key else Named(origin.record, links(origin.record))
