"""What a model is made of, as one self-contained page."""

from __future__ import annotations

from stemma.publish import figures
from stemma.publish.html.elements import Content, el, page
from stemma.publish.html.parts import costs, facts, foot, grid, model_card, section, sentences
from stemma.publish.html.style import CSS
from stemma.publish.model import InspectionReport


def inspection_page(report: InspectionReport) -> str:
    """The page for an inspection."""
    title = "This model could not be read." if report.error is not None else "What this model is made of"
    body = (
        el("div", "Stemma · inspection of a model", class_="brand"),
        el(
            "div",
            el("div", "error" if report.error is not None else "inspection", class_="tag"),
            el("h1", title),
            el("p", report.error) if report.error is not None else None,
            class_=f"verdict {'bad' if report.error is not None else 'open'}",
        ),
        el("div", model_card("", report.reference, report.summary), class_="pair"),
        _contents(report),
        foot(f"Stemma {report.stemma}".strip(), costs(report.cost)),
    )
    return page(f"Inspection: {report.reference}", CSS, el("main", body))


def _contents(report: InspectionReport) -> Content:
    if report.summary is None:
        return None
    files: list[list[Content]] = [
        [el("code", f.name), f.format, figures.size(f.size), figures.count(f.tensors),
         el("code", figures.anything(f.digest))]
        for f in report.files
    ]  # fmt: skip
    dtypes: list[list[Content]] = [
        [d.dtype, figures.count(d.tensors), figures.count(d.parameters)] for d in report.dtypes
    ]
    roles: list[list[Content]] = [
        [r.stack or "–", r.role, figures.count(r.tensors), ", ".join(r.shapes)] for r in report.roles
    ]
    return (
        section("Files", grid(["File", "Format", ">Size", ">Tensors", "Digest"], files, "Files that hold weights.")),
        section("Types", grid(["Type", ">Tensors", ">Parameters"], dtypes, "Types of the stored numbers.")),
        section("Roles", grid(["Stack", "Role", ">Tensors", "Shapes"], roles, "What the tensors do.")),
        section("Configuration", facts(dict(sorted(report.facts.items())))),
        section("Tokenizer", el("p", figures.anything(report.tokenizer))),
        section("Declared parents", facts(dict(sorted(report.declared.items()))), _remark(report)),
        section("Without a role", sentences([f"{e.tensor}: {e.reason}" for e in report.exempt])),
    )


def _remark(report: InspectionReport) -> Content:
    said = "What metadata claim is shown for orientation; it is never evidence."
    return el("p", said, class_="note") if report.declared else None
