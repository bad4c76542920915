"""Alerts in words: the one place where sentences about them are made."""

from __future__ import annotations

from stemma.registry import Alert, AlertState, Certainty, Step


def headline(alert: Alert) -> str:
    """An alert in a few words."""
    return f"{alert.subject}: {alert.advisory} ({standing(alert)})"


def standing(alert: Alert) -> str:
    """Its certainty, or that it is over."""
    return "over" if alert.state is AlertState.RESOLVED else alert.certainty.value


def sentence(alert: Alert) -> str:
    """What an alert says, with why."""
    if alert.state is AlertState.RESOLVED:
        return f"{alert.advisory} does not reach {alert.subject} any more: {alert.note}."
    risks = f" by {', '.join(alert.risks)}" if alert.risks else ""
    said = f"{alert.subject} is {alert.certainty}{risks} ({alert.advisory})"
    return f"{said}: {way(alert)}." + "".join(f" {doubt}." for doubt in doubts(alert))


def way(alert: Alert) -> str:
    """The path, from what the advisory names to the subject."""
    if not alert.path:
        return "the advisory names it"
    steps = "".join(f" -> {_step(step)}" for step in alert.path)
    return f"{alert.path[0].upstream}{steps}"


def _step(step: Step) -> str:
    shown = "shown by weights, " if step.basis == "measured" else ""
    return f"{step.downstream} ({shown}{step.kind})"


def doubts(alert: Alert) -> list[str]:
    """Why it is not sure, for each step that is not, in order."""
    if alert.certainty is Certainty.AFFECTED:
        return []
    notes = [alert.note, *(step.note for step in alert.path)]
    return [note[:1].upper() + note[1:] for note in dict.fromkeys(notes) if note]
