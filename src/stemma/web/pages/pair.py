"""The page of a pair: the ruling that is kept over the weights of two subjects."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.publish.html.comparison import comparison_content
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.merge import merge_section
from stemma.publish.html.parts import section
from stemma.publish.lineage.stored_ruling import merge_of, report_of
from stemma.registry import MeasuredEdge
from stemma.web import addresses
from stemma.web.pages.shell import main, page

_MEASURED = {"weights": "the weights", "fingerprint": "stored fingerprints", "ranges": "ranges of remote files"}


def pair_page(edges: Sequence[MeasuredEdge], chosen: MeasuredEdge) -> str:
    """The ruling that was chosen, and what else is kept of the pair."""
    body = (
        _crumbs(chosen),
        el("div", comparison_content(report_of(chosen)), class_="comparison"),
        section("Merge", merge_section(merge)) if (merge := merge_of(chosen)) else None,
        section("What this rests on", _basis(chosen)),
        section("All rulings over this pair", _others(edges, chosen)) if len(edges) > 1 else None,
    )
    return page(f"{chosen.a} and {chosen.b}", main(body), here="/lineage")


def _crumbs(edge: MeasuredEdge) -> Element:
    ends = [el("a", key, href=addresses.record(key)) for key in (edge.a, edge.b) if addresses.record(key)]
    lineage = el("a", "Lineage", href=addresses.with_query("/lineage", root=edge.b))
    return el("div", el("span", [(end, " ") for end in ends]), el("nav", lineage, aria_label="More"), class_="crumbs")


def _basis(edge: MeasuredEdge) -> Content:
    facts = {
        "Read": _MEASURED[edge.basis],
        "Date": edge.date,
        "Fingerprint of A": edge.fingerprint_a,
        "Fingerprint of B": edge.fingerprint_b,
        "Alpha": f"{edge.alpha:g}",
        "Constitution": edge.constitution,
        "Stemma": edge.stemma,
        "Ruling": edge.id,
    }
    again = f"stemma compare {edge.a.removeprefix('model:')} {edge.b.removeprefix('model:')}"
    return (
        el("dl", [(el("dt", name), el("dd", value)) for name, value in facts.items() if value]),
        el("p", "With the weights at hand, ", el("code", again), " rules again."),
    )


def _others(edges: Sequence[MeasuredEdge], chosen: MeasuredEdge) -> Element:
    items = []
    for edge in edges:
        words = f"{edge.date}: {edge.label}, {edge.established}; read: {edge.basis}"
        link = el("a", words, href=f"{addresses.pair(edge.a, edge.b)}&ruling={edge.id}")
        items.append(el("li", words if edge is chosen else link))
    return el("ul", items)
