"""The form for an advisory."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.advisories import RiskKind, Severity
from stemma.errors import Problem
from stemma.immutable import immutable
from stemma.publish.html.elements import Content, Element, el
from stemma.usecases.browse.proposing import MOST_AFFECTED, Notice, Warned
from stemma.web.access import Visitor
from stemma.web.pages.shell import text_area
from stemma.web.pages.write_form import check_button, refused, write_form_page

_FREE_ROWS = 3


@immutable
class Looked:
    """An advisory that nothing is wrong with: its document, and how many it would reach."""

    text: str
    affected: int
    possibly: int


def advisory_form_page(
    visitor: Visitor, told: Notice, problems: Sequence[Problem] = (), looked: Looked | None = None
) -> str:
    """The form, with what was written in it, and what is wrong with that."""
    return write_form_page(
        "Write an advisory",
        "/write/advisory",
        visitor,
        _said(problems, looked),
        _field("Id, beginning with x_ and your name", "id", told.id, required="", placeholder="x_ACME-2026-0001"),
        _field("What is wrong, in one line", "summary", told.summary, required="", maxlength="2000"),
        el("label", "Details", text_area("details", told.details, rows="5", maxlength="20000")),
        _affected(told.affected),
        _risks(told.risks),
        el("label", "Severity", el("select", [_level(each, told.severity) for each in Severity], name="severity")),
        el(
            "label",
            "Where more is told, one address a line",
            text_area("references", "\n".join(told.references), rows="2", maxlength="8000"),
        ),
        el(
            "div",
            check_button(primary=looked is None),
            el("button", f"Publish {told.id}", type="submit", name="asked", value="publish") if looked else None,
            class_="tools",
        ),
    )


def _said(problems: Sequence[Problem], looked: Looked | None) -> Content:
    if problems:
        return refused(problems)
    if looked is None:
        return None
    reach = f"It would reach {looked.affected:,} surely and {looked.possibly:,} possibly, each with an alert."
    return (
        el("p", f"Nothing is wrong with it. {reach}", role="status", class_="told"),
        el("details", el("summary", "The document"), _document(looked.text)),
    )


def _document(text: str) -> Element:
    """Line by line: an element keeps no ends of lines."""
    return el("pre", el("code", [(line, el("br")) for line in text.splitlines()]))


def _field(words: str, name: str, value: str, **more: str) -> Element:
    attributes = {"maxlength": "128", "autocomplete": "off", "spellcheck": "false"} | more
    return el("label", words, el("input", name=name, value=value, **attributes))


def _affected(affected: Sequence[Warned]) -> Element:
    free = min(_FREE_ROWS, MOST_AFFECTED - len(affected))
    rows = [*affected, *(Warned("") for _ in range(free))]
    return el(
        "fieldset",
        el("legend", "Affected records"),
        el("p", "Without versions all of them are. Checking leaves more rows free.", class_="note"),
        [_row(row) for row in rows],
    )


def _row(row: Warned) -> Element:
    return el(
        "div",
        _field("Record", "record", row.record),
        _field("From version", "introduced", row.introduced),
        _field("Mended in", "fixed", row.fixed),
        class_="row",
    )


def _risks(chosen: Sequence[RiskKind]) -> Element:
    return el(
        "fieldset",
        el("legend", "Risks"),
        el("ul", [_risk(kind, chosen) for kind in RiskKind if kind is not RiskKind.UNSPECIFIED], class_="choices"),
    )


def _risk(kind: RiskKind, chosen: Sequence[RiskKind]) -> Element:
    name = f"risk-{kind}"
    box = el("input", type="checkbox", id=name, name="risk", value=str(kind), checked="" if kind in chosen else None)
    return el("li", box, el("label", str(kind), for_=name), el("small", kind.meaning))


def _level(level: Severity, chosen: Severity) -> Element:
    return el("option", level.meaning, value=str(level), selected="" if level is chosen else None)
