"""The page to sign in and out."""

from __future__ import annotations

from stemma.publish.html.elements import Content, el
from stemma.web.access import Visitor
from stemma.web.pages.shell import form, main, page


def session_page(visitor: Visitor | None, said: str = "") -> str:
    """Who one is, or a form to say so."""
    body: Content = _known(visitor) if visitor else _form(said)
    return page("Sign in", main(el("h1", "Your token"), body), here="/session")


def _form(said: str) -> Content:
    return (
        el("p", said, role="alert", class_="problem") if said else None,
        el("p", "With a token you can acknowledge alerts here. Whoever runs this server makes them: "),
        el("pre", el("code", "stemma token add NAME --namespace YOURS --write")),
        form(
            "/session",
            el(
                "label",
                "Token",
                el("input", name="token", type="password", autocomplete="off", required="", maxlength="200"),
                class_="wide",
            ),
            el("button", "Sign in", type="submit"),
            method="post",
            class_="controls",
        ),
    )


def _known(visitor: Visitor) -> Content:
    token = visitor.token
    does = "reads and writes" if token.writes else "reads"
    return (
        el("p", f"Signed in as {token.name}. This token {does}: {', '.join(token.namespaces)}. Until {token.expires}."),
        form("/session/end", hidden_proof(visitor), el("button", "Sign out", type="submit"), method="post"),
    )


def hidden_proof(visitor: Visitor) -> Content:
    """What a form carries to prove where it comes from."""
    return el("input", type="hidden", name="proof", value=visitor.proof)
