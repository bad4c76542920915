"""The page of the API: every operation, made from its description."""

from __future__ import annotations

from typing import Any

from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.parts import section
from stemma.web.pages.shell import main, page


def api_page(description: dict[str, Any]) -> str:
    """What can be asked, and how."""
    groups: dict[str, list[Element]] = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    body: Content = (
        el("h1", "API"),
        el("p", _with_code(description["info"]["description"]), class_="lead"),
        el("p", el("a", "The description as OpenAPI", href="/api/v1/openapi.json")),
        [section(tag.capitalize(), shown) for tag, shown in groups.items()],
    )
    return page("API", main(body), here="/api")


def _with_code(text: str) -> Content:
    """Words, with what stands between backticks as code."""
    return [el("code", part) if at % 2 else part for at, part in enumerate(text.split("`"))]


def _operation(path: str, method: str, operation: dict[str, Any]) -> Element:
    told = [
        el("li", el("code", each["name"]), f" ({each['in']}{', required' if each.get('required') else ''})")
        for each in operation.get("parameters", ())
    ]
    return el(
        "div",
        el("h3", el("code", f"{method.upper()} {path}")),
        el("p", _with_code(operation.get("description", ""))),
        el("ul", told) if told else None,
    )
