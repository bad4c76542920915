"""From rulings on all pairs to a family graph: who was made of whom, as far as evidence tells.

* Models that hold the same weights form one group; the first of them stands for all.
* A merge hangs on its parents, all of them, and on nothing else.
* Of the other links those stay that give every model but the root of its family one parent (``usecases.rooted``):
  siblings are joined through the ancestor that is there, and a grandchild through its parent.
* An edge has a direction where the ruling on its pair gives one, where a model outside the family is reached through
  one end, or where it follows: a model that is no merge has one parent, so all but one of its edges lead away.

Everything is deterministic: ties go by the order in which the models were given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

from stemma.constitution.interface import Direction, Label, Ruling
from stemma.evidence.merge import Merge
from stemma.immutable import immutable
from stemma.publish.tree_model import EdgeKind, TreeEdge
from stemma.usecases.rooted import hang, is_clear_step
from stemma.vocabulary import Exclusion, Kinship, Mechanism

Pair = tuple[str, str]
# Farther than any distance that can be measured.
_UNMEASURED = 10.0
Rulings = Mapping[Pair, Ruling]
Older = Callable[[str, str, str], str | None]


@immutable
class Family:
    """Edges in a stable order, and for each model the number of its family (connected models)."""

    edges: tuple[TreeEdge, ...]
    numbers: Mapping[str, int]


def family_graph(
    names: Sequence[str], rulings: Rulings, distances: Mapping[Pair, float], merges: Mapping[str, Merge], older: Older
) -> Family:
    """The graph of ``names``; ``rulings`` and ``distances`` are keyed by pairs in that order.

    ``older(a, b, outside)`` names the one of two neighbours that a model outside the family reaches first.
    """
    groups = _copies(names, rulings)
    heads = sorted(set(groups.values()), key=names.index)
    edges = [_copy_edge(groups[n], n, rulings[_pair(names, groups[n], n)]) for n in names if groups[n] != n]
    merged = {name: merge for name, merge in merges.items() if name in heads}
    edges += [edge for name, merge in merged.items() for edge in _merge_edges(name, merge, groups, names, rulings)]
    plain = [name for name in heads if name not in merged]
    tree = _trees(plain, names, rulings, distances)
    directed = _directed(_onto_merges(tree, plain, merged, names, rulings, distances), merged, rulings, older)
    edges += [_edge(pair, way, names, rulings, distances) for pair, way in directed.items()]
    return Family(tuple(edges), _numbers(names, edges))


def _pair(names: Sequence[str], a: str, b: str) -> Pair:
    return (a, b) if names.index(a) < names.index(b) else (b, a)


def _linked(ruling: Ruling | None) -> bool:
    return ruling is not None and ruling.label is Label.LINKED


def _copies(names: Sequence[str], rulings: Rulings) -> dict[str, str]:
    """The first model with the very same values, for every model; rounding or reordering makes an edge."""
    head: dict[str, str] = {}
    for name in names:
        same = (
            other
            for other in names[: names.index(name)]
            if head[other] == other
            and (r := rulings.get((other, name))) is not None
            and r.kinship is Kinship.COPY
            and any(e.test == "tensor identity" and e.effect == 1.0 for e in r.evidence)
        )
        head[name] = next(same, name)
    return head


def _trees(plain: Sequence[str], names: Sequence[str], rulings: Rulings, distances: Mapping[Pair, float]) -> list[Pair]:
    """Every model but one of each family with its parent, as pairs in the order of ``names``."""
    linked = {pair for pair in combinations(plain, 2) if _linked(rulings.get(pair))}
    ways = [way for pair in linked if (way := _known_way(pair, rulings[pair])) is not None]
    made_of = {name: frozenset(old for old, new in ways if new == name) for name in plain}

    def distance(a: str, b: str) -> float:
        pair = _pair(names, a, b)
        return distances.get(pair, _UNMEASURED) if pair in linked else math.inf

    return [
        _pair(names, parent, name)
        for members in _connected(plain, linked)
        for name, parent in hang(members, distance, made_of).items()
    ]


def _known_way(pair: Pair, ruling: Ruling) -> Pair | None:
    """(parent, child) where the ruling on the pair says which is which."""
    match ruling.direction:
        case Direction.A_TO_B:
            return pair
        case Direction.B_TO_A:
            return pair[1], pair[0]
        case Direction.UNDETERMINED:
            return None


def _connected(plain: Sequence[str], linked: Iterable[Pair]) -> list[list[str]]:
    number = {name: at for at, name in enumerate(plain)}
    for a, b in sorted(linked):
        old, new = number[b], number[a]
        number = {name: new if at == old else at for name, at in number.items()}
    return [[name for name in plain if number[name] == at] for at in sorted(set(number.values()))]


def _onto_merges(
    tree: Sequence[Pair],
    plain: Sequence[str],
    merged: Mapping[str, Merge],
    names: Sequence[str],
    rulings: Rulings,
    distances: Mapping[Pair, float],
) -> list[Pair]:
    """The tree with models that lie clearly nearer to a merge than to their parent hung on the merge."""
    far = float("inf")
    parents = {p for m in merged.values() for p in m.members}
    tree, moved = list(tree), []
    for name in plain:
        beside = [p for m in merged if name not in (m, *parents) and _linked(rulings.get(p := _pair(names, name, m)))]
        nearest = min(beside, key=lambda p: (distances.get(p, far), p), default=None)
        held = [pair for pair in tree if name in pair]
        if nearest is None or nearest not in distances or len(held) > 1:
            continue
        if is_clear_step(distances[nearest], min((distances.get(p, far) for p in held), default=far)):
            tree = [pair for pair in tree if pair not in held]
            moved.append(nearest)
    return [*tree, *moved]


def _directed(
    tree: Sequence[Pair], merged: Mapping[str, Merge], rulings: Rulings, older: Older
) -> dict[Pair, Pair | None]:
    """Every edge as (parent, child), or None where nothing tells; what is known spreads from child to child."""
    ways: dict[Pair, Pair | None] = {}
    outside = _outside(rulings)
    for a, b in tree:
        way = _known_way((a, b), rulings[a, b])
        if way is None:
            found = {o for t in outside.get(a, []) if t in outside.get(b, []) and (o := older(a, b, t))}
            first = found.pop() if len(found) == 1 else None
            way = None if first is None else (first, b if first == a else a)
        ways[a, b] = way
    changed = True
    while changed:
        changed = False
        children = {way[1] for way in ways.values() if way is not None} | set(merged)
        for pair, way in ways.items():
            if way is None:
                below = [end for end in pair if end in children]
                if len(below) == 1:
                    ways[pair] = (below[0], pair[0] if pair[1] == below[0] else pair[1])
                    changed = True
    return ways


def _outside(rulings: Rulings) -> dict[str, list[str]]:
    """For every model those that share its initialisation alone."""
    found: dict[str, list[str]] = {}
    for (a, b), ruling in rulings.items():
        if ruling.exclusion is Exclusion.X4:
            found.setdefault(a, []).append(b)
            found.setdefault(b, []).append(a)
    return found


def _edge(
    pair: Pair, way: Pair | None, names: Sequence[str], rulings: Rulings, distances: Mapping[Pair, float]
) -> TreeEdge:
    ruling = rulings[pair]
    source, target = way or pair
    reasons = list(ruling.reasons)
    if way is not None and ruling.direction is Direction.UNDETERMINED:
        reasons.append(f"The way follows from the rest of the family: {source} is the older of the two.")
    if pair not in distances:
        reasons.append("No distance could be measured, so that a nearer relative may have been overlooked.")
    kind = EdgeKind.COPY if ruling.kinship is Kinship.COPY else EdgeKind.DERIVATION
    return TreeEdge(
        source, target, kind, way is not None, ruling.mechanism, pair in distances, tuple(reasons),
        strongest_p(ruling), distances.get(pair),
    )  # fmt: skip


def _copy_edge(head: str, name: str, ruling: Ruling) -> TreeEdge:
    return TreeEdge(head, name, EdgeKind.COPY, False, Mechanism.M1, True, ruling.reasons, strongest_p(ruling), 0.0)


def _merge_edges(
    name: str, merge: Merge, groups: Mapping[str, str], names: Sequence[str], rulings: Rulings
) -> list[TreeEdge]:
    shares = {p.name: f"coefficient {p.coefficient:.3f} ({p.low:.3f} to {p.high:.3f})" for p in merge.parents}
    edges = []
    for parent in merge.members:
        ruling = rulings.get(_pair(names, parent, name))
        says = f"{name} is a {merge.kind} merge; {parent} is {shares.get(parent, 'its base')}."
        edges.append(
            TreeEdge(
                groups[parent], name, EdgeKind.MERGE, True, Mechanism.M9, True,
                (says, f"Mixing takes away {merge.gain:.1%} of the distance to the nearest single model."),
                strongest_p(ruling) if ruling else None, None,
            )
        )  # fmt: skip
    return edges


def strongest_p(ruling: Ruling) -> float | None:
    """The smallest log10 p of a ruling's tests."""
    return min((e.log10_p for e in ruling.evidence if e.log10_p is not None), default=None)


def _numbers(names: Sequence[str], edges: Sequence[TreeEdge]) -> dict[str, int]:
    number = {name: at for at, name in enumerate(names)}
    for _ in names:
        before = dict(number)
        for edge in edges:
            least = min(number[edge.source], number[edge.target])
            number[edge.source] = number[edge.target] = least
        if before == number:
            break
    order = {least: at for at, least in enumerate(sorted(set(number.values())), start=1)}
    return {name: order[number[name]] for name in names}
