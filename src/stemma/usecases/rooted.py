"""One parent for every member of a family, from the distances of weights alone.

What all others leave from lies nearest to what stayed close to it: quantised, adapted, extended and pruned copies move
away from their parent in directions of their own, so the parent is nearer to each of them than they are to one another.
Training does not: independent children that learn the like from the same text go the same way for a while, and may end
nearer to one another than either is to their parent. The shortest tree over the distances would join such siblings.

So a family is hung on its most central member, and another than that one is taken for a parent only where the way from
it is clearly shorter than the way from its own parent: a step on the way saves the distance that it has already gone.

References:
    [1] E. Horwitz et al. (2024), Unsupervised model tree heritage recovery (the shortest tree, directed).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

SAVED = 0.5
"""The least share of the squared distance that a way by a nearer member must save."""
_NEAREST = 1e-3
"""Below this relative distance two members are as near as can be."""

Distance = Callable[[str, str], float]
"""The distance of two members, the same both ways; infinite where nothing joins them."""


def hang(members: Sequence[str], distance: Distance, made_of: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The parent of every member but the root, of members that finite distances connect.

    ``made_of`` names for a member those it is known to come from. Members are hung in the order of their distance from
    the root, after what they are known to come from. Ties go by the order of ``members``.
    """
    root = centre(members, distance, made_of)
    parents: dict[str, str] = {}
    left = [name for name in members if name != root]
    while left:
        hung = [root, *parents]
        name = min(left, key=lambda n: _turn(n, left, hung, distance, made_of))
        left.remove(name)
        parents[name] = _parent(name, [h for h in hung if name not in made_of[h]], parents, distance)
    return parents


def centre(members: Sequence[str], distance: Distance, made_of: Mapping[str, frozenset[str]]) -> str:
    """The member with the least mean logarithm of its distances, of those not known to come from another member.

    The logarithm lets near kin decide: they show to the last bits what they were made of, where far kin hardly differ
    in their distances to a parent and to one of its light children.
    """
    free = [name for name in members if not made_of[name] & set(members)] or list(members)
    return min(free, key=lambda name: (_mean_logarithm(name, members, distance), members.index(name)))


def is_clear_step(way: float, whole: float) -> bool:
    """Whether a member at a distance of ``way`` is a step on a way that is ``whole`` without it."""
    return way**2 <= (1.0 - SAVED) * whole**2


def _mean_logarithm(name: str, members: Sequence[str], distance: Distance) -> float:
    away = [min(distance(name, other), 10.0) for other in members if other != name]
    return sum(math.log(max(d, _NEAREST)) for d in away) / max(1, len(away))


def _turn(
    name: str, left: Sequence[str], hung: Sequence[str], distance: Distance, made_of: Mapping[str, frozenset[str]]
) -> tuple[bool, bool, float, int]:
    apart = all(math.isinf(distance(name, other)) for other in hung)
    return apart, bool(made_of[name] & set(left)), distance(hung[0], name), left.index(name)


def _parent(name: str, hung: Sequence[str], parents: Mapping[str, str], distance: Distance) -> str:
    """The nearest of those hung, or the highest of its ancestors from which the way is not clearly longer."""
    found = min(hung, key=lambda other: (distance(other, name), hung.index(other)))
    while found in parents and not is_clear_step(distance(found, name), distance(parents[found], name)):
        found = parents[found]
    return found
