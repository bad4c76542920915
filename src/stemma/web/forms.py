"""A record in every form in which it is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec

from stemma.immutable import immutable
from stemma.publish.graph import dot_document, svg_document
from stemma.publish.record import (
    record_html,
    record_json,
    record_jsonld,
    record_latex,
    record_markdown,
    record_pdf,
)
from stemma.usecases.browse.records import ShownRecord


@immutable
class Form:
    """``words`` for people, ``media`` for programs, ``keep`` where it is a file rather than a page."""

    words: str
    media: str
    render: Callable[[ShownRecord], str | bytes]
    keep: bool = True


FORMS: Mapping[str, Form] = {
    "yaml": Form("YAML", "application/yaml", lambda shown: shown.text),
    "json": Form("JSON", "application/json", lambda shown: record_json(shown.view), keep=False),
    "jsonld": Form("JSON-LD", "application/ld+json", lambda shown: record_jsonld(shown.view), keep=False),
    "md": Form("Markdown", "text/markdown; charset=utf-8", lambda shown: record_markdown(shown.view)),
    "html": Form("HTML", "text/html; charset=utf-8", lambda shown: record_html(shown.view, shown.nearby)),
    "pdf": Form("PDF", "application/pdf", lambda shown: record_pdf(shown.view, shown.nearby)),
    "tex": Form("LaTeX", "application/x-tex", lambda shown: record_latex(shown.view)),
    "svg": Form("SVG", "image/svg+xml", lambda shown: svg_document(shown.lineage)),
    "dot": Form("DOT", "text/vnd.graphviz", lambda shown: dot_document(shown.lineage)),
}


@cache
def available() -> tuple[str, ...]:
    """The forms that can be made here: PDF takes an extra."""
    return tuple(name for name in FORMS if name != "pdf" or find_spec("typst") is not None)
