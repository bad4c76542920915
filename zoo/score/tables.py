"""Tables over scored pairs: how each category was ruled."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from zoo.lineage import Pair
from zoo.score.rulings import Outcome

CLUED = ("stored bf16", "stored f16", "round trip", "pruned 30", "pruned 50", "pruned 70", "depth up-scaled")
"""Categories of children in which direction has an exact clue: rounding, a coarser grid, zeros, a repeated layer."""


@dataclass(frozen=True)
class Scored:
    """A pair, its ruling, and its true layer map where one is recorded."""

    pair: Pair
    outcome: Outcome
    layers: frozenset[tuple[int, int]] | None
    merge_found: bool | None = None
    """Whether the child, a merge, was taken for one by decomposition: two models alone cannot show a merge."""

    @property
    def right(self) -> bool:
        return self.outcome.label == self.pair.label

    @property
    def linked(self) -> bool:
        return self.outcome.label == "linked"

    @property
    def is_direct(self) -> bool:
        """Parent and child, with nothing between."""
        return self.pair.direction is not None and not self.pair.category.startswith("chain to")

    @property
    def is_twin(self) -> bool:
        return self.pair.exclusion == "X4" and self.pair.category.startswith("twins")

    @property
    def is_disguised(self) -> bool:
        return "evasion" in self.pair.category

    @property
    def is_evasion(self) -> bool:
        """A base and a disguised descendant of it."""
        of_base = self.pair.a.endswith("-base") or self.pair.b.endswith("-base")
        return of_base and self.pair.direction is not None and self.is_disguised

    @property
    def has_clue(self) -> bool:
        return self.is_direct and any(clue in self.pair.category for clue in CLUED)

    @property
    def mechanism_right(self) -> bool | None:
        """None where the pair has no mechanism of its own; fine-tuning and continued pretraining are one class."""
        if not self.linked or not self.is_direct or self.pair.mechanism is None:
            return None
        if self.pair.mechanism == "M9":
            return self.merge_found
        return _class(self.outcome.mechanism) == _class(self.pair.mechanism)

    @property
    def direction_decided(self) -> bool:
        return self.outcome.direction in ("a->b", "b->a")

    @property
    def direction_wrong(self) -> bool:
        return self.direction_decided and self.pair.direction != self.outcome.direction

    @property
    def map_exact(self) -> bool | None:
        """None where no map is recorded or the ruling, as for copies, gives none."""
        if not self.linked or self.layers is None or not self.outcome.layers:
            return None
        stacks: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        for left, right in self.outcome.layers:
            (stack, a), (other, b) = left.rsplit(".", 1), right.rsplit(".", 1)
            stacks[stack if stack == other else f"{stack} {other}"].add((int(a), int(b)))
        return all(found == self.layers for found in stacks.values())


def _class(mechanism: str | None) -> str | None:
    return "M2" if mechanism == "M3" else mechanism


def family(pair: Pair) -> str:
    """The category without the child that stands in it, so that a table stays readable."""
    head, _, child = pair.category.partition(", with child: ")
    if not child:
        return head
    return f"{head}, one disguised" if "evasion" in child else f"{head}, one a child"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def share(hits: int, count: int) -> str:
    """`hits / count` with its percentage; a dash for none."""
    return f"{hits} / {count} ({hits / count:.1%})" if count else "-"


def counted(scored: Iterable[Scored], holds: Callable[[Scored], bool | None]) -> str:
    """How many of those for which `holds` is known it holds for."""
    known = [value for one in scored if (value := holds(one)) is not None]
    return share(sum(known), len(known))


def by_category(scored: Sequence[Scored]) -> str:
    """One row per category: how it was ruled, and how right what else was said is."""
    groups: defaultdict[tuple[str, str], list[Scored]] = defaultdict(list)
    for one in scored:
        groups[one.pair.label, family(one.pair)].append(one)
    head = (
        *("truth", "category", "pairs", "linked", "independent, shown", "independent, default", "unread"),
        *("mechanism right", "direction wrong / decided", "layer map exact"),
    )
    rows = []
    for (label, category), ones in sorted(groups.items(), key=lambda item: (item[0][0] != "linked", item[0][1])):
        positive = label == "linked"
        decided = [one for one in ones if one.linked and one.direction_decided]
        rows.append(
            (
                label,
                category,
                len(ones),
                sum(one.linked for one in ones),
                sum(one.outcome.label == "independent" and one.outcome.established == "shown" for one in ones),
                sum(one.outcome.label == "independent" and one.outcome.established == "default" for one in ones),
                sum(one.outcome.label == "failed" for one in ones),
                counted(ones, lambda one: one.mechanism_right) if positive else "-",
                f"{sum(one.direction_wrong for one in decided)} / {len(decided)}" if positive else "-",
                counted(ones, lambda one: one.map_exact) if positive else "-",
            )
        )
    return table(head, rows)


def mechanisms(scored: Sequence[Scored]) -> str:
    """True mechanism of direct children against the one that was named."""
    named: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in scored:
        if one.mechanism_right is not None:
            found = "M9" if one.merge_found else one.outcome.mechanism
            named[str(one.pair.mechanism)][str(found)] += 1
    columns = sorted({name for found in named.values() for name in found})
    rows = [(truth, *(found[column] or "" for column in columns)) for truth, found in sorted(named.items())]
    return table(("true \\ named", *columns), rows)


def evasions(scored: Sequence[Scored]) -> str:
    """Disguised children against their base, by disguise."""
    groups: defaultdict[str, list[Scored]] = defaultdict(list)
    for one in scored:
        if one.is_evasion:
            groups[one.pair.category.removeprefix("chain to ")].append(one)
    rows = []
    for category, ones in sorted(groups.items()):
        missed = sorted({one.pair.a.split("-")[0] for one in ones if not one.linked})
        rows.append((category, counted(ones, lambda one: one.linked), ", ".join(missed)))
    return table(("disguise", "linked", "missed in"), rows)


def listed(scored: Sequence[Scored], most: int = 400) -> str:
    """Names of pairs, one a line, with what was ruled."""
    lines = [
        f"- `{one.pair.a}` and `{one.pair.b}` ({one.pair.category}): {one.outcome.label}"
        + (f", {one.outcome.established}" if one.outcome.established else "")
        + (f": {one.outcome.reason}" if one.outcome.label == "failed" else "")
        for one in scored[:most]
    ]
    if len(scored) > most:
        lines.append(f"- and {len(scored) - most} more")
    return "\n".join(lines) or "None."
