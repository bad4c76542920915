"""A ruling in plain words: what it says, how surely, and what it does not mean.

The sentences are the same in every rendering. They speak of "model A" and "model B"; a rendering shows beside
them which references these are.
"""

from __future__ import annotations

import math
from typing import assert_never

from stemma.constitution.interface import Confidence, Direction, Established, Label, Ruling
from stemma.evidence.interface import Evidence
from stemma.immutable import immutable
from stemma.publish.figures import counted, one_in, visible
from stemma.publish.model import ComparisonReport, ScanCandidate, ScanReport
from stemma.vocabulary import Kinship, Status, Term, load_vocabulary


@immutable
class PlainWords:
    """``verdict`` is two or three words, ``headline`` one sentence, the rest short lists of sentences."""

    verdict: str
    headline: str
    surety: tuple[str, ...]
    not_meant: tuple[str, ...]


_FIRMNESS = {
    Confidence.EXACT: "The mechanism ({}) rests on exact facts about equal, rounded or missing numbers.",
    Confidence.STRONG: "The mechanism ({}) rests on traces that other mechanisms rarely leave.",
    Confidence.WEAK: "The mechanism ({}) is named because no other one shows itself; it is a weak clue.",
}


def in_plain_words(report: ComparisonReport) -> PlainWords:
    """The words for any report, one that holds an error included."""
    ruling = report.ruling
    if ruling is None:
        return PlainWords(
            "not compared",
            "The two models could not be compared, so nothing is said of them.",
            (visible(report.error or ""),),
            ("This is no sign for or against a link.",),
        )
    return PlainWords(verdict(ruling), headline(ruling), _surety(ruling), _not_meant(ruling))


def verdict(ruling: Ruling) -> str:
    """The label and how it was come by."""
    match (ruling.label, ruling.established):
        case (Label.LINKED, Established.SHOWN):
            return "linked"
        case (Label.LINKED, Established.DEFAULT):
            return "linked, not shown"
        case (Label.INDEPENDENT, Established.SHOWN):
            return "independent, shown"
        case (Label.INDEPENDENT, Established.DEFAULT):
            return "independent by default"
    raise AssertionError(f"no words for {ruling.label} {ruling.established}")


def headline(ruling: Ruling) -> str:
    """The ruling as one sentence."""
    if ruling.label is Label.LINKED:
        return _linked(ruling)
    if ruling.established is Established.DEFAULT:
        return "No link between model A and model B was established; they count as independent."
    if ruling.exclusion:
        return (
            "Model A and model B share no trained weights. "
            f"What makes them look alike is this: {ruling.exclusion.meaning} ({ruling.exclusion})."
        )
    return "Model A and model B were shown to share no trained weights."


def _linked(ruling: Ruling) -> str:
    how = f", by {ruling.mechanism.meaning} ({ruling.mechanism})" if ruling.mechanism else ""
    which = f" ({ruling.mechanism})" if ruling.mechanism else ""
    match ruling.kinship:
        case Kinship.COPY:
            return f"Model A and model B hold the same trained weights{which}."
        case Kinship.DESCENDANT:
            return f"Model B was made out of the trained weights of model A{how}."
        case Kinship.ANCESTOR:
            return f"Model A was made out of the trained weights of model B{how}."
        case Kinship.COMMON_ANCESTOR:
            return f"Model A and model B were both made out of the trained weights of a third model{how}."
        case Kinship.UNDETERMINED | Kinship.NONE:
            return f"Model A and model B share trained weights{how}. Which came first is not established."
        case _:
            assert_never(ruling.kinship)


def strongest(ruling: Ruling) -> Evidence | None:
    """The test with the smallest p-value, if any made one."""
    tests = [e for e in ruling.evidence if e.log10_p is not None and math.isfinite(e.log10_p)]
    return min(tests, key=lambda e: e.log10_p or 0.0, default=None)


def _surety(ruling: Ruling) -> tuple[str, ...]:
    spoken = [*_base(ruling), *_status(ruling)]
    if ruling.mechanism and ruling.confidence:
        spoken.append(_FIRMNESS[ruling.confidence].format(ruling.mechanism))
    if ruling.tests_planned > 1 and ruling.alpha > 0:
        spoken.append(
            f"{ruling.tests_planned:,} tests were planned. Together they would call independently started models "
            f"linked in at most {one_in(math.log10(ruling.alpha))} cases."
        )
    return tuple(spoken)


def _base(ruling: Ruling) -> list[str]:
    if ruling.label is Label.INDEPENDENT and ruling.established is Established.DEFAULT:
        return ["This is a default, not a finding: independence holds until a link is shown, and none was shown."]
    if ruling.label is Label.INDEPENDENT:
        return ["This was shown: the likeness was examined and is explained without any shared training."]
    test = strongest(ruling)
    if test is None or test.log10_p is None:
        return ["This rests on facts about the numbers themselves; chance plays no part in it."]
    return [
        f"Had the two been started and trained independently, the strongest result (“{visible(test.test)}”) would "
        f"come up by chance in at most {one_in(test.log10_p)} cases."
    ]


def _status(ruling: Ruling) -> list[str]:
    if not ruling.status:
        return []
    if ruling.status in {str(s) for s in Status}:
        status = next(s for s in Status if s == ruling.status)
        return [f"Named status: {status}. {load_vocabulary().define(status).definition}"]
    return [f"Named status: {visible(ruling.status)}."]


def _not_meant(ruling: Ruling) -> tuple[str, ...]:
    about = load_vocabulary().not_about
    general = f"It says nothing about {', '.join(about[:-1])} or {about[-1]}."
    if ruling.label is Label.LINKED:
        undirected = ruling.direction is Direction.UNDETERMINED and ruling.kinship is not Kinship.COPY
        side = ("It does not say which of the two came first.",) if undirected else ()
        return (*side, "It does not say whether the use was permitted, or who did it.", general)
    if ruling.established is Established.DEFAULT:
        return (
            "It is no proof that the two are unrelated: some derivations leave no trace in weights, "
            "and some traces fade.",
            general,
        )
    return ("It does not say that data, code or a tokenizer were not shared; these make no link.", general)


def cited_terms(ruling: Ruling) -> tuple[Term, ...]:
    """The terms of the constitution that a ruling rests on."""
    terms: list[Term] = []
    if ruling.mechanism:
        terms += [*load_vocabulary().mechanisms[ruling.mechanism].conditions, ruling.mechanism]
    if ruling.exclusion:
        terms.append(ruling.exclusion)
    terms.append(ruling.kinship)
    terms += [s for s in Status if s == ruling.status]
    return tuple(terms)


def direction_words(ruling: Ruling) -> str:
    """The direction, for a table."""
    match ruling.direction:
        case Direction.A_TO_B:
            return "from A to B"
        case Direction.B_TO_A:
            return "from B to A"
        case Direction.UNDETERMINED:
            return "not determined"
        case _:
            assert_never(ruling.direction)


def mechanism_words(ruling: Ruling) -> str:
    """The mechanism and how firmly it is named, for a table; "" where none is."""
    if ruling.mechanism is None:
        return ""
    firmly = f", {ruling.confidence}" if ruling.confidence else ""
    return f"{ruling.mechanism} {ruling.mechanism.meaning}{firmly}"


def scan_headline(report: ScanReport) -> str:
    """What a scan found, in one sentence for people."""
    if report.error is not None:
        return "The catalog could not be searched for this model."
    linked = _linked_count(report)
    if not linked:
        return "No link between this model and any candidate of the catalog was established."
    return f"This model is linked to {linked} of the candidates in the catalog."


def scan_sentence(report: ScanReport) -> str:
    """What a scan found, in one sentence."""
    linked = _linked_count(report)
    found = f"{linked} of them linked" if linked else "none of them linked"
    return (
        f"{counted(len(report.candidates), 'candidate')} shown out of {counted(report.catalog_size, 'fingerprint')}, "
        f"{found}; p-values are corrected for {counted(report.corrected_for, 'candidate')}."
    )


def _linked_count(report: ScanReport) -> int:
    return sum(c.ruling is not None and c.ruling.label is Label.LINKED for c in report.candidates)


def candidate_verdict(candidate: ScanCandidate) -> str:
    """What was ruled of a candidate, in a few words."""
    if candidate.ruling is None:
        return "not compared"
    ruling = candidate.ruling
    kinship = "" if ruling.kinship in (Kinship.NONE, Kinship.UNDETERMINED) else f", {ruling.kinship}"
    code = ruling.mechanism or ruling.exclusion
    return verdict(ruling) + kinship + (f" ({code})" if code else "")
