"""The page of one version of one record."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stemma.publish.figures import counted
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.parts import section
from stemma.publish.record import record_content
from stemma.records import Change, Json, ResolvedField
from stemma.usecases.browse.records import MOST_DOWNSTREAM, ShownRecord, VersionLine
from stemma.web import addresses
from stemma.web.forms import FORMS, available
from stemma.web.pages.shell import main, page, table

_MOST_CHANGES = 40
_LONG = 160


def record_page(shown: ShownRecord) -> str:
    """The page."""
    view = shown.view
    here = addresses.record(view.key) or ""
    machine = el("link", rel="alternate", type="application/json", href=f"{here}/record.json", title="JSON")
    return page(
        view.heading,
        main(
            _crumbs(here, view.key),
            record_content(view, shown.nearby, more=_more(shown)),
        ),
        here="/",
        head=machine,
        scripts=("app.js",),
    )


def _crumbs(here: str, key: str) -> Element:
    forms = [el("a", FORMS[name].words, href=f"{here}/record.{name}") for name in available()]
    lineage = el("a", "Lineage explorer", href=addresses.with_query("/lineage", root=key))
    return el(
        "div",
        el("span", el("a", "All records", href="/"), " · ", lineage),
        el("nav", forms, aria_label="Download this record as"),
        class_="crumbs",
    )


def _more(shown: ShownRecord) -> Content:
    key = shown.view.key
    rest = shown.downstream - MOST_DOWNSTREAM
    return (
        el("p", f"And {counted(rest, 'record')} more, in the lineage explorer.", class_="note") if rest > 0 else None,
        section("Rulings over its weights", _rulings(shown)) if shown.rulings else None,
        section("What changed", [_version(line) for line in shown.versions]) if len(shown.versions) > 1 else None,
        section("Where every value is written", _origins(shown.fields, key)),
        section("Commands", [_command(number, text) for number, text in enumerate(_commands(key))]),
    )


def _rulings(shown: ShownRecord) -> Content:
    items = []
    for edge in shown.rulings:
        other = edge.b if edge.a == shown.view.key else edge.a
        told = f"{edge.label}, {edge.established}" + (f", {edge.kinship}" if edge.label == "linked" else "")
        link = el("a", f"with {other}", href=addresses.pair(edge.a, edge.b))
        items.append(el("li", link, f": {told} ({edge.date[:10]})"))
    return el("ul", items)


def _version(line: VersionLine) -> Element:
    state = "" if line.state == "active" else f" ({line.state})"
    name = el("a", line.key, href=addresses.record(line.key))
    if not line.before:
        return el("p", name, state, " The first version.")
    bump = {"none": "nothing but its status", "patch": "a patch", "minor": "a minor change", "major": "a major change"}
    head = el("summary", f"{line.key}{state}: {bump[line.bump]} against {line.before}")
    rows = [_change(change) for change in line.changes[:_MOST_CHANGES]]
    rest = len(line.changes) - len(rows)
    return el(
        "details",
        head,
        el("p", name, " · ", el("a", line.before, href=addresses.record(line.before))),
        table(("What", "Before", "After", "Asks for"), rows),
        el("p", f"And {counted(rest, 'change')} more.", class_="note") if rest > 0 else None,
    )


def _change(change: Change) -> Sequence[Content]:
    before, after = (_short(value) if value is not None else "–" for value in (change.old, change.new))
    return (el("code", change.path), before, after, change.bump.name.lower())


def _origins(fields: Sequence[ResolvedField], key: str) -> Content:
    rows: list[Sequence[Content]] = []
    for found in fields:
        own = found.origin.record == key
        place = el("a", found.origin.record, href=addresses.record(found.origin.record))
        line = f", line {found.origin.line}" if found.origin.line else ""
        value = "no value" if found.unset else _short(found.value)
        rows.append((el("code", found.path), value, (("this record" if own else place), line)))
    return el(
        "details",
        el("summary", f"All {counted(len(rows), 'field')}"),
        table(("Field", "Value", "Written in"), rows),
    )


def _commands(key: str) -> Sequence[str]:
    return (
        f"stemma record show {key}",
        f"stemma publish {key} --format pdf -o {key.partition('@')[0]}.pdf",
        f"stemma verify {key}",
        f"stemma impact {key}",
    )


def _command(number: int, text: str) -> Element:
    name = f"command-{number}"
    copy = el("button", "Copy", type="button", data_copy=name, hidden="", class_="quiet", aria_label=f"Copy: {text}")
    return el("div", el("pre", el("code", text, id=name)), copy, class_="command")


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONG else flat[:_LONG] + " …"
