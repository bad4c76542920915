"""The files of one record in a site, and of one name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from stemma.publish.graph import Graph
from stemma.publish.html.elements import el, page
from stemma.publish.record import RecordView, record_html, record_json, record_jsonld, record_markdown
from stemma.publish.record.style import RECORD_CSS
from stemma.publish.site.addresses import HOME, Addresses, stem
from stemma.records import Record

_FORMS = (("JSON", ".json", "application/json"), ("JSON-LD", ".jsonld", "application/ld+json"))
_MARKDOWN = ("Markdown", ".md", "text/markdown")


def record_files(view: RecordView, picture: Graph) -> Iterator[tuple[str, str]]:
    """Every file of one record: its place in the site, and its text."""
    place, version = stem(view.key), str(view.resolved.version)
    alternates = [(words, version + ending, kind) for words, ending, kind in (*_FORMS, _MARKDOWN)]
    yield place + ".html", record_html(view, picture, home=HOME, alternates=alternates)
    yield place + ".json", record_json(view)
    yield place + ".jsonld", record_jsonld(view)
    yield place + ".md", record_markdown(view)


def history_page(records: Sequence[Record], addresses: Addresses) -> tuple[str, str]:
    """The page of a name: its versions, newest first."""
    newest = records[0]
    items = [
        el("li", el("a", record.key, href=addresses.beside(record.key)), f" {record.title}", _state(record))
        for record in records
    ]
    body = (
        el("div", el("a", "All records", href=HOME), class_="crumbs"),
        el("h1", newest.title),
        el("p", f"All versions of {newest.name}, newest first.", class_="note"),
        el("ul", items),
    )
    text = page(f"{newest.title} · versions", RECORD_CSS, el("main", body))
    return f"records/{newest.name}/index.html", text


def _state(record: Record) -> str:
    return "" if record.status.state == "active" else f" ({record.status.state})"


@cache
def code_digest() -> str:
    """A digest over everything here that decides how a page looks."""
    total = hashlib.sha256()
    here = files("stemma.publish")
    parts = [here / part for part in ("figures.py", "canonical.py", "html", "graph", "record", "registry", "site")]
    for part in (*parts, files("stemma.records") / "data", files("stemma.vocabulary")):
        for file in _below(part):
            total.update(file.read_bytes() + b"\0")
    return total.hexdigest()


def _below(place: Traversable) -> Iterator[Traversable]:
    if place.is_file():
        yield place
    elif place.is_dir() and place.name != "__pycache__":
        for inner in sorted(place.iterdir(), key=lambda each: each.name):
            yield from _below(inner)
