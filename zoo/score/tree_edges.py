"""Scores a recovered family graph against the lineage that a zoo knows.

An edge counts as found where the same two models are joined by an edge of the same coarse type, whichever way; how many
of the found ones have the right direction, a wrong one or none is told apart. Models that hold the very same weights
are one: it makes no difference which of the copies an edge hangs on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

COARSE: Mapping[str, str] = {
    **dict.fromkeys(("M2", "M3", "M4", "M5", "M8"), "tuned"),
    **dict.fromkeys(("M1", "M7"), "copied or quantised"),
    "M6": "restructured",
    "M9": "merged",
}

Edge = tuple[str, str, str]


@dataclass(frozen=True)
class TreeScore:
    """``found`` of ``true`` edges with their type, among ``claimed``; ``joined`` counts right pairs of any type. Of the
    found ones ``right`` and ``wrong`` have a direction."""

    true: int
    claimed: int
    found: int
    joined: int
    right: int
    wrong: int
    missed: tuple[Edge, ...]
    extra: tuple[Edge, ...]

    @property
    def precision(self) -> float:
        return self.found / self.claimed if self.claimed else 0.0

    @property
    def recall(self) -> float:
        return self.found / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall over typed edges."""
        return 2 * self.found / (self.true + self.claimed) if self.true + self.claimed else 1.0


def score_tree(
    truth: Iterable[Edge], claimed: Iterable[tuple[str, str, str, bool]], same: Mapping[str, str] | None = None
) -> TreeScore:
    """``truth`` holds (parent, child, mechanism), ``claimed`` the same with whether the direction is claimed; ``same``
    maps a model to the one that stands for all of its copies."""
    alike = same or {}
    true = _by_pair(truth, alike)
    said: dict[frozenset[str], tuple[str, str, str, bool]] = {}
    for source, target, mechanism, directed in claimed:
        a, b = alike.get(source, source), alike.get(target, target)
        if a != b:
            said[frozenset((a, b))] = (a, b, COARSE.get(mechanism, mechanism), directed)
    joined = [pair for pair in said if pair in true]
    found = [pair for pair in joined if said[pair][2] == true[pair][2]]
    directed = [pair for pair in found if said[pair][3]]
    right = sum(said[pair][:2] == true[pair][:2] for pair in directed)
    return TreeScore(
        len(true),
        len(said),
        len(found),
        len(joined),
        right,
        len(directed) - right,
        tuple(true[pair] for pair in true if pair not in found),
        tuple(said[pair][:3] for pair in said if pair not in found),
    )


def _by_pair(edges: Iterable[Edge], alike: Mapping[str, str]) -> dict[frozenset[str], Edge]:
    found: dict[frozenset[str], Edge] = {}
    for parent, child, mechanism in edges:
        a, b = alike.get(parent, parent), alike.get(child, child)
        if a != b:
            found[frozenset((a, b))] = (a, b, COARSE.get(mechanism, mechanism))
    return found
