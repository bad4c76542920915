"""The published schemas of the documents about alerts."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.advisories import RiskKind, Severity
from stemma.lineage.sightings import HubChange
from stemma.publish.alerts import documents, message
from stemma.publish.schemas.shapes import Shape, choice, count, many, text, thing
from stemma.registry import AlertState, Certainty, DeliveryState
from stemma.vocabulary import Grounds

_KEY = "NAME@VERSION of a record, NAME where no version is held, or model:REFERENCE."
_STEP = thing(
    {
        "upstream": text(_KEY),
        "downstream": text(_KEY),
        "basis": choice(("declared", "measured"), "Whether a record says so, or the weights show it."),
        "kind": text("The kind of relation; of a measured edge its mechanism or kinship."),
        "grounds": many(choice(Grounds, "E1, E2 or E3."), "Why it is believed."),
        "note": text("Why the step is not sure; empty where it is."),
    },
    "One step.",
)
_ALERT: dict[str, Shape] = {
    "id": text("Its identity: of the advisory and the subject."),
    "revision": count("From 1; goes up whenever it is told again."),
    "advisory": text("Id of the advisory."),
    "subject": text(_KEY),
    "state": choice(AlertState, "What became of it."),
    "certainty": choice(Certainty, "How surely the subject is affected."),
    "severity": choice(Severity, "How bad it is."),
    "risks": many(choice(RiskKind, "A kind of risk."), "Which risks reach the subject."),
    "created": text("When it was raised."),
    "updated": text("When it last changed."),
    "acknowledged_by": text("Who acknowledged it; empty where nobody did."),
    "note": text("Why it is over or not sure; empty otherwise."),
    "path": many(_STEP, "From what the advisory names to the subject, the most upstream step first."),
    "steps_left_out": count("How many of the most upstream steps are not shown."),
}
_ALERTS: dict[str, Shape] = {
    "terms": many(text("KEY=VALUE"), "What was asked for."),
    "total": count("How many there are, shown or not."),
    "alerts": many(
        thing({**_ALERT, "summary": text("What the advisory says, in a line.")}, "One alert."), "Newest first."
    ),
}
_MESSAGE: dict[str, Shape] = {
    "type": choice((f"alert.{state}" for state in AlertState), "What happened."),
    "timestamp": text("When it happened."),
    "data": thing(
        {"revision": count("Which revision this tells."), "alert": thing(_ALERT, "The alert.")}, "What it is about."
    ),
}
_SUBSCRIPTIONS: dict[str, Shape] = {
    "subscriptions": many(
        thing(
            {
                "id": text("Its identity."),
                "terms": many(text("KEY=VALUE"), "All of them have to hold."),
                "url": text("The webhook; empty where there is none."),
                "active": {"type": "boolean", "description": "False: nothing is sent."},
                "created": text("When it was made."),
                "note": text("A remark."),
                "secret": text("What messages are signed with, told once, when it is made; empty after that."),
            },
            "One subscription.",
        ),
        "By id.",
    ),
}
_DELIVERIES: dict[str, Shape] = {
    "deliveries": many(
        thing(
            {
                "id": text("Its identity, which every resend carries as webhook-id."),
                "alert": text("Id of the alert."),
                "revision": count("Revision of the alert."),
                "subscription": text("Id of the subscription."),
                "state": choice(DeliveryState, "What became of it."),
                "attempts": count("How often it was tried."),
                "created": text("When it was put into the outbox."),
                "due": text("When it is tried (again)."),
                "error": text("What went wrong last; empty where nothing did."),
                "status": count("What the receiver answered in this run; 0 where it was not asked or did not answer."),
            },
            "One delivery.",
        ),
        "In the order in which they were tried, or by id.",
    ),
}
_WATCH: dict[str, Shape] = {
    "looked": count("Repositories that were looked at."),
    "first": count("Those seen for the first time: nothing can have changed."),
    "findings": many(
        thing(
            {
                "kind": choice(HubChange, "What happened."),
                "repository": text("Such as huggingface:org/name."),
                "revision": text("The branch, tag or commit that was looked at."),
                "before": text("What was seen before."),
                "after": text("What was seen now."),
                "commit": text("The commit that is there now; empty where there is none."),
                "at": text("When it was seen."),
                "sentence": text("The finding in a sentence."),
                "advisory": text("Id of the advisory that was kept for it; empty where no record is concerned."),
            },
            "One change.",
        ),
        "In the order in which they were found.",
    ),
    "failures": many(
        thing({"repository": text("The repository."), "error": text("Why it could not be looked at.")}, "One failure."),
        "By repository.",
    ),
    "told": count("Alerts that were raised or told again."),
}
_INDEX: dict[str, Shape] = {
    "source": text("What was listed."),
    "pages": count("Pages of the listing that were read in this run."),
    "written": count("Records that were written."),
    "known": count("Models that have a record already."),
    "left_out": many(thing({"model": text("Its name."), "reason": text("Why.")}, "One model."), "By name."),
    "notes": many(
        thing(
            {
                "file": text("Where."),
                "message": text("What was got."),
                "advice": text("What was done about it."),
                "rule": text("Which rule is broken, as a stable word."),
            },
            "One remark.",
        ),
        "What was wrong in the facts, at most a thousand remarks.",
    ),
    "told": count("Alerts that were raised or told again."),
    "finished": {"type": "boolean", "description": "False: the next run goes on where this one stopped."},
}

TITLES: Mapping[str, tuple[str, dict[str, Shape]]] = {
    documents.ALERTS: ("Alerts", _ALERTS),
    message.MESSAGE: ("What a webhook is sent", _MESSAGE),
    documents.SUBSCRIPTIONS: ("Who is told of what", _SUBSCRIPTIONS),
    documents.DELIVERIES: ("What was sent, and what became of it", _DELIVERIES),
    documents.WATCH: ("What changed about repositories on a hub", _WATCH),
    documents.INDEX: ("What an index of a hub wrote", _INDEX),
}
