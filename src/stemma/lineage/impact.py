"""Whom an advisory reaches: its risks walk the joined graph downstream by the rules of the propagation table.

* What the advisory names is affected. A step goes on by what the table says of risk and relation: "travels" hands the
  certainty on, "fades" makes it "possibly affected", "byte copies" goes on where the same file is, "stops" stops.
* A step that is not sure (the range admits the affected version but means a newer one; a direction that nothing shows;
  a declaration that is denied) makes it "possibly affected" as well, and says why in the path.
* A version that the advisory says is not affected ends the walk. "Possibly" never becomes "affected" further down.
* Every node has one explanation: a shortest way of the best certainty that reaches it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache
from typing import NamedTuple

from stemma.advisories import Advisory, Effect, Propagation, RiskKind, load_propagation
from stemma.immutable import immutable
from stemma.lineage.keys import is_held, name_of
from stemma.lineage.links import Joined, Link
from stemma.lineage.marks import files_of
from stemma.lineage.measured import word_of
from stemma.lineage.overlay import Excerpt
from stemma.lineage.quiet import uncollected
from stemma.lineage.seeds import excluded, seeds_of, unheld
from stemma.registry.edges import DeclaredEdge, Standing
from stemma.registry.interface import GraphSource, IdentitySource
from stemma.registry.notices import Certainty, Step
from stemma.vocabulary import Grounds

FADES = "the risk fades along this step, but is not shown to be gone"
NO_DIGESTS = "whether it is the same file is not known: digests are missing"


class Hit(NamedTuple):
    """A node that was reached. ``via`` is the last link, None for what the advisory names; ``note`` why not surely."""

    key: str
    depth: int
    certain: bool
    via: Link | None
    note: str
    risks: tuple[RiskKind, ...]


@immutable
class Impact:
    """Everyone whom an advisory reaches, by key, in the order of certainty and distance; and where the walk ended.

    ``ended`` are versions that the advisory says are not affected, though something affected lies above them.
    """

    advisory: Advisory
    hits: Mapping[str, Hit]
    ended: tuple[str, ...]
    _steps: dict[str, Step] = field(default_factory=dict, repr=False, compare=False)

    def certainty(self, key: str) -> Certainty:
        """How surely a node is affected."""
        return Certainty.AFFECTED if self.hits[key].certain else Certainty.POSSIBLY

    def path(self, key: str) -> tuple[Step, ...]:
        """The way from what the advisory names to a node, the most upstream step first."""
        found: list[Step] = []
        hits, steps = self.hits, self._steps
        while (link := (hit := hits[key]).via) is not None:
            step = steps.get(key)
            if step is None:
                step = steps[key] = step_of(link, hit.note)
            found.append(step)
            key = link.upstream
        found.reverse()
        return tuple(found)

    def start(self, key: str) -> str:
        """What the advisory names, from which a node is reached."""
        while (link := self.hits[key].via) is not None:
            key = link.upstream
        return key


def step_of(link: Link, note: str = "") -> Step:
    """A link as a step of an explanation; ``note`` in place of the link's own."""
    edge, said = link.edge, note or link.note
    if isinstance(edge, DeclaredEdge):
        return Step(link.upstream, link.downstream, "declared", edge.kind.value, _grounds(edge.standing), said)
    return Step(link.upstream, link.downstream, "measured", word_of(edge), ("E2",), said)


@cache
def _grounds(standing: int) -> tuple[str, ...]:
    return tuple(ground.value for ground in Grounds if standing & Standing[ground.name])


def impact_of(
    advisory: Advisory,
    graph: GraphSource,
    identities: IdentitySource,
    *,
    within: Collection[str] | None = None,
    table: Propagation | None = None,
) -> Impact:
    """Whom an advisory reaches; nobody where it was withdrawn.

    Args:
        advisory: what is wrong, and with what.
        graph: where the edges are.
        identities: who bears which digest.
        within: look at these nodes alone, such as the ancestors of one model.
        table: which risk travels along which relation; default: the one that ships.
    """
    if advisory.is_withdrawn:
        return Impact(advisory, {}, ())
    table = table or load_propagation()
    if within is not None:
        graph = Excerpt(graph, within)
    alike: dict[tuple[Effect, ...], list[RiskKind]] = defaultdict(list)
    for risk in advisory.risks:
        alike[tuple(rule.effect for (of, _), rule in table.rules.items() if of is risk)].append(risk)
    merged: dict[str, Hit] = {}
    ended: set[str] = set()
    for risks in alike.values():
        walk = _Walk(advisory, graph, identities, table, tuple(risks), within)
        with uncollected():
            for hit in walk.run():
                merged[hit.key] = _better(merged.get(hit.key), hit)
        ended |= walk.ended
    ordered = sorted(merged.values(), key=lambda hit: (not hit.certain, hit.depth, hit.key))
    return Impact(advisory, {hit.key: hit for hit in ordered}, tuple(sorted(ended - set(merged))))


def _better(old: Hit | None, new: Hit) -> Hit:
    if old is None:
        return new
    kept = min(old, new, key=lambda hit: (not hit.certain, hit.depth))
    return kept._replace(risks=tuple(dict.fromkeys((*old.risks, *new.risks))))


class _Walk:
    """Risks that the table treats alike, on their way down."""

    def __init__(
        self,
        advisory: Advisory,
        graph: GraphSource,
        identities: IdentitySource,
        table: Propagation,
        risks: tuple[RiskKind, ...],
        within: Collection[str] | None,
    ) -> None:
        self.advisory, self.identities, self.risks = advisory, identities, risks
        self.effects = {relation: rule.effect for (of, relation), rule in table.rules.items() if of is risks[0]}
        self.joined = Joined(graph, [kind for kind, effect in self.effects.items() if effect is not Effect.STOPS])
        self.within = None if within is None else frozenset(within)
        self.hits: dict[str, Hit] = {}
        self.ended: set[str] = set()
        self.spared: set[str] = set()
        self.waiting: dict[int, list[Hit]] = defaultdict(list)
        self.marks: dict[str, frozenset[str]] = {}

    def run(self) -> Iterator[Hit]:
        """First all that is surely affected, then what possibly is."""
        level: list[str] = []
        for seed in seeds_of(self.advisory, self.joined, self.identities):
            if seed.note is None:
                self.spared.add(seed.key)
                continue
            hit = Hit(seed.key, 0, not seed.note, None, seed.note, self.risks)
            if hit.certain:
                self.hits[seed.key] = hit
                level.append(seed.key)
            else:
                self.waiting[0].append(hit)
        self._go(level, certain=True)
        depth = 0
        while depth <= max(self.waiting, default=-1):
            self._go(self._taken(depth), certain=False, depth=depth)
            depth += 1
        passed = {hit.via.upstream for hit in self.hits.values() if hit.via is not None}
        yield from (hit for key, hit in self.hits.items() if key in passed or not self._only_named(key))

    def _only_named(self, key: str) -> bool:
        """True for versions that nobody holds of a record that has others."""
        return bool(name_of(key) == key and self.joined.versions([key])[key])

    def _taken(self, depth: int) -> list[str]:
        fresh = []
        for hit in self.waiting.pop(depth, ()):
            if hit.key not in self.hits:
                self.hits[hit.key] = hit
                fresh.append(hit.key)
        return fresh

    def _go(self, level: list[str], *, certain: bool, depth: int = 0) -> None:
        """Level by level; what is not sure waits for its turn. With ``certain`` False one level at a time."""
        while level:
            depth += 1
            following: list[str] = []
            links = list(self._open(self.joined.below(level)))
            self._read_marks(links)
            for link in links:
                note = None if link.downstream in self.hits else self._note(link)
                if note is None:
                    continue
                hit = Hit(link.downstream, depth, certain and not note, link, note, self.risks)
                if hit.certain:
                    self.hits[link.downstream] = hit
                    following.append(link.downstream)
                else:
                    self.waiting[depth].append(hit)
            level = following

    def _open(self, links: Iterator[Link]) -> Iterator[Link]:
        """Links to nodes that are not yet reached, and at which the walk does not end."""
        for link in links:
            key = link.downstream
            if key in self.hits or (self.within is not None and key not in self.within):
                continue
            if key in self.spared or excluded(self.advisory, key):
                self.ended.add(key)
                continue
            yield link

    def _note(self, link: Link) -> str | None:
        """Why a step is not sure: "" where it is, None where the risk does not take it."""
        effect = self.effects[link.kind]
        unknown = self._of_unheld(link)
        fading = FADES if effect is Effect.FADES else ""
        own = self._same_file(link) if effect is Effect.BYTE_COPIES else fading
        return None if own is None or unknown is None else unknown or link.note or own

    def _of_unheld(self, link: Link) -> str | None:
        """Of versions that the registry does not hold, whether those are affected that the edge asks for."""
        edge = link.edge
        if is_held(link.upstream) or not isinstance(edge, DeclaredEdge) or name_of(link.upstream) != edge.target:
            return ""
        return unheld(self.advisory, edge.target, edge.range) if self._named(edge.target) else ""

    def _named(self, name: str) -> bool:
        return any(entry.record == name for entry in self.advisory.affected)

    def _read_marks(self, links: Sequence[Link]) -> None:
        """The digests that a level's steps over byte copies are judged by, in one question."""
        copies = [link for link in links if self.effects[link.kind] is Effect.BYTE_COPIES]
        keys = {key for link in copies for key in (link.upstream, link.downstream)} - self.marks.keys()
        if keys:
            self.marks |= {**dict.fromkeys(keys, frozenset()), **self.identities.marks(sorted(keys))}

    def _same_file(self, link: Link) -> str | None:
        above = files_of(self.marks[link.upstream]) | set(self.advisory.digests)
        below = files_of(self.marks[link.downstream])
        if not above or not below:
            return NO_DIGESTS
        return "" if above & below else None


def names_of(hits: Sequence[Hit]) -> tuple[str, ...]:
    """The names of the records among some nodes, sorted."""
    return tuple(sorted({name for hit in hits if (name := name_of(hit.key))}))
