"""Where declarations and weights disagree, or declarations among themselves: listed one by one, never averaged.

What is declared and what is measured of the same pair stand side by side; nothing here decides between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from itertools import islice

from stemma.immutable import immutable
from stemma.lineage.claims import Verdict, judge
from stemma.lineage.cycles import circles, shortest_circle
from stemma.lineage.keys import MODEL, name_of
from stemma.lineage.links import Joined, Link
from stemma.lineage.lookalikes import lookalikes
from stemma.lineage.measured import turned, ways
from stemma.registry.edges import DeclaredEdge, MeasuredEdge, Standing
from stemma.registry.interface import GraphSource
from stemma.vocabulary import load_relations

BATCH = 1_000


class ConflictKind(StrEnum):
    """What disagrees with what."""

    CONTRADICTED = "contradicted by weights"
    DIFFERS = "other than declared"
    DENIED = "declared and denied"
    DENIAL = "denied, yet shown"
    RULINGS = "rulings disagree"
    UNDECLARED = "shown, not declared"
    CIRCLE = "circle"
    LOOKALIKE = "names look alike"


@immutable
class Conflict:
    """One disagreement. ``subjects`` are the nodes it is about; ``sides`` says what each source holds, in sentences."""

    kind: ConflictKind
    subjects: tuple[str, ...]
    sides: tuple[str, ...]


def conflicts(graph: GraphSource, names: Collection[str]) -> list[Conflict]:
    """Every conflict around these records, in the order of the kinds and of the subjects."""
    found: list[Conflict] = []
    leads: dict[str, list[str]] = defaultdict(list)
    models: set[str] = set()
    for batch in _batches(sorted(set(names))):
        joined = Joined(graph)
        keys = [f"{name}@{held.version}" for name, versions in joined.versions(batch).items() for held in versions]
        declared = [link for link in joined.above(keys) if link.declared]
        for link in declared:
            leads[link.downstream].append(link.upstream)
        measured = list(graph.measured(keys))
        models |= {end for edge in measured for end in (edge.a, edge.b) if end.startswith(MODEL)}
        found += _of_pairs(declared, measured)
        found += [conflict for edge in graph.declared(batch, "downstream") for conflict in _of_denials(edge, measured)]
    found += [_circle(group, leads) for group in circles(leads)]
    subjects = {*names, *(name for ends in leads.values() for name in map(name_of, ends))} - {""}
    found += map(_alike, (*lookalikes(subjects), *lookalikes(models)))
    order = list(ConflictKind)
    return sorted(dict.fromkeys(found), key=lambda each: (order.index(each.kind), each.subjects, each.sides))


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _of_pairs(declared: Iterable[Link], measured: Iterable[MeasuredEdge]) -> Iterator[Conflict]:
    """Declared links beside the rulings over the same two; and rulings that no declaration explains."""
    rulings: dict[tuple[frozenset[str], str], list[MeasuredEdge]] = defaultdict(list)
    for edge in measured:
        rulings[frozenset((edge.a, edge.b)), edge.component].append(edge)
    explained = set()
    for link in declared:
        pair = frozenset((link.upstream, link.downstream))
        explained.add(pair)
        if load_relations().kinds[link.kind].weight_edge:
            for ruling in rulings.get((pair, ""), ()):
                yield from _beside(link, ruling)
    for (pair, _), edges in rulings.items():
        labels = {edge.label for edge in edges}
        if len(labels) > 1:
            yield Conflict(ConflictKind.RULINGS, tuple(sorted(pair)), tuple(_ruled(edge) for edge in edges))
        for edge in edges:
            if pair not in explained and any(ways(edge).values()):
                yield Conflict(ConflictKind.UNDECLARED, (edge.a, edge.b), (_ruled(edge),))


def _beside(link: Link, ruling: MeasuredEdge) -> Iterator[Conflict]:
    """One declared link and one ruling over the same two, turned so that A is the declared parent."""
    edge = link.edge
    assert isinstance(edge, DeclaredEdge)
    judged = judge(link.kind, turned(ruling, link.upstream))
    said = f"{edge.key} declares itself {link.kind} {edge.target}@{edge.range}{_grounds(edge)}."
    subjects = (link.upstream, link.downstream)
    if judged.verdict is Verdict.CONTRADICTED:
        yield Conflict(ConflictKind.CONTRADICTED, subjects, (said, _ruled(ruling)))
    elif judged.differs:
        yield Conflict(ConflictKind.DIFFERS, subjects, (said, f"{_ruled(ruling)} So: {judged.differs}."))


def _of_denials(edge: DeclaredEdge, measured: Iterable[MeasuredEdge]) -> Iterator[Conflict]:
    if not edge.denied:
        return
    if edge.standing != Standing.DENIED:
        sides = (f"{edge.key} gives grounds for {edge.kind} {edge.target}{_grounds(edge)}.", "It also gives a denial.")
        yield Conflict(ConflictKind.DENIED, (edge.target, edge.key), sides)
    for ruling in measured:
        ends = {ruling.a, ruling.b}
        other = (ends - {edge.key}).pop() if edge.key in ends and len(ends) == 2 else ""
        if name_of(other) == edge.target and any(ways(ruling).values()):
            sides = (f"{edge.key} denies that it is {edge.kind} {edge.target}.", _ruled(ruling))
            yield Conflict(ConflictKind.DENIAL, (other, edge.key), sides)


def _alike(group: tuple[str, ...]) -> Conflict:
    return Conflict(ConflictKind.LOOKALIKE, group, ("They differ in ways that are easy to miss.",))


def _circle(group: tuple[str, ...], leads: dict[str, list[str]]) -> Conflict:
    way = shortest_circle(group, leads)
    return Conflict(ConflictKind.CIRCLE, group, (f"Each is declared to be made of the next: {' -> '.join(way)}.",))


def _grounds(edge: DeclaredEdge) -> str:
    return f" ({', '.join(edge.grounds)})" if edge.grounds else ""


def _ruled(edge: MeasuredEdge) -> str:
    """A ruling in one sentence, with what it rests on."""
    how = f" by {edge.mechanism.meaning} ({edge.mechanism})" if edge.mechanism else ""
    shown = "" if edge.label == "linked" else f", {edge.established}"
    way = {"a->b": f", {edge.a} first", "b->a": f", {edge.b} first"}.get(edge.direction, "")
    part = f", {edge.component} alone" if edge.component else ""
    return (
        f"The weights of {edge.a} and {edge.b}{part}: {edge.label}{shown}{how}{way} ({edge.basis}, {edge.date[:10]})."
    )
