"""Specimens and what is true of a pair of them.

Two specimens are linked when trained weights of one run flowed into both: one is an ancestor of the other,
they share an ancestor, or their pretraining runs were one run for at least a quarter of the steps. Runs
that share an initialisation alone are twins and independent (exclusion X4).
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from zoo.architectures import ARCHITECTURES
from zoo.recipes.adapt import Lora
from zoo.recipes.interface import Recipe
from zoo.recipes.merge import LinearMerge
from zoo.recipes.pretrain import Pretrain, Untrained
from zoo.recipes.structure import FreshStudent

Split = Literal["calibration", "evaluation"]
SHORTEST_SHARED_RUN = 0.25
"""Forks that part before this share of the run cannot be told from twins; such pairs are not scored."""
SMALLEST_SHARE = 0.02
"""A parent that gave less than this to a merge leaves nothing to be seen; such pairs are not scored."""


Paired = Literal["reference", "all", "references"]
"""With which others of its group a specimen makes a pair: with all, or with references and ancestors alone. The
references of a group, its base and the runs that look most like it, are paired across architectures too."""


@dataclass(frozen=True)
class Specimen:
    """One model to make: where it belongs, what it comes from, and how."""

    name: str
    architecture: str
    split: Split
    seed: int
    category: str
    recipe: Recipe
    parents: tuple[str, ...] = ()
    mechanism: str | None = None
    exclusion: str | None = None
    """For a specimen made from scratch: why it is independent of the base of its group (X1-X8)."""
    stage: int = 1
    """Specimens of a lower stage are made first."""
    becomes: str | None = None
    """The architecture it is stored as, where that is not the one of its group."""
    paired: Paired = "all"

    @property
    def trains(self) -> bool:
        """Whether it takes training to make it, and not arithmetic alone."""
        return "schedule" in vars(self.recipe)


@dataclass(frozen=True)
class Pair:
    """The truth about two specimens; `direction` is set where one is the other's ancestor."""

    a: str
    b: str
    label: Literal["linked", "independent"]
    category: str
    split: Split
    mechanism: str | None = None
    exclusion: str | None = None
    direction: Literal["a->b", "b->a"] | None = None
    unscored: str | None = None
    """Why weights cannot show the label, where they cannot."""


Zoo = Mapping[str, Specimen]


def ancestors(zoo: Zoo, name: str) -> set[str]:
    """The specimen itself and everything its weights come from."""
    found = {name}
    for parent in zoo[name].parents:
        found |= ancestors(zoo, parent)
    return found


def roots(zoo: Zoo, name: str) -> list[Specimen]:
    """The specimens made from scratch that this one comes from."""
    return [zoo[n] for n in sorted(ancestors(zoo, name)) if not zoo[n].parents]


def pairs(zoo: Zoo, names: Iterable[str]) -> Iterator[Pair]:
    """The pairs within each group (architecture and seed), and references across the architectures of one split."""
    for a, b in itertools.combinations(sorted(names), 2):
        left, right = zoo[a], zoo[b]
        if left.split == right.split and _are_paired(zoo, left, right):
            yield truth(zoo, *_order(a, b))


def _are_paired(zoo: Zoo, left: Specimen, right: Specimen) -> bool:
    ways = {left.paired, right.paired}
    if (left.architecture, left.seed) != (right.architecture, right.seed):
        return ways == {"reference"}
    if "references" not in ways or "reference" in ways:
        return True
    return left.name in ancestors(zoo, right.name) or right.name in ancestors(zoo, left.name)


def truth(zoo: Zoo, a: str, b: str) -> Pair:
    """What is known of the pair."""
    above_a, above_b = ancestors(zoo, a), ancestors(zoo, b)
    split = zoo[a].split
    common = above_a & above_b
    if common:
        unscored = _undetectable(max(min(inherited(zoo, a, c), inherited(zoo, b, c)) for c in common))
        if any(isinstance(recipe, Lora) and not recipe.merged for recipe in (zoo[a].recipe, zoo[b].recipe)):
            unscored = "an adapter alone: it holds no weights of its base"
        if a in above_b:
            return _descent(zoo, a, b, "a->b", unscored)
        if b in above_a:
            return _descent(zoo, b, a, "b->a", unscored)
        category = "siblings" if set(zoo[a].parents) & set(zoo[b].parents) else "cousins"
        return Pair(a, b, "linked", category, split, mechanism=_common(zoo, a, b), unscored=unscored)
    shared = max(_shared_share(x, y) for x in roots(zoo, a) for y in roots(zoo, b))
    child = _child_suffix(zoo, a, b)
    if shared >= SHORTEST_SHARED_RUN:
        return Pair(a, b, "linked", f"forks{child}", split, mechanism="M3")
    if shared > 0:
        apart = "shared early training"
        return Pair(a, b, "independent", f"early forks{child}", split, exclusion="X4", unscored=apart)
    return _independent(zoo, a, b, child)


def inherited(zoo: Zoo, name: str, ancestor: str) -> float:
    """The share of an ancestor's weights that flowed into a specimen, at the most: products of merge weights; 0 where
    only its predictions did."""
    if name == ancestor:
        return 1.0
    above = [(i, p) for i, p in enumerate(zoo[name].parents) if ancestor in ancestors(zoo, p)]
    shares = [_share_of_parent(zoo[name].recipe, i) * inherited(zoo, p, ancestor) for i, p in above]
    return max(shares, default=0.0)


def _share_of_parent(recipe: Recipe, index: int) -> float:
    if isinstance(recipe, FreshStudent):
        return 0.0
    return recipe.weights[index] if isinstance(recipe, LinearMerge) else 1.0


def _undetectable(share: float) -> str | None:
    if share == 0:
        return "distilled into fresh weights"
    return f"merge share under {SMALLEST_SHARE:.0%}" if share < SMALLEST_SHARE else None


def _descent(zoo: Zoo, old: str, new: str, direction: Literal["a->b", "b->a"], unscored: str | None) -> Pair:
    direct = old in zoo[new].parents
    a, b = (old, new) if direction == "a->b" else (new, old)
    category = zoo[new].category if direct else f"chain to {zoo[new].category}"
    mechanism = zoo[new].mechanism
    return Pair(a, b, "linked", category, zoo[a].split, mechanism=mechanism, direction=direction, unscored=unscored)


def _common(zoo: Zoo, a: str, b: str) -> str | None:
    """The mechanism of siblings is named only where both came about by the same one."""
    return zoo[a].mechanism if zoo[a].mechanism == zoo[b].mechanism else None


def _independent(zoo: Zoo, a: str, b: str, child: str) -> Pair:
    above = [(x, y) for x in roots(zoo, a) for y in roots(zoo, b)]
    one, two = next((p for p in above if _init(p[0]) == _init(p[1])), above[0])
    if one.architecture != two.architecture:
        shared = ARCHITECTURES[one.architecture].kind == ARCHITECTURES[two.architecture].kind
        exclusion, category = "X7" if shared else "X5", "other architecture"
    elif _init(one) == _init(two):
        exclusion, category = "X4", "untrained against trained" if _is_untrained(one, two) else "twins"
    elif _is_untrained(one, two):
        exclusion, category = "X1", "untrained, other init"
    else:
        exclusion = next((s.exclusion for s in (one, two) if s.exclusion not in (None, "X4")), "X1") or "X1"
        category = {"X2": "other size", "X3": "other data"}.get(exclusion, "other init")
    return Pair(a, b, "independent", f"{category}{child}", zoo[a].split, exclusion=exclusion)


def _child_suffix(zoo: Zoo, a: str, b: str) -> str:
    """Names the disguise or derivation where one of an unrelated pair is not a root itself."""
    made = sorted({zoo[n].category for n in (a, b) if zoo[n].parents})
    return f", with child: {' + '.join(made)}" if made else ""


def _shared_share(one: Specimen, two: Specimen) -> float:
    if one.architecture != two.architecture:
        return 0.0
    if isinstance(one.recipe, Pretrain) and isinstance(two.recipe, Pretrain):
        return one.recipe.shared_share(two.recipe)
    return 0.0


def _init(specimen: Specimen) -> object:
    recipe = specimen.recipe
    return (recipe.shape, recipe.init) if isinstance(recipe, Pretrain | Untrained) else None


def _is_untrained(*specimens: Specimen) -> bool:
    return any(isinstance(s.recipe, Untrained) for s in specimens)


def _order(a: str, b: str) -> tuple[str, str]:
    """Half of the pairs stand with the younger model first, so that a place says nothing."""
    return (a, b) if sum((a + b).encode()) % 2 else (b, a)
