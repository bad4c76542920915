"""The list of a site: every record by name, which a script of our own searches and filters where scripts run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from stemma.publish.figures import counted
from stemma.publish.html.elements import Content, Element, el, page
from stemma.publish.record.style import RECORD_CSS
from stemma.publish.record.values import label
from stemma.publish.site.addresses import Addresses
from stemma.publish.site.entries import SiteEntry

_MOST_CHOICES = 60

INDEX_CSS = (
    RECORD_CSS
    + """
#controls{display:flex;flex-wrap:wrap;gap:.8rem 1rem;align-items:end;margin:1.4rem 0 .6rem}
#controls[hidden]{display:none}
#controls label{display:flex;flex-direction:column;font-size:.8rem;color:var(--soft);gap:.15rem}
#controls .wide{flex:1 1 16rem}
input,select{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);border-radius:5px;
padding:.3rem .6rem;height:2.3rem;min-width:0;max-width:100%}
#list{list-style:none;padding:0;max-width:none;margin:.6rem 0}
#list li{padding:.7rem 0;border-bottom:1px solid var(--line);margin:0;content-visibility:auto;
contain-intrinsic-size:auto 4.6rem}
#list li[hidden]{display:none}
#list > li > a{font-weight:600;font-size:1.02rem}
#list p{margin:.15rem 0}
#list .facts{color:var(--soft);font-size:.85rem;display:flex;flex-wrap:wrap;gap:.1rem .9rem}
#list .risk{color:var(--bad);font-weight:600}
#list .off{color:var(--linked);font-weight:600}
"""
)


@cache
def script() -> str:
    """The script of the list."""
    return (files("stemma.publish.site") / "index.js").read_text(encoding="utf-8")


def index_page(entries: Sequence[SiteEntry], addresses: Addresses, title: str) -> str:
    """The page of the list, in the order given."""
    return page(
        title,
        INDEX_CSS,
        el("a", "Skip to the list", href="#list", class_="skip"),
        el(
            "main",
            el("div", "Stemma · registry of model records", class_="brand"),
            el("h1", title),
            _controls(entries),
            el("p", counted(len(entries), "record"), id="count", role="status", class_="note"),
            el("ul", [_item(entry, addresses) for entry in entries], id="list"),
            el("footer", "All of it for machines: ", el("a", "index.json", href="index.json")),
        ),
        head=el("link", rel="alternate", type="application/json", href="index.json", title="JSON"),
        script=script(),
    )


def _controls(entries: Sequence[SiteEntry]) -> Element:
    return el(
        "div",
        el(
            "label",
            "Search (press /)",
            el("input", id="q", type="search", autocomplete="off", spellcheck="false"),
            class_="wide",
        ),
        _choice("type", "Type", [(entry.type,) for entry in entries]),
        _choice("licence", "Licence", [entry.licenses for entry in entries]),
        _choice("risk", "Risk", [entry.risks for entry in entries]),
        _choice("tag", "Tag", [entry.tags for entry in entries]),
        id="controls",
        role="search",
        hidden="",
    )


def _choice(name: str, words: str, values: Iterable[Sequence[str]]) -> Element:
    """The most frequent values, in the order of the alphabet."""
    seen = Counter(value for some in values for value in dict.fromkeys(some))
    most = sorted(seen, key=lambda value: (-seen[value], value))[:_MOST_CHOICES]
    shown = [el("option", f"{_said(name, value)} ({seen[value]:,})", value=value) for value in sorted(most)]
    return el("label", words, el("select", el("option", "any", value=""), shown, id=name))


def _said(name: str, value: str) -> str:
    return label(value) if name == "risk" else value


def _item(entry: SiteEntry, addresses: Addresses) -> Element:
    facts: list[Content] = [el("span", entry.type), el("span", entry.key)]
    if entry.versions > 1:
        facts.append(el("a", counted(entry.versions, "version"), href=f"records/{entry.name}/index.html"))
    facts += [el("span", licence) for licence in entry.licenses[:3]]
    facts += [el("span", f"risk: {label(risk)}", class_="risk") for risk in entry.risks]
    facts += [el("span", f"#{tag}") for tag in entry.tags[:6]]
    if entry.state != "active":
        facts.append(el("span", entry.state, class_="off"))
    return el(
        "li",
        el("a", entry.title, href=addresses.from_index(entry.key)),
        el("p", entry.summary) if entry.summary else None,
        el("div", [(fact, " ") for fact in facts], class_="facts"),
        data_type=entry.type,
        data_licence=_joined(entry.licenses),
        data_risk=_joined(entry.risks),
        data_tag=_joined(entry.tags),
    )


def _joined(values: Sequence[str]) -> str | None:
    return "|".join(value.replace("|", " ") for value in values) or None
