"""Pages of advisories and alerts."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.advisories import Advisory
from stemma.publish.alerts.words import headline, sentence
from stemma.publish.html.elements import Content, Element, el
from stemma.publish.html.parts import section
from stemma.publish.record.parts import paragraphs
from stemma.publish.record.values import web_address
from stemma.registry import Alert, AlertState, Step
from stemma.usecases.browse.notices import MOST_REACHED, Group, Reaching
from stemma.web import addresses
from stemma.web.access import Visitor
from stemma.web.pages.session import hidden_proof
from stemma.web.pages.shell import form, main, page, table

PAGE = 50


def advisories_page(advisories: Sequence[Advisory], total: int, offset: int) -> str:
    """The list."""
    nothing = el(
        "div",
        el("p", "No advisory is known here yet."),
        el("pre", el("code", "stemma advisory import FILES --registry REGISTRY")),
        class_="empty",
    )
    body = (
        el("h1", "Advisories"),
        el("p", "1 advisory" if total == 1 else f"{total:,} advisories", class_="note"),
        el("ul", [_advisory(each) for each in advisories], class_="records") if advisories else nothing,
        _pages("/advisories", offset, total),
    )
    return page("Advisories", main(body), here="/advisories")


def _advisory(advisory: Advisory) -> Element:
    told = [advisory.id, *(["withdrawn"] if advisory.is_withdrawn else [str(advisory.severity)])]
    told += [*map(str, advisory.risks), *advisory.records[:4], advisory.modified[:10]]
    return el(
        "li",
        el("a", advisory.summary or advisory.id, href=addresses.advisory(advisory.id)),
        el("div", [(el("span", word), " ") for word in told if word], class_="facts"),
    )


def advisory_page(found: Reaching) -> str:
    """One advisory, with everything downstream."""
    advisory = found.advisory
    here = addresses.advisory(advisory.id)
    machine = addresses.with_query("/api/v1/advisories/" + here.rpartition("/")[2])
    feed = addresses.with_query("/alerts.atom", advisory=advisory.id)
    withdrawn = el("div", el("b", f"Withdrawn at {advisory.withdrawn}"), class_="notice", role="note")
    body = (
        _crumbs("/advisories", "All advisories", (("JSON (OSV)", machine), ("Feed of its alerts", feed))),
        el("div", str(advisory.severity), class_="kind"),
        el("h1", advisory.summary or advisory.id),
        withdrawn if advisory.is_withdrawn else None,
        el("div", [el("p", paragraphs(block)) for block in advisory.details.split("\n\n") if block], class_="lead"),
        section("About", _facts(advisory)),
        section("Affected", _affected(advisory)),
        section("Everything downstream", _reached(found)),
        section("References", _references(advisory)) if advisory.references else None,
    )
    head = el("link", rel="alternate", type="application/atom+xml", href=feed, title="Alerts")
    return page(advisory.id, main(body), here="/advisories", head=head)


def _facts(advisory: Advisory) -> Element:
    facts = {
        "Advisory": advisory.id,
        "Also known as": ", ".join(advisory.aliases),
        "Risks": ", ".join(map(str, advisory.risks)),
        "Published": advisory.published,
        "Modified": advisory.modified,
        "MITRE ATLAS": ", ".join(advisory.atlas),
        "AVID": ", ".join(advisory.avid),
    }
    return el("dl", [(el("dt", name), el("dd", value)) for name, value in facts.items() if value])


def _affected(advisory: Advisory) -> Element:
    rows = []
    for each in advisory.affected:
        name = el("a", each.record, href=f"/records/{each.record}") if each.record else "–"
        others = [*map(str, each.digests), *each.repositories, *([each.purl] if each.purl else [])]
        rows.append((name, each.range if each.record else "–", ", ".join(others) or "–"))
    return table(("Record", "Versions", "Recognised by"), rows)


def _reached(found: Reaching) -> Content:
    total = found.affected + found.possibly
    if not total:
        return el("p", "It reaches nothing in this registry.")
    return (
        el("p", f"{found.affected:,} surely affected, {found.possibly:,} possibly."),
        el("p", f"The first {MOST_REACHED:,} are shown.", class_="note") if total > MOST_REACHED else None,
        [_group(group) for group in found.groups],
        el("p", f"Not affected, with something affected above: {', '.join(found.ended)}") if found.ended else None,
    )


def _group(group: Group) -> Element:
    last = group.way[-1].downstream if group.way else group.start
    words = f"By way of {last}" if group.way else f"{group.start}, and what was made directly of it"
    subjects = [
        el("li", _key(key), "" if str(certainty) == "affected" else f" ({certainty})")
        for key, certainty in group.subjects
    ]
    return el(
        "details",
        el("summary", f"{words}: {len(subjects):,}"),
        el("p", _way(group.way), class_="note") if group.way else None,
        el("ul", subjects),
        open="" if len(subjects) <= 12 else None,
    )


def _references(advisory: Advisory) -> Element:
    items = [
        el("li", f"{each.type.lower()}: ", el("a", each.url, href=each.url) if web_address(each.url) else each.url)
        for each in advisory.references
    ]
    return el("ul", items)


def alerts_page(alerts: Sequence[Alert], asked: dict[str, str], following: str) -> str:
    """The list of alerts."""
    states = [(state.value, state.value) for state in AlertState]
    options = [
        el("option", words, value=value, selected="" if value == asked.get("state") else None)
        for value, words in [("", "any"), *states]
    ]
    feed = addresses.with_query("/alerts.atom", **{k: v for k, v in asked.items() if k in ("advisory", "subject")})
    body = (
        el("h1", "Alerts"),
        form(
            "/alerts",
            el("label", "Subject", el("input", name="subject", value=asked.get("subject", "")), class_="wide"),
            el("label", "Advisory", el("input", name="advisory", value=asked.get("advisory", ""))),
            el("label", "State", el("select", options, name="state")),
            el("button", "Show", type="submit"),
            class_="controls",
            role="search",
        ),
        el(
            "p",
            el("a", "Feed of these alerts", href=feed),
            " · by webhook: ",
            el("code", "stemma watch"),
            " · ",
            el("a", "What was sent", href="/deliveries"),
            class_="note",
        ),
        el("ul", [_alert(alert) for alert in alerts], class_="records")
        if alerts
        else el("p", "No alert fits.", class_="empty"),
        el("nav", el("a", "Next", href=following), aria_label="Pages", class_="pages") if following else None,
    )
    head = el("link", rel="alternate", type="application/atom+xml", href=feed, title="Alerts")
    return page("Alerts", main(body), here="/alerts", head=head)


def _alert(alert: Alert) -> Element:
    told = [alert.state.value, alert.severity, *alert.risks, alert.updated[:10]]
    return el(
        "li",
        el("a", headline(alert), href=addresses.alert(alert)),
        el("div", [(el("span", word), " ") for word in told if word], class_="facts"),
    )


def alert_page(alert: Alert, visitor: Visitor | None) -> str:
    """One alert, and why."""
    steps = [
        (_key(step.upstream), _key(step.downstream), step.kind, step.basis, ", ".join(step.grounds), step.note or "–")
        for step in alert.path
    ]
    heads = ("From", "To", "Relation", "Rests on", "Grounds", "Doubt")
    lineage = addresses.with_query("/lineage", root=alert.subject)
    body = (
        _crumbs("/alerts", "All alerts", (("Lineage of the subject", lineage),)),
        el("div", alert.state.value, class_="kind"),
        el("h1", headline(alert)),
        el("p", sentence(alert), class_="lead"),
        section("Why", table(heads, steps) if steps else el("p", "The advisory names it.")),
        section(
            "About",
            el(
                "dl",
                (el("dt", "Advisory"), el("dd", el("a", alert.advisory, href=addresses.advisory(alert.advisory)))),
                (el("dt", "Subject"), el("dd", _key(alert.subject))),
                [(el("dt", name), el("dd", value)) for name, value in _about(alert).items() if value],
            ),
        ),
        section("Acknowledge", _acknowledge(alert, visitor)),
    )
    return page(headline(alert), main(body), here="/alerts")


def _about(alert: Alert) -> dict[str, str]:
    return {
        "Severity": alert.severity,
        "Created": alert.created,
        "Updated": alert.updated,
        "Acknowledged by": alert.acknowledged_by,
    }


def _acknowledge(alert: Alert, visitor: Visitor | None) -> Content:
    if alert.state is not AlertState.OPEN:
        return el("p", f"This alert is {alert.state.value}.")
    if visitor is not None and visitor.token.writes and visitor.token.covers(alert.subject):
        return form(
            addresses.alert(alert) + "/acknowledge",
            hidden_proof(visitor),
            el("button", f"Acknowledge as {visitor.token.name}", type="submit"),
            method="post",
        )
    return (
        el("p", el("a", "Sign in", href="/session"), " with a token that covers this subject, or run:"),
        el("pre", el("code", f"stemma alerts ack {alert.id[:12]} --by NAME")),
    )


def _crumbs(home: str, words: str, others: Sequence[tuple[str, str]]) -> Element:
    links = [el("a", name, href=address) for name, address in others]
    return el("div", el("a", words, href=home), el("nav", links, aria_label="Other forms"), class_="crumbs")


def _way(way: Sequence[Step]) -> Content:
    return (_key(way[0].upstream), [(f" → ({step.kind}) ", _key(step.downstream)) for step in way])


def _key(key: str) -> Content:
    link = addresses.record(key)
    return el("a", key, href=link) if link else key


def _pages(path: str, offset: int, total: int) -> Content:
    before = el("a", "Previous", href=addresses.with_query(path, offset=max(0, offset - PAGE))) if offset else None
    after = el("a", "Next", href=addresses.with_query(path, offset=offset + PAGE)) if offset + PAGE < total else None
    return el("nav", before, after, aria_label="Pages", class_="pages") if before or after else None
