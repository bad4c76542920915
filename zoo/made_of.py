"""What is true of one specimen beyond its parents: which layers it has from whom, and the weights of a merge."""

from typing import Any

from zoo.architectures import ARCHITECTURES
from zoo.lineage import Zoo, ancestors
from zoo.recipes.evade import Disguise
from zoo.recipes.merge import Dare, LinearMerge, Passthrough, SlerpMerge, TaskArithmetic, Ties
from zoo.recipes.pretrain import Pretrain, Untrained
from zoo.recipes.structure import FreshStudent, InsertIdentity, KeepLayers, Student

LayerMap = frozenset[tuple[int, int]]
"""(layer of the ancestor, layer of the descendant), alike in every stack."""


def facts(zoo: Zoo, name: str) -> dict[str, Any]:
    """For the manifest: `layers` from each parent where the stack was changed, `merge` where there is one."""
    found: dict[str, Any] = {}
    recipe = zoo[name].recipe
    if isinstance(recipe, KeepLayers | Student | InsertIdentity | Passthrough):
        maps = {parent: layer_map(zoo, parent, name) for parent in zoo[name].parents}
        found["layers"] = {parent: sorted(pairs) for parent, pairs in maps.items() if pairs is not None}
    merge = merge_of(zoo, name)
    return found | ({"merge": merge} if merge else {})


def merge_of(zoo: Zoo, name: str) -> dict[str, Any] | None:
    """Method and, for each layer, the weights of the parents in their order; None for what is no merge.

    `base` is the model that differences were taken from, where the method takes them.
    """
    specimen = zoo[name]
    recipe, layers = specimen.recipe, depth(zoo, name)
    base, parents = None, list(specimen.parents)
    if isinstance(recipe, TaskArithmetic | Ties | Dare):
        base, *parents = parents
        weights = [list(recipe.weights)] * layers
    elif isinstance(recipe, LinearMerge):
        weights = [list(recipe.weights)] * layers
    elif isinstance(recipe, SlerpMerge):
        weights = [[1 - share, share] for share in recipe.curve]
    elif isinstance(recipe, Passthrough):
        weights = [[float(source == i) for i in range(len(parents))] for source in recipe.sources]
    else:
        return None
    return {"method": type(recipe).__name__, "base": base, "parents": parents, "weights": weights}


def layer_map(zoo: Zoo, old: str, new: str) -> LayerMap | None:
    """Which layer of `new` came from which layer of its ancestor `old`; None where that is not recorded."""
    if old == new:
        return frozenset((i, i) for i in range(depth(zoo, old)))
    found: set[tuple[int, int]] = set()
    for index, parent in enumerate(zoo[new].parents):
        if old not in ancestors(zoo, parent):
            continue
        before, last = layer_map(zoo, old, parent), _last_step(zoo, index, parent, new)
        if before is None or last is None:
            return None
        found |= {(i, k) for i, j in before for j2, k in last if j == j2}
    return frozenset(found)


def _last_step(zoo: Zoo, index: int, parent: str, name: str) -> LayerMap | None:
    recipe, count = zoo[name].recipe, depth(zoo, parent)
    if isinstance(recipe, FreshStudent):
        return frozenset()
    if isinstance(recipe, Disguise) and _grows(zoo, name, recipe):
        return None
    if isinstance(recipe, KeepLayers | Student):
        return frozenset((layer, i) for i, layer in enumerate(recipe.layers))
    if isinstance(recipe, InsertIdentity):
        grown = (*range(recipe.after + 1), *range(recipe.after, count))
        return frozenset((layer, i) for i, layer in enumerate(grown))
    if isinstance(recipe, Passthrough):
        return frozenset((i, i) for i, source in enumerate(recipe.sources) if source == index)
    return frozenset((i, i) for i in range(count))


def depth(zoo: Zoo, name: str) -> int:
    """How many layers each stack has."""
    specimen = zoo[name]
    recipe = specimen.recipe
    if isinstance(recipe, Pretrain | Untrained):
        return ARCHITECTURES[specimen.architecture].layers(recipe.shape)
    if isinstance(recipe, KeepLayers | Student):
        return len(recipe.layers)
    grown = isinstance(recipe, InsertIdentity) or (isinstance(recipe, Disguise) and _grows(zoo, name, recipe))
    return depth(zoo, specimen.parents[0]) + grown


def _grows(zoo: Zoo, name: str, recipe: Disguise) -> bool:
    """Whether an identity layer is among the disguises; BERT's norms allow none."""
    if recipe.kinds:
        return "identity-layer" in recipe.kinds
    return zoo[name].architecture != "bert"
