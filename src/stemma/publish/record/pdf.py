"""A record as PDF through the typst library: the template is a constant, the record comes to it as data.

No string of a record is ever read as markup, because none becomes part of the source. No system fonts, no date: the
same record gives the same bytes with the same version of typst.
"""

from __future__ import annotations

import json
from importlib.resources import files

from stemma.errors import UnsupportedFormat
from stemma.publish.canonical import Json
from stemma.publish.figures import visible
from stemma.publish.graph import Graph, svg_document
from stemma.publish.record.surveys import SurveyView, percent
from stemma.publish.record.values import Entry, Grid, Item, Named, Section
from stemma.publish.record.view import RecordView

_ADVICE = "Install it: pip install 'stemma[pdf]'."


def record_pdf(view: RecordView, picture: Graph | None = None) -> bytes:
    """The record as a PDF document.

    Raises:
        UnsupportedFormat: the typst library is not installed.
    """
    try:
        import typst  # noqa: PLC0415 an extra, and heavy
    except ImportError as error:
        raise UnsupportedFormat("PDF needs the typst library, which is not installed.", advice=_ADVICE) from error
    template = (files("stemma.publish.record") / "record.typ").read_bytes()
    inputs = {"view": json.dumps(_view(view), ensure_ascii=True, allow_nan=False)}
    if picture is not None and picture.edges:
        inputs["picture"] = svg_document(picture, fixed=True)
    made = typst.compile(
        template, format="pdf", ignore_system_fonts=True, sys_inputs=inputs, timestamp=0, pdf_standards=[]
    )
    if not isinstance(made, bytes):
        raise UnsupportedFormat(f"typst gave {type(made).__name__}, expected the bytes of one document.")
    return made


def _view(view: RecordView) -> dict[str, Json]:
    return {
        "title": _shown(view.title),
        "version": str(view.resolved.version),
        "type": view.type,
        "key": view.key,
        "notice": _shown(view.notice),
        "alerts": [_item(item) for item in view.alerts],
        "description": [_prose(item) for item in view.description.items] if view.description else [],
        "about": _section(view.about),
        "tables": [
            {"title": title, "grid": _grid(grid)}
            for title, grid in (("Relations", view.relations), ("Risks", view.risks))
            if grid
        ],
        "sections": [_section(each) for each in (*view.card, view.identity, view.extensions) if each],
        "surveys": [_survey(survey) for survey in view.surveys],
        "citation": _paragraphs(view.citation),
        "inheritance": [each.key for each in view.inheritance],
        "digest": str(view.resolved.record.digest),
    }


def _section(section: Section) -> dict[str, Json]:
    return {
        "title": _shown(section.title),
        "prose": [_prose(item) for entry in section.entries if entry.prose for item in entry.items],
        "entries": [_entry(entry) for entry in section.entries if not entry.prose],
        "grids": [_grid(grid) for grid in section.grids],
    }


def _entry(entry: Entry) -> Json:
    return {"label": _shown(entry.label), "items": [_item(item) for item in entry.items]}


def _grid(grid: Grid) -> dict[str, Json]:
    rows: list[Json] = [[[_item(item) for item in cell] for cell in row] for row in grid.rows]
    shares: list[Json] = [round(share, 4) for share in grid.shares]
    return {"columns": list(grid.columns), "shares": shares, "rows": rows, "caption": grid.caption}


def _survey(survey: SurveyView) -> Json:
    rows: list[Json] = [
        [name, str(tally.yes), str(tally.no), str(tally.unanswered), percent(tally)]
        for name, tally in (*survey.domains, ("All", survey.overall))
    ]
    return {"title": _shown(survey.title), "rows": rows}


def _item(item: Item) -> Json:
    return {"text": _shown(" ".join(item.text.split())), "link": item.link, "from": _origin(item.origin)}


def _prose(item: Item) -> Json:
    return {"paragraphs": _paragraphs(item.text), "from": _origin(item.origin)}


def _paragraphs(text: str) -> list[Json]:
    return [_shown(line.strip()) for line in text.replace("\t", " ").splitlines() if line.strip()]


def _origin(origin: Named | None) -> str | None:
    return None if origin is None else origin.key


def _shown(text: str) -> str:
    return visible(text, 10**9)
