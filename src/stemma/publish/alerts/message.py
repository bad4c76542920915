"""The message that a webhook carries: what happened, when, and the alert."""

from __future__ import annotations

from typing import Any

from stemma.identity.version import VERSION
from stemma.publish.canonical import as_document, to_line
from stemma.registry import Alert, Delivery, Step

MESSAGE = "stemma.alert-message/1"
MAX_STEPS = 100


def message_of(alert: Alert, delivery: Delivery) -> bytes:
    """The body to send: the same bytes however often it is sent, unless the alert changed meanwhile."""
    document = {
        "schema": MESSAGE,
        "type": f"alert.{alert.state}",
        "timestamp": alert.updated,
        "data": {"revision": delivery.revision, "alert": alert_fields(alert)},
        "stemma": VERSION,
    }
    return to_line(as_document(document)).encode()


def alert_fields(alert: Alert) -> dict[str, Any]:
    """An alert as it stands in documents; of a very long path the last steps."""
    return {
        "id": alert.id,
        "revision": alert.revision,
        "advisory": alert.advisory,
        "subject": alert.subject,
        "state": alert.state,
        "certainty": alert.certainty,
        "severity": alert.severity,
        "risks": alert.risks,
        "created": alert.created,
        "updated": alert.updated,
        "acknowledged_by": alert.acknowledged_by,
        "note": alert.note,
        "path": [_step(step) for step in alert.path[-MAX_STEPS:]],
        "steps_left_out": max(0, len(alert.path) - MAX_STEPS),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "upstream": step.upstream,
        "downstream": step.downstream,
        "basis": step.basis,
        "kind": step.kind,
        "grounds": step.grounds,
        "note": step.note,
    }
