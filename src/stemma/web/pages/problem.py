"""The page of an error."""

from __future__ import annotations

from stemma.publish.html.elements import el
from stemma.web.pages.shell import main, page

_PLAIN = {404: "There is nothing at this address.", 405: "This address takes no such request."}


def problem_page(status: int, title: str, detail: str, advice: str, request_id: str) -> str:
    """What went wrong, and what to do."""
    return page(
        title,
        main(
            el("div", str(status), class_="kind"),
            el("h1", title),
            el("p", detail if detail != title else _PLAIN.get(status, detail), class_="lead"),
            el("p", advice) if advice else None,
            el("p", el("a", "All records", href="/")),
            el("p", f"Request {request_id}", class_="note") if request_id else None,
        ),
    )
