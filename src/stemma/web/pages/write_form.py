"""What all forms share on which something is written: the page around them, what is wrong, and the button to look."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.errors import Problem
from stemma.publish.html.elements import Content, Element, el
from stemma.web.access import Visitor
from stemma.web.pages.session import hidden_proof
from stemma.web.pages.shell import form, main, page

_MOST_PROBLEMS = 50


def write_form_page(heading: str, address: str, visitor: Visitor, said: Content, *fields: Content, **more: str) -> str:
    """A page with what is said of what was written, and a form that is sent to ``address``; ``more`` are attributes."""
    body = (
        el("div", el("a", "Write", href="/write"), class_="crumbs"),
        el("h1", heading),
        said,
        form(address, hidden_proof(visitor), *fields, method="post", class_="stacked", **more),
    )
    return page(heading, main(body), here="/write")


def check_button(*, primary: bool) -> Element:
    """The button that has it looked at; ``primary`` where there is none to publish it."""
    return el("button", "Check", type="submit", name="asked", value="check", class_=None if primary else "quiet")


def refused(problems: Sequence[Problem], text: str = "") -> Content:
    """That nothing was published, and why."""
    return (el("p", "It is not published.", class_="problem", role="alert"), problems_list(problems, text))


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
