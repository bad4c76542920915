"""What surrounds every page: head, way around, foot. And the few elements that only a server's pages have."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from html import escape

from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.publish.html.elements import Content, Element, el
from stemma.web.assets import address

WAYS = (
    ("/", "Records"),
    ("/lineage", "Lineage"),
    ("/advisories", "Advisories"),
    ("/alerts", "Alerts"),
    ("/scan", "Scan"),
)
WRITES: ContextVar[bool] = ContextVar("writes", default=False)
"""Whether the page that is being made is for somebody whose token writes."""
_HTMX = '{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true}'


def page(title: str, *body: Content, here: str = "", head: Content = None, scripts: tuple[str, ...] = ()) -> str:
    """A whole page. ``here`` is the way that it belongs to; ``scripts`` are names of files that it runs."""
    heads = (
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="htmx-config", content=_HTMX),
        el("link", rel="icon", href=address("icon.svg"), type="image/svg+xml"),
        el("link", rel="stylesheet", href=address("stemma.css")),
        el("title", f"{title} · Stemma"),
        head,
        [script(address(name)) for name in scripts],
    )
    body_element = el("body", el("a", "Skip to the content", href="#main", class_="skip"), _top(here), body, _foot())
    return f'<!doctype html>\n<html lang="en">{el("head", *heads)}{body_element}</html>\n'


def main(*content: Content, wide: bool = False) -> Element:
    """The content of a page."""
    return el("main", content, id="main", class_="wide" if wide else None)


def script(source: str) -> Element:
    """A script of ours, which runs when the page is there."""
    return Element("script", (("src", source), ("defer", "")), ())


def form(action: str, *content: Content, method: str = "get", **attributes: str | None) -> Element:
    """A form that leads to a place of ours."""
    if not action.startswith("/") or method not in ("get", "post"):
        raise ValueError(f"no form to {action!r} by {method!r} here")
    more = el("div", **attributes).attributes
    return Element("form", (("action", action), ("method", method), *more), content)


@immutable
class _TextArea(Element):
    """A text to change: it comes back as it was, so nothing in it is made visible; it is escaped as everywhere."""

    text: str = ""

    def __str__(self) -> str:
        opening = str(Element(self.tag, self.attributes, ())).removesuffix(f"</{self.tag}>")
        return f"{opening}\n{escape(self.text, quote=True)}</{self.tag}>"


def text_area(name: str, text: str, **attributes: str | None) -> Element:
    """A field of many lines."""
    named = el("textarea", name=name, spellcheck="false", **attributes)
    return _TextArea(named.tag, named.attributes, (), text)


def table(heads: Sequence[str], rows: Sequence[Sequence[Content]], *, stack: bool = False) -> Element:
    """A table that scrolls by itself where it is too wide; or, to ``stack``, shows a row as a list on phones."""
    return el(
        "div",
        el(
            "table",
            el("thead", el("tr", [el("th", head, scope="col") for head in heads])),
            el("tbody", [_row(heads, row, stack=stack) for row in rows]),
        ),
        class_="scroll stack" if stack else "scroll",
        tabindex="0",
    )


def _row(heads: Sequence[str], row: Sequence[Content], *, stack: bool) -> Element:
    if not stack:
        return el("tr", [el("td", cell) for cell in row])
    return el("tr", [el("td", el("div", cell), data_head=head) for head, cell in zip(heads, row, strict=True)])


def _top(here: str) -> Element:
    shown = (*WAYS, ("/write", "Write")) if WRITES.get() else WAYS
    ways = [el("li", el("a", words, href=way, aria_current="page" if way == here else None)) for way, words in shown]
    return el(
        "header",
        el("a", el("span", "Stemma", class_="name"), href="/", class_="home"),
        el("nav", el("ul", ways), aria_label="Main"),
        class_="top",
    )


def _foot() -> Element:
    return el(
        "footer",
        el("span", f"Stemma {VERSION}"),
        el("a", "API", href="/api"),
        el("a", "Token", href="/session"),
        class_="bottom",
    )
