"""A comparison as one self-contained page: plain words first, then the pictures, then every number."""

from __future__ import annotations

from stemma.constitution.interface import Established, Label, Ruling
from stemma.evidence.interface import Evidence
from stemma.evidence.layer_alignment import ALIGNMENT, depths
from stemma.publish import figures
from stemma.publish.html.density import density
from stemma.publish.html.elements import Content, Element, el, page
from stemma.publish.html.heatmap import heatmap
from stemma.publish.html.layermap import layer_map
from stemma.publish.html.parts import costs, facts, foot, grid, layer_count, model_card, section, sentences
from stemma.publish.html.style import CSS
from stemma.publish.model import ComparisonReport
from stemma.publish.picture import elsewhere
from stemma.publish.words import PlainWords, cited_terms, direction_words, in_plain_words, mechanism_words
from stemma.vocabulary import load_vocabulary


def comparison_page(report: ComparisonReport) -> str:
    """The page for a comparison. It loads nothing, runs nothing, and says so in its content security policy."""
    words = in_plain_words(report)
    ruling = report.ruling
    body = (
        el("div", "Stemma · comparison of two models by their weights", class_="brand"),
        comparison_content(report),
        section("Make this again", el("pre", el("code", report.command + " --format html"))),
        foot(
            f"Stemma {report.stemma}".strip(),
            f"constitution {ruling.constitution}" if ruling else "",
            costs({**(ruling.cost if ruling else {}), **report.cost}),
        ),
    )
    return page(f"{words.verdict}: {report.a} and {report.b}", CSS, el("main", body))


def comparison_content(report: ComparisonReport) -> Content:
    """All that is said of a pair, for pages with surroundings of their own."""
    words, ruling = in_plain_words(report), report.ruling
    return (
        _opening(report, words),
        _findings(report, ruling) if ruling else None,
        section("What this does not mean", sentences(words.not_meant)) if ruling is None else None,
    )


def _opening(report: ComparisonReport, words: PlainWords) -> Content:
    return (
        el(
            "div",
            el("div", words.verdict, class_="tag"),
            el("h1", words.headline),
            class_=f"verdict {verdict_class(report.ruling)}",
        ),
        el(
            "div",
            model_card("A", report.a, report.model_a),
            model_card("B", report.b, report.model_b),
            class_="pair",
        ),
        el(
            "div",
            el("div", section("How surely" if report.ruling else "Error", sentences(words.surety))),
            el("div", section("What this does not mean", sentences(words.not_meant))) if report.ruling else None,
            class_="columns",
        ),
    )


def verdict_class(ruling: Ruling | None) -> str:
    """The class of style that goes with a ruling."""
    if ruling is None:
        return "bad"
    if ruling.label is Label.LINKED:
        return "linked"
    return "apart" if ruling.established is Established.SHOWN else "open"


def _findings(report: ComparisonReport, ruling: Ruling) -> Content:
    return (
        section("Why", sentences(ruling.reasons)),
        section("Layer by layer", heatmap(ruling)),
        section(
            "Which layer goes with which",
            layer_map(ruling.layer_map, *_depths(report, ruling)),
        ),
        section("Evidence", _evidence(ruling), _sites(ruling)),
        section("What was not looked at", sentences(ruling.not_examined)),
        section("The ruling in terms of the constitution", _terms(ruling)),
    )


def _depths(report: ComparisonReport, ruling: Ruling) -> tuple[int | None, int | None]:
    """How many layers both have: as their files say, else as the test says that compared them all."""
    told = next((depths(test) for test in ruling.evidence if test.test == ALIGNMENT), None) or (None, None)
    a, b = layer_count(report.model_a), layer_count(report.model_b)
    return (told[0] if a is None else a, told[1] if b is None else b)


def _evidence(ruling: Ruling) -> Content:
    columns = ["Test", ">Effect", ">Statistic", ">p", ">Sample", "Without a link, and here"]
    rows: list[list[Content]] = [
        [
            (el("b", e.test), el("small", e.site), el("small", f"Null: {e.null}"), el("small", f"Method: {e.method}")),
            figures.number(e.effect),
            figures.number(e.statistic),
            figures.p_value(e.log10_p),
            figures.count(e.sample),
            density(e),
        ]
        for e in ruling.evidence
    ]
    caption = (
        "p: how often chance alone would give as much under the null. The grey bell is what the statistic looks like "
        "where there is no link; the red mark is what was found."
    )
    return grid(columns, rows, caption)


def _sites(ruling: Ruling) -> Content:
    rows = [_site_rows(e) for e in ruling.evidence]
    table = grid(
        ["Test", "Site in A", "Site in B", ">Effect", ">Statistic", ">p"],
        [row for some in rows for row in some],
        "What tests found outside the layers.",
    )
    named = [(el("h3", e.test), facts(dict(sorted(e.facts.items())))) for e in ruling.evidence if e.facts]
    return (
        el("details", el("summary", "Beyond the layers"), table) if table else None,
        el("details", el("summary", "Facts that the tests recorded"), named) if named else None,
    )


def _site_rows(evidence: Evidence) -> list[list[Content]]:
    return [
        [evidence.test, c.a, c.b, figures.number(c.effect), figures.number(c.statistic), figures.p_value(c.log10_p)]
        for c in elsewhere(evidence)[:200]
    ]


def _terms(ruling: Ruling) -> Content:
    fields = {
        "label": f"{ruling.label}, {ruling.established}",
        "kinship": f"{ruling.kinship}: {ruling.kinship.meaning}",
        "direction": direction_words(ruling),
        "mechanism": mechanism_words(ruling) or "not named",
        "exclusion": f"{ruling.exclusion} {ruling.exclusion.meaning}" if ruling.exclusion else "none shown",
        "status": ruling.status or "–",
        "alpha": f"{ruling.alpha:g}"
        + (f" over {ruling.tests_planned:,} planned tests" if ruling.tests_planned else ""),
    }
    vocabulary = load_vocabulary()
    cited: list[Element] = [
        el("li", el("b", str(term)), f" {term.meaning}. {vocabulary.define(term).definition}")
        for term in cited_terms(ruling)
    ]
    where = f"Defined in the constitution, version {ruling.constitution}, docs/constitution.md of Stemma."
    return (facts(fields), el("h3", "Terms cited"), el("ul", cited), el("p", where, class_="note"))
