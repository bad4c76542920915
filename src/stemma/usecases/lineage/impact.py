"""Whom an advisory reaches, and which advisories reach a record, or weights that have none."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from stemma.advisories import Advisory
from stemma.catalog import Catalog
from stemma.errors import InputError, LimitExceeded
from stemma.fingerprint import Fingerprint
from stemma.identity import Digest, HubReference, Missing, is_present, parse_reference
from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.lineage import Impact, from_store, impact_of, name_of, reach
from stemma.lineage.marks import Marked
from stemma.lineage.overlay import Overlay
from stemma.publish.figures import counted
from stemma.publish.lineage.model import AdvisoryImpact, FrameworkClause, ImpactReport, ReachedBy
from stemma.registry import Registry
from stemma.registry.edges import MeasuredEdge
from stemma.usecases.catalogs import default_catalog
from stemma.usecases.lineage.keeping import find_advisory
from stemma.usecases.lineage.shelf import HUB, Shelf
from stemma.usecases.lineage.subjects import Subject, find_subject, own_edges
from stemma.usecases.lineage.verify import search
from stemma.usecases.lineage.walk import find_node
from stemma.usecases.registry import Chosen, opened
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.vocabulary import Framework, load_vocabulary


@immutable
class Placed:
    """Weights without a record, placed in the graph: edges to their relatives, digests of their files."""

    edges: tuple[MeasuredEdge, ...] = ()
    marks: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    not_examined: tuple[str, ...] = ()


def impact(
    asked: str,
    *,
    registry: Chosen = None,
    catalog: Path | None = None,
    framework: str | None = None,
    work: Work = DEFAULT_WORK,
    when: str = "",
) -> ImpactReport:
    """Whom the advisory ``asked`` reaches; or, where it is a record or a model, which advisories reach that.

    Args:
        asked: an advisory (its id or a JSON file), a record, a model or a directory of weights.
        registry: the registry; None: as the environment says.
        catalog: in which relatives of weights without a record are looked for; None: as the environment says.
        framework: also map what was found onto the clauses of this framework.
        work: how work is done.
        when: the present moment.

    Raises:
        InputError: there is no such thing, or no such framework.
        SourceError: bytes could not be had.
    """
    with opened(registry) as stores:
        return impact_in(stores, asked, catalog=catalog, framework=framework, work=work, when=when)


def impact_in(
    registry: Registry,
    asked: str,
    *,
    catalog: Path | None = None,
    framework: str | None = None,
    work: Work = DEFAULT_WORK,
    when: str = "",
) -> ImpactReport:
    """The same in a registry that is open."""
    started = time.perf_counter()
    chosen = None if framework is None else find_framework(framework)
    advisory = find_advisory(asked, registry)
    if advisory is not None:
        subject, placed, impacts = "", Placed(), [_whole(advisory, registry)]
    else:
        wanted = find_subject(asked, registry, work)
        placed = _place(wanted, registry, catalog, work, when)
        subject, impacts = wanted.key, list(_of_subject(wanted, placed, registry))
    cost = {"seconds": time.perf_counter() - started}
    told, unseen = placed.told, placed.not_examined
    report = ImpactReport(asked, subject, tuple(impacts), told, unseen, work.alpha, None, (), cost, VERSION)
    return report if chosen is None else mapped_onto(chosen, report)


def impact_held(registry: Registry, asked: str, most: int) -> ImpactReport:
    """The same of what the registry itself holds, an advisory by its id or a node of the graph: no file is looked for,
    no weights are read.

    Raises:
        InputError: it holds no such thing.
        LimitExceeded: an advisory reaches more than ``most``.
    """
    started = time.perf_counter()
    if registry.advisories.history(asked):
        advisory = from_store(registry.advisories.get(asked))
        subject, impacts = "", [_whole(advisory, registry, most)]
    else:
        subject = find_node(asked, registry)
        impacts = list(_of_subject(Subject(subject, None, "", held=True), Placed(), registry))
    cost = {"seconds": time.perf_counter() - started}
    return ImpactReport(asked, subject, tuple(impacts), (), (), DEFAULT_WORK.alpha, None, (), cost, VERSION)


def mapped_onto(framework: Framework, report: ImpactReport) -> ImpactReport:
    """The report with the clauses of a framework that it helps to satisfy."""
    return replace(report, framework=framework, clauses=_clauses(framework, report.impacts))


def find_framework(name: str) -> Framework:
    """The framework of that name, however it is spelled; raises InputError with the names there are."""
    known = {_slug(each.name): each for each in load_vocabulary().frameworks}
    if _slug(name) not in known:
        raise InputError(f"There is no framework {name!r}.", advice=f"Known are: {', '.join(sorted(known))}.")
    return known[_slug(name)]


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def _place(subject: Subject, registry: Registry, catalog: Path | None, work: Work, when: str) -> Placed:
    """Weights without a record: what they descend from, by a scan of the catalog; their files, by digest."""
    if not subject.reference:
        return Placed()
    shelf = Shelf(registry, Catalog(catalog or default_catalog()), {}, work, network=not work.network.offline)
    own = shelf.read(subject.key, subject.reference)
    related = search(own, shelf, work, when)
    marks = _file_marks(own.fingerprint) | _hub_marks(subject.reference)
    if isinstance(related, Missing):
        return Placed((), marks, (), (related.reason,))
    told = tuple(_told(edge) for edge in related.rulings)
    searched = f"Looked through {counted(related.searched, 'fingerprint')}."
    return Placed(related.rulings, marks, (searched, *told), ())


def _file_marks(fingerprint: Fingerprint) -> frozenset[str]:
    digests = {str(file.sha256) for file in fingerprint.files if isinstance(file.sha256, Digest)}
    return frozenset({*digests, *([str(fingerprint.root)] if is_present(fingerprint.root) else [])})


def _hub_marks(reference: str) -> frozenset[str]:
    parsed = parse_reference(reference)
    if not isinstance(parsed, HubReference):
        return frozenset()
    name = f"{HUB}:{parsed.name}"
    return frozenset({name, *([f"{name}@{parsed.revision}"] if parsed.revision else [])})


def _told(edge: MeasuredEdge) -> str:
    how = f" by {edge.mechanism.meaning} ({edge.mechanism})" if edge.mechanism else ""
    way = {"a->b": ", which came first", "b->a": ", which came later"}.get(edge.direction, "")
    return f"It shares trained weights with {edge.a}{how}{way}."


def _of_subject(subject: Subject, placed: Placed, registry: Registry) -> Iterable[AdvisoryImpact]:
    """Every advisory that reaches a subject: those that name anything above it, held against the ways down to it."""
    key = subject.key
    graph = Overlay(registry.graph, own_edges(subject), placed.edges)
    identities = Marked(registry.identities, key, placed.marks)
    above = reach(graph, key, "ancestors")
    for stored in registry.advisories.naming(_named(above.nodes, identities)):
        found = impact_of(from_store(stored), graph, identities, within=above.nodes.keys())
        if key in found.hits:
            yield AdvisoryImpact(found.advisory, (_reached(found, key),))


def _named(keys: Collection[str], identities: Marked) -> set[str]:
    """Everything by which an advisory may name these nodes."""
    marks = {mark for found in identities.marks(list(keys)).values() for mark in found}
    hubs = {f"{HUB}:{_repository(key)}" for key in keys if key.startswith(_ON_HUB)}
    return {name_of(key) for key in keys} - {""} | set(keys) | marks | hubs


def _repository(key: str) -> str:
    return key.removeprefix(_ON_HUB).partition("@")[0]


def _whole(advisory: Advisory, registry: Registry, most: int | None = None) -> AdvisoryImpact:
    found = impact_of(advisory, registry.graph, registry.identities)
    if most is not None and len(found.hits) > most:
        raise LimitExceeded(
            f"{advisory.id} reaches {len(found.hits):,}, and at most {most:,} are told at once.",
            advice="Ask where the registry is, or look at the alerts.",
        )
    return AdvisoryImpact(found.advisory, tuple(_reached(found, key) for key in found.hits), found.ended)


def _reached(found: Impact, key: str) -> ReachedBy:
    hit = found.hits[key]
    note = hit.note if hit.via is None else ""
    return ReachedBy(key, found.certainty(key), hit.risks, found.start(key), found.path(key), note)


def _clauses(framework: Framework, impacts: Sequence[AdvisoryImpact]) -> tuple[FrameworkClause, ...]:
    """The clauses that fields of this report help to satisfy: those of rulings only where a ruling is in a path."""
    measured = any(s.basis == "measured" for i in impacts for each in i.reached for s in each.path)
    told = FIELDS if measured else {field: where for field, where in FIELDS.items() if field not in MEASURED}
    found = []
    for clause in framework.clauses:
        fields = tuple(dict.fromkeys(told[field] for field in clause.fields if field in told))
        if fields:
            found.append(FrameworkClause(clause, fields))
    return tuple(found)


_ON_HUB = "model:hf:"
FIELDS = {
    "a": "impacts[].reached[].path[].upstream",
    "b": "impacts[].reached[].subject",
    "label": "impacts[].reached[].certainty",
    "established": "impacts[].reached[].certainty",
    "kinship": "impacts[].reached[].path[]",
    "mechanism": "impacts[].reached[].path[].kind",
    "direction": "impacts[].reached[].path[]",
    "reasons": "impacts[].reached[].path[].note",
    "evidence": "impacts[].reached[].path[].grounds",
    "not_examined": "not_examined",
    "alpha": "alpha",
    "schema": "schema",
    "cost": "cost",
}
"""The fields of a comparison that the framework table speaks of, each with the field here that answers to it."""
MEASURED = frozenset({"alpha", "evidence", "direction"})
"""What only a path with a ruling in it can answer."""
