"""Verify what a record declares of its weights."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stemma.catalog import Catalog
from stemma.constitution.interface import Label
from stemma.identity import Missing, is_present
from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.lineage import (
    Claim,
    Examined,
    Undeclared,
    Verdict,
    Verification,
    find_undeclared,
    is_held,
    judge_claims,
    licence_findings,
    name_of,
    reach,
)
from stemma.lineage.licences import LicenceFinding
from stemma.lineage.overlay import DeclaredOnly
from stemma.lineage.verify import FAMILY, weight_relations
from stemma.publish.lineage.model import VerifyReport
from stemma.publish.model import ScanReport
from stemma.records import Record, Resolver, choose
from stemma.registry import Registry
from stemma.registry.edges import MeasuredEdge
from stemma.usecases.alerts.raising import keep_rulings
from stemma.usecases.catalogs import default_catalog
from stemma.usecases.lineage.rulings import Known, as_edge, digest_entry, rule_between, rule_component, sharing
from stemma.usecases.lineage.shelf import Shelf
from stemma.usecases.lineage.subjects import Subject, find_subject, own_edges
from stemma.usecases.models import FingerprintResult
from stemma.usecases.registry import Chosen, opened
from stemma.usecases.scan import SHORTLIST, scan_fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.vocabulary import RecordType, load_relations


@immutable
class Asked:
    """How a verification is done.

    Args:
        registry: the registry; None: as the environment says.
        catalog: where fingerprints are looked for; None: as the environment says.
        weights: references of models by ``NAME`` or ``NAME@VERSION`` of their record.
        keep: put what was found into the registry.
        shortlist: how many candidates of the catalog are ruled on.
        when: the present moment.
    """

    registry: Chosen = None
    catalog: Path | None = None
    weights: Mapping[str, str] | None = None
    keep: bool = False
    shortlist: int = SHORTLIST
    when: str = ""


def verify(asked: str, how: Asked, work: Work = DEFAULT_WORK) -> VerifyReport:
    """Hold every declared weight edge of a record, or of a model's card, against the weights; look for undeclared kin.

    Raises:
        InputError: there is no such record or model.
        SourceError: bytes could not be had.
    """
    with opened(how.registry) as registry:
        return verify_in(registry, asked, how, work)


def verify_in(registry: Registry, asked: str, how: Asked, work: Work = DEFAULT_WORK) -> VerifyReport:
    """The same in a registry that is open."""
    started = time.perf_counter()
    subject = find_subject(asked, registry, work)
    catalog = Catalog(how.catalog or default_catalog())
    shelf = Shelf(registry, catalog, how.weights or {}, work, network=not work.network.offline)
    if subject.record is not None and not subject.reference:
        shelf.tell(subject.record)
    own = shelf.read(subject.key, subject.reference) if subject.reference else shelf.known(subject.key)
    examined = _examine(subject.record, own, registry, shelf, work, how.when)
    related = search(own, shelf, work, how.when, how.shortlist)
    claims = judge_claims(subject.record, examined) if subject.record else ()
    verification = Verification(
        subject=subject.key,
        weights=own.reason if isinstance(own, Missing) else f"{own.result.reference} ({own.basis})",
        claims=claims,
        undeclared=_undeclared(subject, dict(zip(examined, claims, strict=True)), related, registry),
        licences=_licences(subject, registry),
        searched=related if isinstance(related, Missing) else related.searched,
    )
    kept = how.keep and is_present(own)
    if how.keep and is_present(own):
        _keep(registry, own, examined, related, shelf, how.when)
    return VerifyReport(asked, verification, kept, {"seconds": time.perf_counter() - started}, VERSION)


@immutable
class Related:
    """What a scan of the catalog found: rulings over candidates (A) and the subject (B)."""

    rulings: tuple[MeasuredEdge, ...]
    known: tuple[Known, ...]
    searched: int


def _examine(
    record: Record | None, own: Known | Missing, registry: Registry, shelf: Shelf, work: Work, when: str
) -> dict[int, Examined]:
    """A ruling for every declared weight edge, or why there is none."""
    relations = weight_relations(record) if record else {}
    share = sharing(work, len(relations))
    found = {}
    for place, relation in relations.items():
        target = choose(registry.records, relation.target)
        key = target.key if target else relation.target.name
        if target is not None and target.type is RecordType.FAMILY:
            found[place] = Examined(key, Missing(FAMILY))
            continue
        parent = own if isinstance(own, Missing) else shelf.known(key)
        if isinstance(parent, Missing) or isinstance(own, Missing):
            found[place] = Examined(key, parent if isinstance(parent, Missing) else own)  # type: ignore[arg-type]
        else:
            up, down = (parent, own) if relation.definition.target == "upstream" else (own, parent)
            part = relation.component
            ruling = rule_component(up, down, part, share, when) if part else rule_between(up, down, share, when)
            found[place] = Examined(key, ruling)
    return found


def search(own: Known | Missing, shelf: Shelf, work: Work, when: str, shortlist: int = SHORTLIST) -> Related | Missing:
    """Rule on what lies nearest in the catalog: the relatives of a subject, by their keys."""
    if isinstance(own, Missing):
        return own
    if shelf.catalog is None:
        return Missing("there is no catalog to look through: fill one with stemma catalog add")
    report = scan_fingerprint(own.result, shelf.catalog, work, shortlist=shortlist)
    return _related(report, own, shelf, when)


def _related(report: ScanReport, own: Known, shelf: Shelf, when: str) -> Related:
    assert shelf.catalog is not None
    rulings, known = [], []
    for candidate in report.candidates:
        if candidate.ruling is None or candidate.ruling.label is not Label.LINKED:
            continue
        subject = shelf.subject_of(candidate.name)
        stored = _stored(subject, candidate.name, shelf)
        if subject == own.key or (is_held(own.key) and not is_held(subject) and stored.digest == own.digest):
            continue
        rulings.append(as_edge(candidate.ruling, stored, own, when, report.merge))
        known.append(stored)
    return Related(tuple(rulings), tuple(known), report.catalog_size)


def _stored(subject: str, entry: str, shelf: Shelf) -> Known:
    assert shelf.catalog is not None
    found = FingerprintResult(entry, shelf.catalog.get(entry), {"seconds": 0.0, "bytes_read": 0})
    return Known(subject, found, "fingerprint")


def _undeclared(
    subject: Subject, claims: Mapping[int, Claim], related: Related | Missing, registry: Registry
) -> tuple[Undeclared, ...]:
    """What a scan found and no declared weight edge explains, over any number of steps; a contradicted one does not."""
    if isinstance(related, Missing):
        return ()
    lies = [(subject.key, place) for place, claim in claims.items() if claim.verdict is Verdict.CONTRADICTED]
    graph = DeclaredOnly(registry.graph, own_edges(subject), lies)
    above = set(reach(graph, subject.key, "ancestors", kinds=_WEIGHTS).nodes)
    versions = {edge.a for edge in related.rulings if name_of(edge.a) and name_of(edge.a) == name_of(subject.key)}
    kin = {e.a for e in related.rulings if above & set(reach(graph, e.a, "ancestors", kinds=_WEIGHTS).nodes)}
    denied = {claim.parent for claim in claims.values() if claim.denied}
    return find_undeclared(related.rulings, subject.key, (above | versions) - denied, kin)


def _licences(subject: Subject, registry: Registry) -> tuple[LicenceFinding, ...]:
    if subject.record is None:
        return ()
    return licence_findings(subject.record, Resolver(registry.records, dangling="report"))


def _keep(
    registry: Registry,
    own: Known,
    examined: Mapping[int, Examined],
    related: Related | Missing,
    shelf: Shelf,
    when: str,
) -> None:
    """Put rulings and fingerprint digests into the registry and raise the alerts that follow, all or none.

    A ruling that says the same as an earlier one on the same fingerprints is no second one.
    """
    rulings = [each.ruling for each in examined.values() if is_present(each.ruling)]
    found: Sequence[MeasuredEdge] = () if isinstance(related, Missing) else related.rulings
    parents = [known for each in examined.values() if is_present(known := shelf.known(each.parent))]
    others = () if isinstance(related, Missing) else related.known
    pairs = {(edge.a, edge.b) for edge in rulings if not edge.component}
    rulings += [edge for edge in found if (edge.a, edge.b) not in pairs]
    with registry.transaction():
        before = list(registry.graph.measured([own.key]))
        fresh = [edge for edge in rulings if not any(replace(edge, date=old.date) == old for old in before)]
        keep_rulings(registry, fresh, when)
        for known in (own, *parents, *others):
            if known.digest not in {each.digest for each in registry.fingerprints.of(known.key)}:
                registry.fingerprints.put(digest_entry(known, when))


_WEIGHTS = tuple(kind for kind, definition in load_relations().kinds.items() if definition.weight_edge)
