"""The page to scan with a fingerprint, and what was found."""

from __future__ import annotations

from typing import Any

from stemma.publish import figures
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.parts import section
from stemma.vocabulary import load_relations
from stemma.web import addresses
from stemma.web.pages.shell import form, main, page


def scan_page(offered: bool, found: dict[str, Any] | None = None, said: str = "") -> str:
    """The form; with ``found``, a scan document, what was found above it."""
    intro = el(
        "p",
        "Find out what a model was made of. Its weights stay with you: make a fingerprint, a file of a few megabytes, "
        "and upload that.",
        class_="lead",
    )
    body: Content = (
        el("h1", "Scan"),
        intro,
        el("p", said, role="alert", class_="problem") if said else None,
        _found(found) if found else None,
        section("1. Make a fingerprint", el("pre", el("code", "stemma fingerprint ./model -o model.stemma"))),
        section("2. Upload it", _form() if offered else _closed()),
    )
    return page("Scan", main(body), here="/scan")


def _form() -> Element:
    return form(
        "/scan",
        el("label", "Fingerprint", el("input", type="file", name="file", accept=".stemma", required=""), class_="wide"),
        el("button", "Scan", type="submit"),
        method="post",
        enctype="multipart/form-data",
        class_="controls",
    )


def _closed() -> Content:
    return (
        el("p", "This server has no catalog to scan against. On your machine, against a catalog of your own:"),
        el("pre", el("code", "stemma scan model.stemma --catalog CATALOG")),
    )


def _found(found: dict[str, Any]) -> Content:
    candidates = found["candidates"]
    rows = [_row(each) for each in candidates]
    heads = ("#", "Candidate", "Ruling", "p, corrected", "Likeness", "Why")
    table = el(
        "div",
        el(
            "table",
            el("caption", "p-values are corrected for every fingerprint of the catalog.", class_="note"),
            el("thead", el("tr", [el("th", head, scope="col") for head in heads])),
            el("tbody", rows),
        ),
        class_="scroll",
        tabindex="0",
    )
    linked = [each for each in candidates if each.get("label") == "linked"]
    words = f"{len(linked):,} of {len(candidates):,} candidates are linked." if linked else "No link was established."
    return section("What was found", el("p", el("b", words)), table, [_declare(each) for each in linked[:3]])


def _row(candidate: dict[str, Any]) -> Element:
    told = [candidate.get(key) for key in ("label", "established", "kinship", "mechanism")]
    ruling = ", ".join(str(each) for each in told if each)
    name = str(candidate["name"])
    cells = (
        str(candidate["rank"]),
        el("a", name, href=addresses.with_query("/", q=name)),
        ruling or str(candidate.get("error", "–")),
        figures.p_value(candidate.get("corrected_log10_p")),
        figures.number(candidate.get("score")),
        [el("p", reason) for reason in candidate.get("reasons", ())[:3]] or "–",
    )
    return el("tr", [el("td", cell) for cell in cells])


def _declare(candidate: dict[str, Any]) -> Content:
    mechanism = candidate.get("mechanism")
    kinds = [kind for kind, known in load_relations().kinds.items() if str(known.mechanism) == mechanism]
    if not kinds or candidate.get("kinship") != "descendant":
        return None
    text = (
        f"relations:\n  - kind: {kinds[0]}\n    target: {candidate['name']}\n    evidence:\n"
        f"      - {{grounds: E2, source: stemma scan, note: {candidate['label']}}}\n"
    )
    return (el("h3", f"To declare {candidate['name']} in your record"), el("pre", el("code", text)))
