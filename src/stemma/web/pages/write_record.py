"""The pages on which something is written: what there is to write, and the form for a record."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.errors import Problem
from stemma.publish.html.elements import Content, Element, el
from stemma.usecases.browse.proposing import Proposal
from stemma.usecases.browse.tokens import EVERYTHING
from stemma.web import addresses
from stemma.web.access import Visitor
from stemma.web.pages.session import hidden_proof
from stemma.web.pages.shell import form, main, page, text_area

_EXAMPLE = "stemma: 1\nname: my-model\nversion: 1.0.0\ntype: model"
_MOST_PROBLEMS = 50


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


def record_form_page(visitor: Visitor, proposal: Proposal, refused: Sequence[Problem] = ()) -> str:
    """The form; with a text in it, what is wrong with that, or a button to publish it."""
    body = (
        el("div", el("a", "Write", href="/write"), class_="crumbs"),
        el("h1", "Write a record"),
        _said(proposal, refused),
        form(
            "/write/record",
            hidden_proof(visitor),
            el(
                "label",
                "Record, in YAML or JSON",
                text_area("text", proposal.text, rows="22", class_="written", placeholder=_EXAMPLE, wrap="off"),
            ),
            el("label", "Or a file, in its place", el("input", type="file", name="file", accept=".yaml,.yml,.json")),
            el("div", _check(primary=proposal.record is None), _publish(proposal), class_="tools"),
            method="post",
            enctype="multipart/form-data",
            class_="stacked",
        ),
    )
    return page("Write a record", main(body), here="/write")


def problems_list(problems: Sequence[Problem], text: str = "") -> Content:
    """What is wrong, each with the line that it stands in."""
    lines = text.split("\n")
    rest = len(problems) - _MOST_PROBLEMS
    return (
        el("ul", [_problem(each, lines) for each in problems[:_MOST_PROBLEMS]], class_="problems"),
        el("p", f"And {rest:,} more.", class_="note") if rest > 0 else None,
    )


def _problem(problem: Problem, lines: Sequence[str]) -> Element:
    at = problem.line - 1
    return el(
        "li",
        el("b", f"Line {problem.line}: ") if problem.line else None,
        problem.message,
        f" {problem.advice}" if problem.advice else None,
        el("pre", el("code", lines[at][:160])) if 0 <= at < len(lines) and lines[at].strip() else None,
    )


def _said(proposal: Proposal, refused: Sequence[Problem]) -> Content:
    found = (*refused, *proposal.problems)
    remarks = (el("h2", "To think about"), problems_list(proposal.remarks, proposal.text)) if proposal.remarks else None
    if found:
        head = el("p", "It is not published.", class_="problem", role="alert")
        return (head, problems_list(found, proposal.text), remarks)
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


def _check(*, primary: bool) -> Element:
    return el("button", "Check", type="submit", name="asked", value="check", class_=None if primary else "quiet")


def _way(address: str, words: str, more: str) -> Element:
    return el("li", el("a", words, href=address), el("div", more, class_="facts"))
