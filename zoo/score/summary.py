"""The bars, and how far the rulings are from them."""

from collections.abc import Mapping, Sequence

from zoo.score.alone import Alone
from zoo.score.measures import share_interval
from zoo.score.merges import LARGEST_ERROR, Decomposed
from zoo.score.nulls import NullTest
from zoo.score.tables import Scored, counted, share, table
from zoo.score.tree_edges import TreeScore

_GLU = ("llama", "qwen3", "phi3", "gemma2", "mixtral")
Row = tuple[str, str, str]


def summary(scored: Sequence[Scored], nulls: Sequence[NullTest], merges: Sequence[Decomposed] | None) -> list[Row]:
    """(measure, bar, what was reached) on scored pairs of one split."""
    negative = [one for one in scored if one.pair.label == "independent"]
    positive = [one for one in scored if one.pair.label == "linked"]
    twins = [one for one in negative if one.is_twin]
    evasions = [one for one in positive if one.is_evasion]
    single = [one for one in evasions if "all" not in one.pair.category and "tuned" not in one.pair.category]
    clued = [one for one in positive if one.linked and one.has_clue]
    wrong = sum(one.linked and one.direction_wrong for one in positive)
    blind = [one for one in evasions if "vocabulary re" in one.pair.category and one.pair.a.split("-")[0] in _GLU]
    smallest = min((test.adjusted for test in nulls), default=None)
    rows = [
        ("false links, all negatives", "0", _errors(negative)),
        ("false links, twins", "0", _errors(twins)),
        ("false links, disguised twins", "0", _errors([one for one in twins if one.is_disguised])),
        ("linked, of positives", ">= 98 %", counted(positive, lambda one: one.linked)),
        ("evasions linked", ">= 97 %", counted(evasions, lambda one: one.linked)),
        ("single evasions linked", "100 %", counted(single, lambda one: one.linked)),
        ("vocabulary reordered or replaced, GLU models", "100 %", counted(blind, lambda one: one.linked)),
        ("exact nulls, smallest adjusted p", "> .01", "not sampled" if smallest is None else f"{smallest:.3f}"),
        ("direction wrong, of all linked", "0", str(wrong)),
        ("direction decided where a clue exists", ">= 85 %", counted(clued, lambda one: one.direction_decided)),
        ("mechanism right, of linked", ">= 85 %", counted(positive, lambda one: one.mechanism_right)),
        ("layer maps exact", ">= 95 %", counted(positive, lambda one: one.map_exact)),
    ]
    return rows + (_merge_rows(merges) if merges is not None else [("merges", "", "not scored")])


def family_rows(trees: Mapping[str, TreeScore], alone: Sequence[Alone]) -> list[Row]:
    """The bars of family graphs and of adapters alone."""
    found, true, claimed = (sum(getattr(t, name) for t in trees.values()) for name in ("found", "true", "claimed"))
    score = f"{2 * found / (true + claimed):.2f} over {len(trees)} sets" if trees else "not scored"
    right = share(sum(one.right for one in alone), len(alone)) if alone else "not scored"
    linked = str(sum(one.strangers_linked for one in alone)) if alone else "not scored"
    return [
        ("family graph of sixty models, F1 of typed edges", ">= .90", score),
        ("adapter alone: its base or kin ranked first", ">= 95 %", right),
        ("adapter alone: unrelated bases linked", "0", linked),
    ]


def tree_table(trees: Mapping[str, TreeScore]) -> str:
    """One line a set: edges, and how many of the right ones have their direction."""
    rows = [(name, t.true, t.claimed, t.joined, t.found, f"{t.f1:.2f}", t.right, t.wrong) for name, t in trees.items()]
    head = ("architectures", "true edges", "claimed", "right pairs", "with their type", "F1", "directed", "wrongly")
    return table(head, rows)


def _merge_rows(merges: Sequence[Decomposed]) -> list[Row]:
    true = [one for one in merges if one.method]
    rows: list[Row] = [("merge parents right", ">= 95 %", share(sum(one.parents_right for one in true), len(true)))]
    for method, bar in LARGEST_ERROR.items():
        errors = [one.error for one in true if one.method == method and one.error is not None]
        reached = f"{max(errors):.3f} at most, of {len(errors)}" if errors else "-"
        rows.append((f"coefficient error, {method}", f"<= {bar}", reached))
    others = [one for one in merges if not one.method]
    rows.append(
        ("models that are no merge called one", "0", share(sum(one.found != "none" for one in others), len(others)))
    )
    return rows


def _errors(negative: Sequence[Scored]) -> str:
    wrong = sum(one.linked for one in negative)
    if not negative:
        return "none built"
    low, high = share_interval(wrong, len(negative))
    bound = f"upper bound 3/N = {3 / len(negative):.2%}" if not wrong else f"95 % interval {low:.2%} to {high:.2%}"
    return f"{wrong} of {len(negative)}; {bound}"


def decomposition_table(merges: Sequence[Decomposed]) -> str:
    """Each method with what it was taken for."""
    methods = sorted({one.method for one in merges})
    rows = []
    for method in methods:
        ones = [one for one in merges if one.method == method]
        kinds = sorted({one.found for one in ones})
        taken = ", ".join(f"{kind} {sum(one.found == kind for one in ones)}" for kind in kinds)
        errors = [one.error for one in ones if one.error is not None]
        right = share(sum(one.parents_right for one in ones), len(ones))
        rows.append((method or "no merge", len(ones), taken, right, f"{max(errors):.3f}" if errors else "-"))
    return table(("method", "models", "taken for", "parents right", "largest coefficient error"), rows)
