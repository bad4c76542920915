"""Family graphs recovered from sets of sixty models, with nobody naming candidates."""

from collections.abc import Iterator, Sequence

from stemma.cache import FeatureCache
from stemma.usecases.settings import Work
from stemma.usecases.tree import tree
from zoo.lineage import ancestors
from zoo.score.cases import Built
from zoo.score.tree_edges import Edge, TreeScore, score_tree

MEMBERS = (
    *("base", "twin-data", "other-init", "tuned-light", "tuned-heavy", "continued", "int8", "pruned"),
    *("layer-dropped", "lora-4", "merged", "chain-2", "chain-3", "permuted", "vocabulary"),
)
"""Suffixes of the models of one group that enter: its base, strangers to it, and families of up to four generations."""
GROUPS = 4
"""Groups in a set, which makes sixty models."""


def score_trees(built: Built, splits: Sequence[str]) -> dict[str, TreeScore]:
    """The score of every set, by the architectures in it."""
    return {", ".join(groups): score_one(built, groups, split) for groups, split in sets(built, splits)}


def sets(built: Built, splits: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Architectures of each set, in alphabetical order, and its split; groups that are not complete are left out."""
    for split in splits:
        groups = sorted({s.architecture for s in built.zoo.values() if s.split == split})
        whole = [g for g in groups if len(members(built, g, split)) == len(MEMBERS)]
        for start in range(0, len(whole) - GROUPS + 1, GROUPS):
            yield whole[start : start + GROUPS], split


def members(built: Built, architecture: str, split: str) -> list[str]:
    """Names of the models of one group that are complete and enter a set."""
    seeds = {s.seed for s in built.zoo.values() if s.architecture == architecture and s.split == split}
    names = [f"{architecture}-{seed}-{suffix}" for seed in sorted(seeds) for suffix in MEMBERS]
    return [name for name in names if name in built.entries]


def score_one(built: Built, architectures: Sequence[str], split: str) -> TreeScore:
    """The family graph of one set against the lineage that the zoo knows."""
    names = [name for architecture in architectures for name in members(built, architecture, split)]
    work = Work(file_digests=False, cache=FeatureCache(built.folder / ".score" / "cache"), workers=1)
    report = tree([str(built.model(name)) for name in names], work)
    name_of = {str(built.model(name)): name for name in names}
    claimed = [
        (name_of[e.source], name_of[e.target], e.mechanism.value if e.mechanism else "", e.directed)
        for e in report.edges
    ]
    return score_tree(truth(built, names), claimed)


def truth(built: Built, names: Sequence[str]) -> list[Edge]:
    """(parent, child, mechanism) among these models; a parent that is missing is stood for by its nearest ancestors."""
    return [
        (parent, name, built.zoo[name].mechanism or "")
        for name in names
        for parent in _present(built, name, frozenset(names))
    ]


def _present(built: Built, name: str, held: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for parent in built.zoo[name].parents:
        found |= {parent} if parent in held else _present(built, parent, held)
    return {one for one in found if not any(one in ancestors(built.zoo, other) - {other} for other in found)}
