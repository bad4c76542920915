"""From rulings on all pairs to a family graph: who was made of whom, as far as evidence tells.

* Models that hold the same weights form one group; the first of them stands for all.
* A merge hangs on its parents, all of them, and on nothing else.
* Of the other links only those stay that make up the shortest tree over the distances of the weights: between
  independent children of one parent the way by the parent is the shortest, so siblings are joined through the
  ancestor that is there, and a grandchild through its parent.
* An edge has a direction where the ruling on its pair gives one, where a model outside the family is reached through
  one end, or where it follows: a model that is no merge has one parent, so all but one of its edges lead away.

Everything is deterministic: ties go by the order in which the models were given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from stemma.constitution.interface import Direction, Label, Ruling
from stemma.evidence.merge import Merge
from stemma.publish.tree_model import EdgeKind, TreeEdge
from stemma.vocabulary import Exclusion, Kinship, Mechanism

Pair = tuple[str, str]
_SAME = 0.01
Rulings = Mapping[Pair, Ruling]
Older = Callable[[str, str, str], str | None]


@dataclass(frozen=True)
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
    tree = _shortest_tree(plain, names, rulings, distances)
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


def _shortest_tree(
    plain: Sequence[str], names: Sequence[str], rulings: Rulings, distances: Mapping[Pair, float]
) -> list[Pair]:
    """Kruskal's tree of each family over the linked pairs; pairs without a distance come last.

    Distances as good as equal (disguised copies are all as near to one another as to what they were made of) go to the
    pair with the more central model, the one with the least mean distance to its kin.
    """
    pairs = [pair for pair in combinations(plain, 2) if _linked(rulings.get(pair))]
    beside: dict[str, list[float]] = {name: [] for name in plain}
    for pair in pairs:
        for name in pair:
            beside[name].append(min(distances.get(pair, 1.0), 1.0))
    mean = {name: sum(found) / max(1, len(found)) for name, found in beside.items()}

    def order(pair: Pair) -> tuple[float, float, int, int]:
        away = round(distances.get(pair, float("inf")) / _SAME) * _SAME if pair in distances else float("inf")
        return away, min(mean[pair[0]], mean[pair[1]]), names.index(pair[0]), names.index(pair[1])

    pairs.sort(key=order)
    root = {name: name for name in plain}

    def top(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    tree = []
    for a, b in pairs:
        if top(a) != top(b):
            root[top(b)] = top(a)
            tree.append((a, b))
    return tree


def _onto_merges(
    tree: Sequence[Pair],
    plain: Sequence[str],
    merged: Mapping[str, Merge],
    names: Sequence[str],
    rulings: Rulings,
    distances: Mapping[Pair, float],
) -> list[Pair]:
    """The tree with models that lie nearer to a merge than to anything else hung on the merge: they were made of it."""
    far = float("inf")
    parents = {p for m in merged.values() for p in m.members}
    tree, moved = list(tree), []
    for name in plain:
        beside = [p for m in merged if name not in (m, *parents) and _linked(rulings.get(p := _pair(names, name, m)))]
        nearest = min(beside, key=lambda p: (distances.get(p, far), p), default=None)
        held = [pair for pair in tree if name in pair]
        if nearest is None or len(held) > 1:
            continue
        if distances.get(nearest, far) < min((distances.get(p, far) for p in held), default=far):
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
        match rulings[a, b].direction:
            case Direction.A_TO_B:
                ways[a, b] = (a, b)
            case Direction.B_TO_A:
                ways[a, b] = (b, a)
            case Direction.UNDETERMINED:
                found = {o for t in outside.get(a, []) if t in outside.get(b, []) and (o := older(a, b, t))}
                first = found.pop() if len(found) == 1 else None
                ways[a, b] = None if first is None else (first, b if first == a else a)
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
