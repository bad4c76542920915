"""Find a model's relatives in a catalog."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from stemma.catalog import Catalog, Match
from stemma.constitution.interface import Direction, Label
from stemma.errors import InputError
from stemma.evidence.adapter import is_adapter
from stemma.evidence.merge import Merge
from stemma.fingerprint import Fingerprint
from stemma.fingerprint.threads import one_blas_thread
from stemma.identity import Missing, is_present
from stemma.identity.version import VERSION
from stemma.publish.model import ScanCandidate, ScanReport
from stemma.usecases.judging import rule_on
from stemma.usecases.merging import merge_among
from stemma.usecases.models import FingerprintResult, fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.usecases.summaries import summary_of
from stemma.vocabulary import Kinship, Mechanism

SHORTLIST = 10
_MERGE_POOL, _REST_POOL = 32, 12
_NOTHING_LEFT = 1e-6


def scan(reference: str, catalog: Catalog, work: Work = DEFAULT_WORK, *, shortlist: int = SHORTLIST) -> ScanReport:
    """Rank the catalog by search vector, rule on the best, and put links first.

    Alpha is spread over the whole catalog, not over the shortlist.

    Raises:
        InputError: the catalog is empty, or the model cannot be read.
    """
    if not catalog.size:
        raise InputError(f"The catalog at {catalog.directory} is empty.", advice="Fill it: stemma catalog add MODEL...")
    started = time.perf_counter()
    return scan_fingerprint(fingerprint(reference, work), catalog, work, shortlist=shortlist, started=started)


def scan_fingerprint(
    query: FingerprintResult,
    catalog: Catalog,
    work: Work = DEFAULT_WORK,
    *,
    shortlist: int = SHORTLIST,
    started: float | None = None,
) -> ScanReport:
    """The same for a fingerprint that is at hand; ``started`` is when work on it began, by ``time.perf_counter``."""
    started = time.perf_counter() if started is None else started
    # The search vector of an adapter alone is nothing like its base's: it is held against the whole catalog.
    count = catalog.size if is_adapter(query.fingerprint) else min(shortlist, catalog.size)
    matches = catalog.search(query.fingerprint.sketch, count)
    share = replace(work, alpha=work.alpha / catalog.size)
    ruled = [_candidate(catalog, match, query.fingerprint, share) for match in matches]
    merge = _merge(catalog, query.fingerprint, ruled)
    ordered = sorted(refined(ruled, merge), key=_rank)
    return ScanReport(
        query=query.reference,
        catalog=str(catalog.directory),
        catalog_size=catalog.size,
        corrected_for=catalog.size,
        candidates=tuple(replace(c, rank=i) for i, c in enumerate(ordered, start=1)),
        model=summary_of(query.fingerprint),
        alpha=work.alpha,
        not_examined=(*_left_out(catalog.size - len(matches)), *query.fingerprint.missing.values()),
        cost={"seconds": time.perf_counter() - started, "bytes_read": query.cost["bytes_read"]},
        stemma=VERSION,
        merge=merge,
    )


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"Models of the catalog that were ranked lower by search vector and not compared: {count:,}.",)


def _merge(catalog: Catalog, query: Fingerprint, ruled: Sequence[ScanCandidate]) -> Merge | Missing:
    """The merge that the query is of models of the catalog: those linked, and others that its search vector points to.

    What is left of the vector once the nearest candidate is taken away points to a parent of small share.
    """
    linked = [c.name for c in ruled if c.ruling is not None and c.ruling.label is Label.LINKED]
    copies = {c.name for c in ruled if c.ruling is not None and c.ruling.kinship is Kinship.COPY}
    names = [name for name in dict.fromkeys((*linked, *_pointed_to(catalog, query, linked))) if name not in copies]
    models = {name: model for name in names if is_present(model := _comparable(catalog, name, query))}
    with one_blas_thread():
        return merge_among(query, models, linked)


def _pointed_to(catalog: Catalog, query: Fingerprint, linked: Sequence[str]) -> list[str]:
    pool = min(_MERGE_POOL, catalog.size)
    found = [match.name for match in catalog.search(query.sketch, pool)]
    nearest = catalog.get(linked[0]).sketch if linked else query.sketch
    rest = query.sketch - (query.sketch @ nearest) * nearest
    if float(rest @ rest) > _NOTHING_LEFT:
        found += [match.name for match in catalog.search(rest, min(_REST_POOL, catalog.size))]
    return found


def _comparable(catalog: Catalog, name: str, query: Fingerprint) -> Fingerprint | Missing:
    model = catalog.get(name)
    return model if model.schema == query.schema else Missing("follows another schema")


def refined(candidates: Sequence[ScanCandidate], merge: Merge | Missing) -> list[ScanCandidate]:
    """Candidates with what a third model adds: parents of a merge are ancestors. Labels stay as they were ruled."""
    members = merge.members if isinstance(merge, Merge) else ()
    return [_as_parent(c, merge) if c.name in members and isinstance(merge, Merge) else c for c in candidates]


def _as_parent(candidate: ScanCandidate, merge: Merge) -> ScanCandidate:
    ruling = candidate.ruling
    if ruling is None or ruling.label is not Label.LINKED or ruling.direction is Direction.B_TO_A:
        return candidate
    others = ", ".join(name for name in merge.members if name != candidate.name)
    reason = f"The query is a merge of this candidate with {others}: it descends from the candidate."
    changed = replace(
        ruling,
        kinship=Kinship.DESCENDANT,
        direction=Direction.A_TO_B,
        mechanism=Mechanism.M9,
        reasons=(*ruling.reasons, reason),
        evidence=(*ruling.evidence, merge.evidence),
    )
    return replace(candidate, ruling=changed)


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
