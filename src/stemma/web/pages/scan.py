"""The page to scan with a fingerprint, and what was found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from stemma.publish import figures
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.parts import section
from stemma.usecases.browse.drafts import Declaration
from stemma.web import addresses
from stemma.web.access import Visitor
from stemma.web.pages.session import hidden_proof
from stemma.web.pages.shell import form, main, page, table


def scan_page(
    offered: bool,
    found: dict[str, Any] | None = None,
    said: str = "",
    declared: Sequence[Declaration] = (),
    writer: Visitor | None = None,
) -> str:
    """The form; with ``found``, a scan document, what was found above it, and what of it may be ``declared``, which a
    ``writer`` may go on to write here."""
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
        _found(found, declared, writer) if found else None,
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


def _found(found: dict[str, Any], declared: Sequence[Declaration], writer: Visitor | None) -> Content:
    candidates = found["candidates"]
    rows = [_row(each) for each in candidates]
    heads = ("#", "Candidate", "Ruling", "p, corrected", "Likeness", "Why")
    linked = [each for each in candidates if each.get("label") == "linked"]
    words = f"{len(linked):,} of {len(candidates):,} candidates are linked." if linked else "No link was established."
    merge = found.get("merge") or {}
    parents = [f"{p['name']} ({p['coefficient']:.3f})" for p in merge.get("parents", ())]
    return (
        section(
            "What was found",
            el("p", el("b", words)),
            el("p", f"It is a merge ({merge['kind']}) of {', '.join(parents)}.") if parents else None,
            table(heads, rows, stack=True),
            el("p", "p-values are corrected for every fingerprint of the catalog.", class_="note"),
        ),
        section("Declare this", _declare(declared, writer)) if linked else None,
    )


def _row(candidate: dict[str, Any]) -> Sequence[Content]:
    told = [candidate.get(key) for key in ("label", "established", "kinship", "mechanism")]
    ruling = ", ".join(str(each) for each in told if each)
    name = str(candidate["name"])
    return (
        str(candidate["rank"]),
        el("a", name, href=addresses.with_query("/", q=name)),
        ruling or str(candidate.get("error", "–")),
        figures.p_value(candidate.get("corrected_log10_p")),
        figures.number(candidate.get("score")),
        [el("p", reason) for reason in candidate.get("reasons", ())[:3]] or "–",
    )


def _declare(declared: Sequence[Declaration], writer: Visitor | None) -> Content:
    if not declared:
        return el(
            "p",
            "Nothing found here can be declared: no candidate that is linked has a record in this registry and can be "
            "what the uploaded model was made of.",
        )
    return (
        el("p", "A draft record to download, complete and put among your records; nothing of it is kept here."),
        form(
            "/scan/draft",
            el("ul", [_choice(each, at) for at, each in enumerate(declared)], class_="choices"),
            _field("Name of your record", "name", "", "[a-z0-9]([a-z0-9._\\-]*[a-z0-9])?"),
            _field("Version", "version", "1.0.0", None),
            el("button", "Draft", type="submit"),
            _go_on(writer) if writer is not None else None,
            method="post",
            class_="controls",
        ),
    )


def _go_on(writer: Visitor) -> Content:
    button = el("button", "Write it here", type="submit", formaction="/write/draft", class_="quiet")
    return (hidden_proof(writer), button)


def _field(words: str, name: str, value: str, pattern: str | None) -> Element:
    shown = el(
        "input", name=name, value=value, required="", pattern=pattern, maxlength="128", autocomplete="off",
        spellcheck="false",
    )  # fmt: skip
    return el("label", words, shown)


def _choice(declaration: Declaration, at: int) -> Element:
    relation = declaration.relation
    doubt = "" if declaration.settled else ". The weights do not say which came first"
    share = f", coefficient {relation['coefficient']}" if "coefficient" in relation else ""
    name = f"relation-{at}"
    return el(
        "li",
        el(
            "input",
            type="checkbox",
            id=name,
            name="relation",
            value=json.dumps(relation, sort_keys=True),
            checked="" if (declaration.settled and at == 0) or share else None,
        ),
        el("label", f"{relation['kind']} {relation['target']}{share}{doubt}", for_=name),
        el("small", f"Evidence {declaration.evidence_id}"),
    )
