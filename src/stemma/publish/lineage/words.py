"""Sentences on paths, verdicts and impacts, the same in every rendering."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.lineage import Claim, Verdict
from stemma.publish.figures import counted
from stemma.publish.lineage.model import ImpactReport, ReachedBy, VerifyReport
from stemma.registry.edges import MeasuredEdge
from stemma.registry.notices import Certainty, Step

ARROW = "→"


def path_words(path: Sequence[Step]) -> str:
    """A path on one line, downstream to the right: ``data →(trained-on) model →(M7, weights) small``."""
    if not path:
        return ""
    steps = "".join(f" {ARROW}({_by(step)}) {step.downstream}" for step in path)
    return f"{path[0].upstream}{steps}"


def _by(step: Step) -> str:
    doubt = "?" if step.note else ""
    return f"{step.kind}, weights{doubt}" if step.basis == "measured" else f"{step.kind}{doubt}"


def doubts(path: Sequence[Step]) -> list[str]:
    """Why the steps of a path are not sure, each reason once."""
    return list(dict.fromkeys(f"{step.upstream} {ARROW} {step.downstream}: {step.note}." for step in path if step.note))


def reason_of(reached: ReachedBy) -> str:
    """The path, or that the advisory names the subject itself."""
    return path_words(reached.path) or "named in the advisory"


def claim_words(claim: Claim) -> str:
    """A claim as its record makes it."""
    return f"{'not ' if claim.denied else ''}{claim.kind} {claim.target}"


def verification_headline(report: VerifyReport) -> str:
    """What was found, in one sentence."""
    found = report.verification
    counts = [f"{sum(c.verdict is v for c in found.claims)} {v.value}" for v in Verdict]
    told = f"{counted(len(found.claims), 'declared weight edge')}: {', '.join(counts)}."
    if not found.claims:
        told = "No weight edge is declared."
    shown = sum(each.ancestor for each in found.undeclared)
    others = len(found.undeclared) - shown
    if shown:
        told += f" The weights show {counted(shown, 'ancestor')} that no declaration names."
    if others:
        told += f" They link it to {counted(others, 'model')} besides; who came first is not shown."
    return told


def impact_headline(report: ImpactReport) -> str:
    """What was found, in one sentence."""
    if not report.subject:
        (impact,) = report.impacts
        if impact.advisory.is_withdrawn:
            return f"{impact.advisory.id} was withdrawn at {impact.advisory.withdrawn}: it reaches nobody."
        surely = sum(each.certainty is Certainty.AFFECTED for each in impact.reached)
        return f"{impact.advisory.id} reaches {surely} surely and {len(impact.reached) - surely} possibly."
    if not report.impacts:
        return f"No advisory of the registry reaches {report.subject}."
    return f"{report.subject} is reached by {_advisories(len(report.impacts))}."


def _advisories(number: int) -> str:
    return "1 advisory" if number == 1 else f"{number} advisories"


def ruling_words(edge: MeasuredEdge) -> str:
    """How two are linked, and what was read."""
    how = f"{edge.mechanism.meaning} ({edge.mechanism})" if edge.mechanism else str(edge.kinship)
    return f"{how}; read: {edge.basis}"
