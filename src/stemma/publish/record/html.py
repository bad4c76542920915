"""A record as one self-contained page: what it is, what it was made of, and for every value where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.publish.graph import Graph, svg_element
from stemma.publish.html.elements import Content, Element, el, page
from stemma.publish.html.parts import foot, section
from stemma.publish.record.parts import entries, grid, named, paragraphs, prose
from stemma.publish.record.style import RECORD_CSS
from stemma.publish.record.surveys import SurveyView, percent
from stemma.publish.record.values import Named, Section
from stemma.publish.record.view import RecordView
from stemma.records import Tally

Alternate = tuple[str, str, str]  # words, address, media type


def record_html(
    view: RecordView,
    picture: Graph | None = None,
    *,
    home: str | None = None,
    alternates: Sequence[Alternate] = (),
) -> str:
    """The page. ``home`` is the address of the list of records, ``alternates`` those of other forms of this record."""
    head = [el("link", rel="alternate", type=kind, href=address, title=words) for words, address, kind in alternates]
    return page(
        f"{view.heading} · model record",
        RECORD_CSS,
        el("a", "Skip to the record", href="#record", class_="skip"),
        el("main", _crumbs(home, alternates), record_content(view, picture), id="record"),
        head=head,
    )


def record_content(view: RecordView, picture: Graph | None = None, *, more: Content = None) -> Content:
    """All that is said of a record, for pages with surroundings of their own; ``more`` stands before the end."""
    return (_top(view), _body(view, picture), more, _end(view))


def _crumbs(home: str | None, alternates: Sequence[Alternate]) -> Element:
    forms = [el("a", words, href=address) for words, address, _ in alternates]
    return el(
        "div",
        el("a", "All records", href=home) if home else el("span", "Stemma · model record"),
        el("nav", forms, aria_label="Other forms of this record") if forms else None,
        class_="crumbs",
    )


def _top(view: RecordView) -> Content:
    return (
        el("div", view.type, class_="kind"),
        el("h1", view.title, " ", el("span", str(view.resolved.version), class_="version")),
        el("div", el("b", "Do not choose this for anything new"), el("p", view.notice), class_="notice", role="note")
        if view.notice
        else None,
        el("div", el("b", "Alerts"), [el("p", named(item)) for item in view.alerts], class_="alarm", role="note")
        if view.alerts
        else None,
        _lead(view),
    )


def _lead(view: RecordView) -> Content:
    if view.description is None:
        return None
    return [el("div", prose(item), class_="lead") for item in view.description.items]


def _body(view: RecordView, picture: Graph | None) -> Content:
    return (
        section("About", entries(view.about.entries)),
        _lineage(picture),
        section("Relations", grid(view.relations)) if view.relations else None,
        section("Risks", grid(view.risks)) if view.risks else None,
        [_section(each) for each in view.card],
        [_survey(each) for each in view.surveys],
        _section(view.identity) if view.identity else None,
        _section(view.extensions) if view.extensions else None,
        el("div", section("Made from this", grid(view.downstream)), id="downstream") if view.downstream else None,
    )


def _section(of: Section) -> Content:
    if len(of.entries) == 1 and of.entries[0].prose and not of.grids:
        items = of.entries[0].items
        shown = prose(items[0]) if len(items) == 1 else el("ul", [el("li", prose(item)) for item in items])
        return section(of.title, shown)
    return section(of.title, entries(of.entries), [grid(each) for each in of.grids])


def _lineage(picture: Graph | None) -> Content:
    if picture is None or not picture.edges:
        return None
    return section(
        "Lineage",
        el("div", svg_element(picture, "lineage"), class_="picture", tabindex="0", role="region", aria_label="Lineage"),
        el("p", "Arrows lead from what was there first to what was made of it.", class_="note"),
    )


def _survey(survey: SurveyView) -> Content:
    rows = [(domain or "All", tally) for domain, tally in survey.domains]
    rows.append(("All", survey.overall))
    heads = ("Domain", "Answers", ">Yes", ">No", ">Unanswered", ">Yes of all")
    table = el(
        "table",
        el("caption", "Shares count what is unanswered as not shown.", class_="note"),
        el("thead", el("tr", [_head(name) for name in heads])),
        el("tbody", [_tally(name, tally) for name, tally in rows]),
    )
    answers = [
        el(
            "tr",
            el("td", f"{each.domain}, {each.subdomain}".strip(", ")),
            el("td", each.question),
            el("td", each.word, el("p", paragraphs(each.note)) if each.note else None),
            el("td", _source(each.source, each.link), _from(each.origin)),
        )
        for each in survey.answers
    ]
    columns = el("thead", el("tr", [_head(name) for name in ("Domain", "Question", "Answer", "Source")]))
    links = [el("p", el("a", link, href=link), class_="note") for link in survey.links[:1]]
    return section(
        survey.title,
        el("div", table, class_="scroll", tabindex="0"),
        el(
            "details",
            el("summary", f"All {len(survey.answers)} questions"),
            el("div", el("table", columns, el("tbody", answers)), class_="scroll", tabindex="0"),
        ),
        links,
    )


def _head(name: str) -> Element:
    return el("th", name.removeprefix(">"), scope="col", class_="n" if name.startswith(">") else None)


def _tally(name: str, tally: Tally) -> Element:
    shown = (*(str(count) for count in (tally.yes, tally.no, tally.unanswered)), percent(tally))
    numbers = [el("td", text, class_="n") for text in shown]
    return el("tr", el("th", name, scope="row"), el("td", _bar(tally.yes, tally.no, tally.unanswered)), numbers)


def _bar(yes: int, no: int, unanswered: int) -> Element:
    total = max(1, yes + no + unanswered)
    x, drawn = 1.0, []
    for count, kind in ((yes, "yes"), (no, "no"), (unanswered, "open")):
        wide = 174.0 * count / total
        if count:
            drawn.append(el("rect", x=f"{x:.1f}", y="2", width=f"{max(0.5, wide - 1.5):.1f}", height="10", class_=kind))
        x += wide
    words = f"{yes} yes, {no} no, {unanswered} unanswered"
    return el(
        "svg", el("title", words), drawn, viewBox="0 0 176 14", width="176", height="14", class_="bar", role="img"
    )


def _source(source: str, link: str | None) -> Content:
    return el("a", source, href=link) if link else source or None


def _from(origin: Named | None) -> Content:
    if origin is None:
        return None
    name = el("a", origin.key, href=origin.link) if origin.link else origin.key
    return el("span", "from ", name, class_="from")


def _end(view: RecordView) -> Content:
    return (
        section("How to cite", el("pre", el("code", paragraphs(view.citation)))),
        section(
            "How this record is put together",
            el(
                "p", "A value marked with ", el("span", "from", class_="from"), " is written in the record named there."
            ),
            el("p", "In order of precedence, it inherits from:") if view.inheritance else None,
            el("ol", [el("li", _record(each)) for each in view.inheritance]) if view.inheritance else None,
        ),
        section("Versions", el("ul", [el("li", _record(each)) for each in view.versions], class_="files"))
        if len(view.versions) > 1
        else None,
        foot(f"record {view.key}", f"content {view.resolved.record.digest}"),
    )


def _record(each: Named) -> Content:
    return el("a", each.key, href=each.link) if each.link else each.key
