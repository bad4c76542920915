"""The list of records, to search as one types; a plain form where no script runs."""

from __future__ import annotations

from stemma.publish.figures import counted
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.record.values import label
from stemma.records.table import RISKS
from stemma.registry import Found, FoundPage, Query
from stemma.vocabulary import RecordType
from stemma.web.addresses import record, with_query
from stemma.web.pages.shell import form, main, page

PAGE = 20
SCRIPTS = ("htmx.min.js", "app.js")


def search_page(title: str, query: Query, found: FoundPage, offset: int) -> str:
    """The whole page."""
    return page(
        title,
        main(el("h1", title), _controls(query), results(query, found, offset)),
        here="/",
        scripts=SCRIPTS,
    )


def results(query: Query, found: FoundPage, offset: int) -> Element:
    """What was found: the part that is replaced while somebody types."""
    return el(
        "div",
        el("p", _counted(query, found), role="status", class_="note"),
        el("ul", [_item(each) for each in found.found], class_="records") if found.found else _nothing(query),
        _pages(query, found, offset),
        id="found",
    )


def _controls(query: Query) -> Element:
    types = [(str(each), str(each)) for each in RecordType]
    risks = [(name, label(name)) for name in RISKS]
    return form(
        "/",
        el(
            "label",
            "Search (press /)",
            el("input", id="q", name="q", type="search", value=query.text, autocomplete="off", spellcheck="false"),
            class_="wide",
        ),
        _choice("type", "Type", query.type, types),
        _choice("risk", "Risk", query.risk, risks),
        el(
            "label", "Licence", el("input", name="licence", value=query.licence, autocomplete="off", spellcheck="false")
        ),
        el("button", "Search", type="submit"),
        role="search",
        class_="controls",
        hx_get="/",
        hx_trigger="input delay:150ms, submit",
        hx_target="#found",
        hx_select="#found",
        hx_swap="outerHTML",
        hx_replace_url="true",
        hx_sync="this:replace",
    )


def _choice(name: str, words: str, chosen: str, values: list[tuple[str, str]]) -> Element:
    options = [
        el("option", shown, value=value, selected="" if value == chosen else None)
        for value, shown in [("", "any"), *values]
    ]
    return el("label", words, el("select", options, name=name))


def _counted(query: Query, found: FoundPage) -> str:
    if not found.complete:
        return f"More than {found.total:,} records: narrow the search to see the right ones."
    return counted(found.total, "record") + ("" if query.empty else " found")


def _nothing(query: Query) -> Element:
    if query.empty:
        return el(
            "div",
            el("p", "This registry holds no records yet."),
            el("pre", el("code", "stemma record import ./model --registry REGISTRY")),
            class_="empty",
        )
    return el("p", "Nothing fits. Fewer words, or fewer filters, find more.", class_="empty")


def _item(found: Found) -> Element:
    facts = found.facts
    told: list[Content] = [el("span", str(facts.type)), el("span", found.key)]
    if found.versions > 1:
        told.append(el("span", counted(found.versions, "version")))
    told += [el("span", text) for text in (facts.publisher, *facts.licenses[:3]) if text]
    if facts.state != "active":
        told.append(el("span", facts.state, class_="off"))
    return el(
        "li",
        el("a", facts.title or found.name, href=record(found.key)),
        el("div", [(each, " ") for each in told], class_="facts"),
    )


def _pages(query: Query, found: FoundPage, offset: int) -> Content:
    asked = {"q": query.text, "type": query.type, "licence": query.licence, "risk": query.risk}
    before = with_query("/", **asked, offset=max(0, offset - PAGE))
    after = with_query("/", **asked, offset=offset + PAGE)
    ways = [
        el("a", "Previous", href=before, rel="prev") if offset else None,
        el("a", "Next", href=after, rel="next") if offset + PAGE < found.total else None,
    ]
    return el("nav", ways, aria_label="Pages", class_="pages") if any(ways) else None
