"""Find a model's relatives in a catalog."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from stemma.catalog import Catalog, Match
from stemma.constitution.interface import Label
from stemma.errors import InputError
from stemma.evidence.adapter import is_adapter
from stemma.fingerprint import Fingerprint
from stemma.identity.version import VERSION
from stemma.publish.model import ScanCandidate, ScanReport
from stemma.usecases.compare import rule_on
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.usecases.summaries import summary_of

SHORTLIST = 10


def scan(reference: str, catalog: Catalog, work: Work = DEFAULT_WORK, *, shortlist: int = SHORTLIST) -> ScanReport:
    """Rank the catalog by search vector, rule on the best, and put links first.

    Alpha is spread over the whole catalog, not over the shortlist.

    Raises:
        InputError: the catalog is empty, or the model cannot be read.
    """
    started = time.perf_counter()
    if not catalog.size:
        raise InputError(f"The catalog at {catalog.directory} is empty.", advice="Fill it: stemma catalog add MODEL...")
    query = fingerprint(reference, work)
    # The search vector of an adapter alone is nothing like its base's: it is held against the whole catalog.
    count = catalog.size if is_adapter(query.fingerprint) else min(shortlist, catalog.size)
    matches = catalog.search(query.fingerprint.sketch, count)
    share = replace(work, alpha=work.alpha / catalog.size)
    ruled = [_candidate(catalog, match, query.fingerprint, share) for match in matches]
    ordered = sorted(ruled, key=_rank)
    return ScanReport(
        query=reference,
        catalog=str(catalog.directory),
        catalog_size=catalog.size,
        corrected_for=catalog.size,
        candidates=tuple(replace(c, rank=i) for i, c in enumerate(ordered, start=1)),
        model=summary_of(query.fingerprint),
        alpha=work.alpha,
        not_examined=(*_left_out(catalog.size - len(matches)), *query.fingerprint.missing.values()),
        cost={"seconds": time.perf_counter() - started, "bytes_read": query.cost["bytes_read"]},
        stemma=VERSION,
    )


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"Models of the catalog that were ranked lower by search vector and not compared: {count:,}.",)


def _candidate(catalog: Catalog, match: Match, query: Fingerprint, work: Work) -> ScanCandidate:
    ruling = rule_on(catalog.get(match.name), query, work)
    strongest = min((e.log10_p for e in ruling.evidence if e.log10_p is not None), default=None)
    corrected = (
        None if strongest is None else min(0.0, strongest + math.log10(catalog.size * max(1, ruling.tests_planned)))
    )
    return ScanCandidate(0, match.name, match.cosine, ruling, corrected)


def _rank(candidate: ScanCandidate) -> tuple[bool, float, str]:
    """Links first, closest first; then the rest as the search vectors rank them."""
    ruling = candidate.ruling
    if ruling is None or ruling.label is not Label.LINKED:
        fits = [e.statistic for e in ruling.evidence if e.test == "adapter fit"] if ruling else []
        return True, -max(fits, default=candidate.score), candidate.name
    effects = [e.effect for e in ruling.evidence if e.log10_p is not None]
    return False, -sum(effects) / max(1, len(effects)), candidate.name
