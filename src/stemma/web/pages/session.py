"""The page to sign in and out."""

from __future__ import annotations

from stemma.publish.html.elements import Content, el
from stemma.web.access import Visitor
from stemma.web.pages.shell import form, main, page


def session_page(visitor: Visitor | None, said: str = "", *, provider: bool = False) -> str:
    """Who one is, or a form to say so; with a ``provider`` a way to it as well."""
    body: Content = _known(visitor) if visitor else (_provider() if provider else None, _form(said))
    return page("Sign in", main(el("h1", "Your token"), body), here="/session")


def welcome_page(name: str) -> str:
    """After a sign-in elsewhere. A page of ours has to lead on: the cookie is sent along from our own pages alone."""
    body = (
        el("h1", "Signed in"),
        el("p", f"Signed in as {name}."),
        el("p", el("a", "Continue", href="/session")),
    )
    return page(
        "Signed in", main(body), here="/session", head=el("meta", http_equiv="refresh", content="0;url=/session")
    )


def _provider() -> Content:
    return (
        el("p", el("a", "Sign in with your organisation", href="/session/oidc", class_="button")),
        el("h2", "Or with a token"),
    )


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
