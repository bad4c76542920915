"""Alerts, subscriptions, deliveries and findings on a terminal."""

from __future__ import annotations

from rich.console import Console

from stemma.publish.alerts.model import AlertListing, DeliveryListing, IndexReport, SubscriptionListing, WatchReport
from stemma.publish.alerts.words import sentence, standing
from stemma.publish.figures import counted
from stemma.publish.terminal_parts import write_heading, write_section, write_table


def render_alerts(listing: AlertListing, console: Console) -> None:
    """A table of alerts, and why each was raised."""
    shown = "" if len(listing.alerts) == listing.total else f", {len(listing.alerts)} of them shown"
    write_heading(console, f"{counted(listing.total, 'alert')}{shown}")
    rows = [
        (each.id[:12], each.subject, each.advisory, standing(each), each.state.value, each.severity, each.updated)
        for each in listing.alerts
    ]
    write_table(console, "", ["id", "subject", "advisory", "certainty", "state", "severity", "updated"], rows)
    write_section(console, "Why", [sentence(alert) for alert in listing.alerts])


def render_subscriptions(listing: SubscriptionListing, console: Console) -> None:
    """A table of subscriptions; the secret of one that was just made below."""
    write_heading(console, counted(len(listing.subscriptions), "subscription"))
    rows = [
        (each.id, " and ".join(each.terms), each.url or "feed alone", "on" if each.active else "off", each.created)
        for each in listing.subscriptions
    ]
    write_table(console, "", ["id", "told of", "webhook", "is", "since"], rows)
    if listing.fresh:
        secrets = [f"{each.id}: {each.secret}" for each in listing.subscriptions if each.secret]
        write_section(console, "Secret that messages are signed with; it is not shown again", secrets)


def render_deliveries(listing: DeliveryListing, console: Console) -> None:
    """A table of deliveries."""
    write_heading(console, counted(len(listing.deliveries), "message"))
    rows = [
        (
            each.id[:12],
            each.subscription,
            each.alert[:12],
            str(each.revision),
            each.state.value,
            str(each.attempts),
            each.due if each.state.value == "pending" else "",
            each.error,
        )
        for each in listing.deliveries
    ]
    columns = ["id", "to", "alert", ">revision", "state", ">attempts", "again", "error"]
    write_table(console, "", columns, rows)


def render_watch(report: WatchReport, console: Console) -> None:
    """What changed, with the advisory that was kept."""
    write_heading(
        console, f"Repositories: {report.looked:,} looked at, {counted(len(report.findings), 'change')} found"
    )
    told = [
        f"{finding.sentence} {f'Advisory {advisory}.' if advisory else 'No record of the registry is concerned.'}"
        for finding, advisory in report.findings
    ]
    write_section(console, "Changes", told)
    write_section(console, "Seen for the first time", [f"{report.first}."] if report.first else [])
    write_section(
        console, "Could not be looked at", [f"{name}: {error}" for name, error in sorted(report.failures.items())]
    )
    write_section(console, "Alerts told", [f"{report.told}."] if report.told else [])


def render_index(report: IndexReport, console: Console) -> None:
    """How far the index got."""
    ended = "everything is listed" if report.finished else "there is more: run it again to go on"
    write_heading(console, f"{report.source.partition('?')[0]}: {counted(report.written, 'record')} written; {ended}")
    facts = [f"{counted(report.known, 'model')} had a record already."] if report.known else []
    facts += [f"{counted(report.told, 'alert')} told."] if report.told else []
    write_section(console, "Also", facts)
    left = [f"{name}: {reason}" for name, reason in sorted(report.left_out.items())]
    write_section(console, "Left out", left[:50])
