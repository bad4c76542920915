"""Pieces that several pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stemma.identity import is_present
from stemma.publish import figures
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.model import ModelSummary


def section(title: str, *content: Content) -> Content:
    """A section under a title; nothing where there is no content."""
    if not any(_filled(c) for c in content):
        return None
    return el("section", el("h2", title), content)


def _filled(content: Content) -> bool:
    if content is None or isinstance(content, str | Element):
        return bool(content)
    return any(_filled(c) for c in content)


def sentences(items: Sequence[str]) -> Content:
    """Sentences as a list; nothing where there are none."""
    return el("ul", [el("li", item) for item in items]) if items else None


def facts(mapping: Mapping[str, Any]) -> Content:
    """Names and values; nothing where there are none."""
    if not mapping:
        return None
    return el("dl", [(el("dt", name), el("dd", figures.anything(value))) for name, value in mapping.items()])


def grid(columns: Sequence[str], rows: Sequence[Sequence[Content]], caption: str) -> Content:
    """A table with a caption; a column whose name starts with > is set flush right."""
    if not rows:
        return None
    numeric = ["n" if name.startswith(">") else None for name in columns]
    head = [
        el("th", name.removeprefix(">"), scope="col", class_=kind) for name, kind in zip(columns, numeric, strict=True)
    ]
    body = [el("tr", [el("td", cell, class_=kind) for cell, kind in zip(row, numeric, strict=True)]) for row in rows]
    table = el("table", el("caption", caption, class_="note"), el("thead", el("tr", head)), el("tbody", body))
    return el("div", table, class_="scroll", tabindex="0")


def model_card(letter: str, name: str, model: ModelSummary | None) -> Element:
    """One model: its reference in full, and what it is made of."""
    return el(
        "div",
        el("b", letter, class_="letter") if letter else None,
        el("code", name),
        facts(model_facts(model)) if model else el("p", "no details", class_="note"),
        class_="card",
    )


def model_facts(model: ModelSummary) -> dict[str, str]:
    """A model in a few lines."""
    found = {
        "container": model.container,
        "parameters": figures.count(model.parameters),
        "layers": figures.count(model.layers),
        "hidden": figures.count(model.hidden),
        "architecture": figures.anything(model.architecture),
    }
    for name, why in sorted(model.missing.items()):
        found[f"no {name}"] = why
    for number, warning in enumerate(model.warnings, 1):
        found[f"warning {number}"] = warning
    return found


def layer_count(model: ModelSummary | None) -> int | None:
    """How many layers, where that is known."""
    return model.layers if model and is_present(model.layers) else None


def costs(cost: Mapping[str, Any]) -> str:
    """What it took, in a line."""
    return ", ".join(figures.cost(name, value) for name, value in sorted(cost.items()))


def foot(*parts: str) -> Element:
    """The last line of a page."""
    return el("footer", " · ".join(part for part in parts if part))
