"""The pages on which something is written: what there is to write, and the form for a record."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.errors import Problem
from stemma.publish.html.elements import Content, Element, el
from stemma.usecases.browse.proposing import Proposal
from stemma.usecases.browse.tokens import EVERYTHING
from stemma.web import addresses
from stemma.web.access import Visitor
from stemma.web.pages.shell import main, page, text_area
from stemma.web.pages.write_form import check_button, problems_list, refused, write_form_page

_EXAMPLE = "stemma: 1\nname: my-model\nversion: 1.0.0\ntype: model"


def write_page(visitor: Visitor | None) -> str:
    """What can be written here, and by whom."""
    if visitor is None:
        body: Content = (
            el("p", "Writing takes a token whose namespaces cover what is written about.", class_="lead"),
            el("p", el("a", "Sign in", href="/session")),
        )
    elif not visitor.token.writes:
        body = el("p", f"You are signed in as {visitor.token.name}, with a token that reads, and does not write.")
    else:
        covered = ", ".join("everything" if each == EVERYTHING else each for each in visitor.token.namespaces)
        body = (
            el("p", f"Signed in as {visitor.token.name}. Your token covers: {covered}.", class_="lead"),
            el(
                "ul",
                _way("/write/record", "A record", "what a model or data set is, and what it was made of"),
                _way("/write/advisory", "An advisory", "a warning, and which records it is about"),
                class_="records",
            ),
            el("p", "Either is looked at first, and published when you say so.", class_="note"),
        )
    return page("Write", main(el("h1", "Write"), body), here="/write")


def record_form_page(visitor: Visitor, proposal: Proposal, denied: Sequence[Problem] = ()) -> str:
    """The form; with a text in it, what is wrong with that, or a button to publish it."""
    return write_form_page(
        "Write a record",
        "/write/record",
        visitor,
        _said(proposal, denied),
        el(
            "label",
            "Record, in YAML or JSON",
            text_area("text", proposal.text, rows="22", class_="written", placeholder=_EXAMPLE, wrap="off"),
        ),
        el("label", "Or a file, in its place", el("input", type="file", name="file", accept=".yaml,.yml,.json")),
        el("div", check_button(primary=proposal.record is None), _publish(proposal), class_="tools"),
        enctype="multipart/form-data",
    )


def _said(proposal: Proposal, denied: Sequence[Problem]) -> Content:
    found = (*denied, *proposal.problems)
    remarks = (el("h2", "To think about"), problems_list(proposal.remarks, proposal.text)) if proposal.remarks else None
    if found:
        return (refused(found, proposal.text), remarks)
    if proposal.record is None:
        return None
    key = proposal.record.key
    there: Content = el("a", key, href=addresses.record(key))
    if proposal.same:
        words: Content = ("This very text is published already: ", there)
    elif proposal.there:
        words = ("Nothing is wrong with it; but something else is published as ", there, ".")
    else:
        words = f"Nothing is wrong with it. It is not published yet: {key}"
    return (el("p", words, role="status", class_="told"), remarks)


def _publish(proposal: Proposal) -> Content:
    if proposal.record is None or proposal.same:
        return None
    words = f"Replace {proposal.record.key}" if proposal.there else f"Publish {proposal.record.key}"
    return (
        el("input", type="hidden", name="replacing", value=proposal.there) if proposal.there else None,
        el("button", words, type="submit", name="asked", value="publish"),
    )


def _way(address: str, words: str, more: str) -> Element:
    return el("li", el("a", words, href=address), el("div", more, class_="facts"))
