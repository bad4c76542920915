"""The page of what was sent to subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from stemma.publish.html.elements import Content, el
from stemma.publish.html.parts import section
from stemma.registry import Delivery, DeliveryState, Subscription
from stemma.web import addresses
from stemma.web.access import Visitor
from stemma.web.pages.session import hidden_proof
from stemma.web.pages.shell import form, main, page, table

PAGE = 100
_WORDS = {
    DeliveryState.DEAD: "Given up",
    DeliveryState.PENDING: "Waiting",
    DeliveryState.DELIVERED: "Delivered",
}


def strangers_page() -> str:
    """For those who are not signed in."""
    body = (
        el("h1", "Deliveries"),
        el("p", "What was sent to subscribers is shown to those whose token covers the subscription.", class_="lead"),
        el("p", el("a", "Sign in", href="/session")),
    )
    return page("Deliveries", main(body), here="/alerts")


def deliveries_page(
    deliveries: Sequence[Delivery], subscriptions: Sequence[Subscription], state: DeliveryState, visitor: Visitor
) -> str:
    """Deliveries of one state, and the subscriptions that the visitor's token covers."""
    tabs = [
        el("a", words, href=addresses.with_query("/deliveries", state=each.value), aria_current=_current(each, state))
        for each, words in _WORDS.items()
    ]
    shown = [_delivery(each, visitor) for each in deliveries]
    heads = ("When", "Subscription", "Alert", "Attempts", "What went wrong", "Again")
    body = (
        el("h1", "Deliveries"),
        el("nav", tabs, aria_label="State", class_="pages"),
        el("p", f"The last {PAGE} are shown.", class_="note") if len(deliveries) == PAGE else None,
        table(heads, shown, stack=True) if shown else el("p", "There is none.", class_="empty"),
        section("Subscriptions", _subscriptions(subscriptions)),
    )
    return page("Deliveries", main(body), here="/alerts")


def _current(each: DeliveryState, state: DeliveryState) -> str | None:
    return "page" if each is state else None


def _delivery(of: Delivery, visitor: Visitor) -> Sequence[Content]:
    alert = el("a", f"{of.alert[:12]}, revision {of.revision}", href=f"/alerts/{quote(of.alert, safe='')}")
    again: Content = "–"
    if visitor.token.writes and of.state is not DeliveryState.PENDING:
        address = f"/deliveries/{quote(of.id, safe='')}/replay"
        button = el("button", "Send again", type="submit", class_="quiet", aria_label=f"Send again: {of.id[:12]}")
        again = form(address, hidden_proof(visitor), button, method="post")
    return (of.due.replace("T", " ", 1), of.subscription, alert, str(of.attempts), of.error or "–", again)


def _subscriptions(subscriptions: Sequence[Subscription]) -> Content:
    if not subscriptions:
        return el("p", "Your token covers none. ", el("code", "POST /api/v1/subscriptions"), " makes one.")
    rows = [
        (each.id, ", ".join(each.terms), urlsplit(each.url).netloc or "feed alone", "yes" if each.active else "paused")
        for each in subscriptions
    ]
    return table(("Name", "Tells of", "Sends to", "Active"), rows, stack=True)
