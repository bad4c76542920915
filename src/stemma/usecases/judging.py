"""From two fingerprints to a report: what a comparison does once both models have been read."""

from __future__ import annotations

import time
from collections.abc import Mapping

from stemma.constitution.interface import Ruling
from stemma.constitution.ruling import rule
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import Fingerprint
from stemma.fingerprint.threads import one_blas_thread
from stemma.identity.version import VERSION
from stemma.publish.comparison import ComparisonReport
from stemma.usecases.at_hand import AtHand
from stemma.usecases.models import FingerprintResult
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.usecases.summaries import summary_of


def rule_on(a: Fingerprint, b: Fingerprint, work: Work = DEFAULT_WORK) -> Ruling:
    """The ruling on two fingerprints."""
    with one_blas_thread():
        return rule(PairEvidence(a, b), alpha=work.alpha)


def ruled(left: FingerprintResult, right: FingerprintResult, at_hand: AtHand) -> tuple[Ruling, Mapping[str, float]]:
    """The ruling on two fingerprints, with the weights at hand for where they leave doubt; what these cost."""
    with one_blas_thread():
        pair = PairEvidence(left.fingerprint, right.fingerprint, at_hand.supplier)
        ruling = rule(pair, alpha=at_hand.work.alpha)
    return ruling, at_hand.finish()


def report_on(
    a: str, b: str, left: FingerprintResult, right: FingerprintResult, work: Work, started: float
) -> ComparisonReport:
    """What was ruled of a pair, and what it cost.

    ``a`` and ``b`` are the references as they were asked for; ``started`` is when, by ``time.perf_counter``.
    """
    ruling, closer = ruled(left, right, AtHand(a, b, work))
    return _report(a, b, left, right, ruling, started, closer)


def unread(a: str, b: str, error: Exception) -> ComparisonReport:
    """The report of a pair that could not be read."""
    return ComparisonReport(a, b, error=str(error), stemma=VERSION)


def _report(
    a: str,
    b: str,
    left: FingerprintResult,
    right: FingerprintResult,
    ruling: Ruling,
    started: float,
    closer: Mapping[str, float],
) -> ComparisonReport:
    cost = {
        **closer,
        "seconds": time.perf_counter() - started,
        "bytes_read": int(left.cost["bytes_read"]) + int(right.cost["bytes_read"]),
    }
    return ComparisonReport(
        a,
        b,
        ruling=ruling,
        model_a=summary_of(left.fingerprint),
        model_b=summary_of(right.fingerprint),
        cost=cost,
        stemma=VERSION,
    )
