"""Alerts, subscriptions, deliveries and findings as JSON documents; each names its schema (see ``docs/schemas``)."""

from __future__ import annotations

from typing import Any

from stemma.publish.alerts.message import alert_fields
from stemma.publish.alerts.model import AlertListing, DeliveryListing, IndexReport, SubscriptionListing, WatchReport
from stemma.publish.canonical import Document, as_document
from stemma.registry import Delivery, Subscription

ALERTS = "stemma.alerts/1"
SUBSCRIPTIONS = "stemma.subscriptions/1"
DELIVERIES = "stemma.deliveries/1"
WATCH = "stemma.watch-report/1"
INDEX = "stemma.index-report/1"


def alerts_document(listing: AlertListing) -> Document:
    """Alerts with the paths that explain them."""
    return as_document(
        {
            "schema": ALERTS,
            "terms": listing.terms,
            "total": listing.total,
            "alerts": [
                {**alert_fields(alert), "summary": listing.summaries.get(alert.advisory, "")}
                for alert in listing.alerts
            ],
            "stemma": listing.stemma,
        }
    )


def subscriptions_document(listing: SubscriptionListing) -> Document:
    """Subscriptions; without their secrets, but for one that was just made."""
    return as_document(
        {
            "schema": SUBSCRIPTIONS,
            "subscriptions": [_subscription(each, fresh=listing.fresh) for each in listing.subscriptions],
            "stemma": listing.stemma,
        }
    )


def _subscription(subscription: Subscription, *, fresh: bool) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "terms": subscription.terms,
        "url": subscription.url,
        "active": subscription.active,
        "created": subscription.created,
        "note": subscription.note,
        "secret": subscription.secret if fresh else "",
    }


def deliveries_document(listing: DeliveryListing) -> Document:
    """Deliveries and what became of them."""
    return as_document(
        {
            "schema": DELIVERIES,
            "deliveries": [_delivery(each, listing.statuses.get(each.id, 0)) for each in listing.deliveries],
            "stemma": listing.stemma,
        }
    )


def _delivery(delivery: Delivery, status: int) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "alert": delivery.alert,
        "revision": delivery.revision,
        "subscription": delivery.subscription,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created": delivery.created,
        "due": delivery.due,
        "error": delivery.error,
        "status": status,
    }


def watch_document(report: WatchReport) -> Document:
    """What changed about repositories on a hub."""
    return as_document(
        {
            "schema": WATCH,
            "looked": report.looked,
            "first": report.first,
            "findings": [
                {
                    "kind": finding.kind,
                    "repository": finding.repository,
                    "revision": finding.revision,
                    "before": finding.before,
                    "after": finding.after,
                    "commit": finding.commit,
                    "at": finding.at,
                    "sentence": finding.sentence,
                    "advisory": advisory,
                }
                for finding, advisory in report.findings
            ],
            "failures": [{"repository": name, "error": error} for name, error in sorted(report.failures.items())],
            "told": report.told,
            "stemma": report.stemma,
        }
    )


def index_document(report: IndexReport) -> Document:
    """What an index wrote."""
    return as_document(
        {
            "schema": INDEX,
            "source": report.source,
            "pages": report.pages,
            "written": report.written,
            "known": report.known,
            "left_out": [{"model": name, "reason": reason} for name, reason in sorted(report.left_out.items())],
            "notes": [
                {"file": note.file, "message": note.message, "advice": note.advice, "rule": note.rule}
                for note in report.notes
            ],
            "told": report.told,
            "finished": report.finished,
            "stemma": report.stemma,
        }
    )
