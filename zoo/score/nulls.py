"""Are the exact p-values right where nothing is shared?

Disjoint pairs: every model stands in one pair, and the two of a pair come from different initialisations. Each layer
is a permutation of its own, so each gives one p-value to its role.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stemma.cache import FeatureCache
from stemma.evidence.pair import PairEvidence
from stemma.evidence.units import Group
from stemma.fingerprint import Fingerprint, load
from stemma.identity import is_present
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import Work
from zoo.score.cases import Built
from zoo.score.measures import holm, smaller_than_uniform

_DISJOINT = (("base", "other-init"), ("deeper", "untrained-other"), ("overtrained-5", "overtrained-6"))
"""Suffixes of models of one group that share no initialisation."""


@dataclass(frozen=True)
class NullTest:
    """One role: how many p-values, from how many pairs, their smallest, the Kolmogorov-Smirnov p, and Holm's."""

    role: str
    pairs: int
    values: int
    smallest: float
    p: float
    adjusted: float


def null_tests(built: Built, splits: Sequence[str]) -> list[NullTest]:
    """The tests of all roles that have p-values."""
    collected: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, (a, b) in enumerate(disjoint_pairs(built, splits)):
        evidence = PairEvidence(printed(built, a), printed(built, b))
        for group in Group:
            order = evidence.order(group)
            if is_present(order):
                sites = [s.log10_p for s in order.per_site if s.log10_p is not None]
                collected[order.test] += [(number, 10**site) for site in sites]
        residual = evidence.residual
        if is_present(residual) and residual.log10_p is not None:
            collected[residual.test].append((number, 10**residual.log10_p))
    roles = sorted(collected)
    values = [[p for _, p in collected[role]] for role in roles]
    raw = [smaller_than_uniform(v) for v in values]
    return [
        NullTest(role, len({n for n, _ in collected[role]}), len(v), min(v), p, adjusted)
        for role, v, p, adjusted in zip(roles, values, raw, holm(raw), strict=True)
    ]


def disjoint_pairs(built: Built, splits: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names of the pairs that are complete."""
    groups = {(s.architecture, s.seed) for s in built.zoo.values() if s.split in splits}
    for architecture, seed in sorted(groups):
        for pair in _DISJOINT:
            a, b = (f"{architecture}-{seed}-{suffix}" for suffix in pair)
            if a in built.entries and b in built.entries:
                yield a, b


def printed(built: Built, name: str) -> Fingerprint:
    """The fingerprint of a model: as kept in `prints` where models are too large to keep, else from the zoo's cache."""
    kept = built.folder / "prints" / f"{name}.stemma"
    if kept.exists():
        return load(kept)
    work = Work(file_digests=False, cache=FeatureCache(built.folder / ".score" / "cache"), workers=1)
    return fingerprint(str(built.model(name)), work).fingerprint
