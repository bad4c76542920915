"""A tiny builder for HTML and SVG: text and attributes are always escaped, there is no way to insert raw markup.

Style sheets are the one exception; they are constants of this package and are pinned by their digest in the page's
content security policy.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape

from stemma.immutable import immutable
from stemma.publish.figures import visible

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")
_VOID = frozenset({"meta", "link", "br", "hr", "input"})
_REFUSED = frozenset({"script", "style", "iframe", "object", "embed", "base", "form"})


@immutable
class Element:
    """A tag with attributes and children, already checked."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Content, ...]

    def __str__(self) -> str:
        attributes = "".join(f' {name}="{escape(visible(value), quote=True)}"' for name, value in self.attributes)
        if self.tag in _VOID:
            return f"<{self.tag}{attributes}>"
        return f"<{self.tag}{attributes}>{''.join(map(_shown, self.children))}</{self.tag}>"


Content = Element | str | None | Iterable["Content"]


def el(tag: str, *children: Content, **attributes: str | float | None) -> Element:
    """An element. ``class_`` is written class, ``a_b`` is written a-b; None leaves an attribute out.

    Raises:
        ValueError: a tag that could run or load something, an event handler, or an inline style.
    """
    if not _NAME.fullmatch(tag) or tag in _REFUSED:
        raise ValueError(f"no element {tag!r} here")
    named = tuple((_attribute(k), _value(v)) for k, v in attributes.items() if v is not None)
    return Element(tag, named, children)


def page(title: str, css: str, *body: Content, head: Content = None, script: str = "") -> str:
    """A whole self-contained document. Its policy allows this style sheet and this script and nothing else.

    ``css`` and ``script`` are constants of this package; ``head`` holds further elements of the head.
    """
    runs = f"script-src 'sha256-{_digest(script)}'; " if script else ""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(css)}'; {runs}"
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    heads = (
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("link", rel="icon", href="data:,"),
        el("title", title),
        head,
    )
    inside = "".join(map(_shown, heads)) + f"<style>{css}</style>"
    end = f"<script>{script}</script>" if script else ""
    return f'<!doctype html>\n<html lang="en"><head>{inside}</head>\n{el("body", *body)}{end}</html>\n'


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return escape(visible(content), quote=True)
    if isinstance(content, Element):
        return str(content)
    return "".join(map(_shown, content))


@lru_cache(maxsize=1024)
def _attribute(name: str) -> str:
    shown = name.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(shown) or shown.startswith("on") or shown == "style":
        raise ValueError(f"no attribute {shown!r} here")
    return shown


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
