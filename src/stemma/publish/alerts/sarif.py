"""Alerts in SARIF 2.1.0, as :func:`stemma.publish.lineage.sarif.impact_sarif` writes impacts.

What is acknowledged is suppressed, with who acknowledged it; what is over is left out. ``partialFingerprints`` are
those that an impact gives the same finding, so that it is one and the same in every run of either.
"""

from __future__ import annotations

from typing import Any

from stemma.lineage.alerts import RANKS
from stemma.publish.alerts.model import AlertListing
from stemma.publish.alerts.words import sentence
from stemma.publish.canonical import Document
from stemma.publish.lineage.sarif import ADVISORY, sarif_log, sarif_result, sarif_rule
from stemma.registry import Alert, AlertState, Certainty


def alerts_sarif(listing: AlertListing) -> Document:
    """One run with a result for every alert that is not over."""
    alerts = [alert for alert in listing.alerts if alert.state is not AlertState.RESOLVED]
    advisories = sorted({alert.advisory for alert in alerts})
    return sarif_log(
        [_rule(name, listing) for name in advisories], [_result(alert) for alert in alerts], listing.stemma
    )


def _rule(advisory: str, listing: AlertListing) -> dict[str, Any]:
    title = "Advisory" + "".join(part for part in advisory if part.isalnum())
    short = listing.summaries.get(advisory) or f"Advisory {advisory}."
    return sarif_rule(f"{ADVISORY}{advisory}", title, short, "warning")


def _result(alert: Alert) -> dict[str, Any]:
    found = sarif_result(f"{ADVISORY}{alert.advisory}", _level(alert), sentence(alert), alert.subject, alert.advisory)
    if alert.state is AlertState.ACKNOWLEDGED:
        found["suppressions"] = [{"kind": "external", "justification": f"Acknowledged by {alert.acknowledged_by}."}]
    return found | {"properties": {"alert": alert.id, "revision": alert.revision}}


def _level(alert: Alert) -> str:
    if alert.certainty is not Certainty.AFFECTED:
        return "note"
    return "error" if RANKS[alert.severity] >= RANKS["high"] else "warning"
