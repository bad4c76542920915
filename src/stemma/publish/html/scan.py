"""A scan as one self-contained page."""

from __future__ import annotations

from stemma.evidence.merge import Merge
from stemma.publish import figures
from stemma.publish.html.comparison import verdict_class
from stemma.publish.html.elements import Content, el, page
from stemma.publish.html.merge import merge_section
from stemma.publish.html.parts import costs, foot, grid, model_card, section, sentences
from stemma.publish.html.style import CSS
from stemma.publish.model import ScanCandidate, ScanReport
from stemma.publish.words import candidate_verdict, headline, scan_headline, scan_sentence


def scan_page(report: ScanReport) -> str:
    """The page for a scan: what was found in one sentence, then the candidates in order."""
    best = report.candidates[0].ruling if report.candidates else None
    tone = "bad" if report.error is not None else verdict_class(best) if best else "open"
    body = (
        el("div", "Stemma · scan of a catalog by weights", class_="brand"),
        el(
            "div",
            el("div", "not scanned" if report.error is not None else "scan", class_="tag"),
            el("h1", scan_headline(report)),
            class_=f"verdict {tone}",
        ),
        el("div", model_card("B", report.query, report.model), class_="pair"),
        el("p", report.error or scan_sentence(report)),
        section("Candidates", _candidates(report)),
        section("Merge", merge_section(report.merge)) if isinstance(report.merge, Merge) else None,
        section("What was not looked at", sentences(report.not_examined)),
        section(
            "What this does not mean",
            sentences(
                (
                    "A model that is not in the catalog cannot be found.",
                    "Likeness only orders the list; it is no evidence.",
                    "A candidate that counts as independent by default was not shown to be unrelated.",
                )
            ),
        ),
        foot(f"Stemma {report.stemma}".strip(), f"catalog {report.catalog}", costs(report.cost)),
    )
    return page(f"Scan: {report.query}", CSS, el("main", body))


def _candidates(report: ScanReport) -> Content:
    rows: list[list[Content]] = [
        [str(c.rank), _named(c), figures.p_value(c.corrected_log10_p), figures.number(c.score)]
        for c in report.candidates
    ]
    caption = (
        f"In order of rank. A is the candidate, B the query. p is the strongest one, corrected for "
        f"{report.corrected_for:,} candidates."
    )
    return grid([">#", "Candidate", ">p, corrected", ">Likeness"], rows, caption)


def _named(candidate: ScanCandidate) -> Content:
    ruling = candidate.ruling
    why = sentences(ruling.reasons) if ruling else None
    return (
        el("code", candidate.name),
        el("small", el("b", candidate_verdict(candidate))),
        el("details", el("summary", "Why"), el("p", headline(ruling)), why) if ruling else None,
    )
