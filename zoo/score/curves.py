"""What separates, and how far: the two scores behind a ruling, their curves and their margins.

*Sharing*: -log10 of the smallest p-value of any test, on pairs of different initialisation against linked pairs.
*Training*: how far all learned parts together lie above measured twins, on twins against linked pairs; defined where
something is shared.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from stemma.evidence.joint import joint
from stemma.evidence.pair import PLANNED
from zoo.score.measures import area, operating_curve, share_interval
from zoo.score.rulings import Outcome
from zoo.score.svg import Axis, Line, chart
from zoo.score.tables import Scored, table

ALPHAS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
_LARGEST, _LEARNED = 320.0, " learned part"
_SHARE = Axis("false alarms, share of negatives", 0, 1, (0, 0.25, 0.5, 0.75, 1))
_HITS = Axis("hits, share of positives", 0, 1, (0, 0.25, 0.5, 0.75, 1))
_ALARMS = Axis("false alarms, share of negatives", 1e-4, 1, (1e-4, 1e-3, 1e-2, 1e-1, 1), logarithmic=True)
_MISSES = Axis("misses, share of positives", 1e-4, 1, (1e-4, 1e-3, 1e-2, 1e-1, 1), logarithmic=True)


def sharing(outcome: Outcome) -> float:
    """-log10 of the smallest p-value of any test; 0 where none was made."""
    found = [p for _, _, p in outcome.tests.values() if p is not None]
    return min(_LARGEST, -min(found)) if found else 0.0


def training(outcome: Outcome) -> float | None:
    """Deviations above twins of all learned parts together, of aligned ones where there are; None without any."""
    found = learned_parts(outcome)
    aligned = {name: rho for name, rho in found.items() if name.startswith("aligned")}
    return joint({name: (rho, 0.0) for name, rho in (aligned or found).items()}).above if found else None


def learned_parts(outcome: Outcome) -> dict[str, float]:
    """The correlations of learned parts by measure."""
    return {n.removesuffix(_LEARNED): rho for n, (rho, _, _) in outcome.tests.items() if n.endswith(_LEARNED)}


Scores = tuple[list[float], list[float]]


def sharing_scores(scored: Sequence[Scored]) -> Scores:
    """Of linked pairs, and of pairs of different initialisation."""
    positive = [sharing(one.outcome) for one in scored if one.pair.label == "linked"]
    strangers = [one for one in scored if one.pair.label == "independent" and one.pair.exclusion != "X4"]
    return positive, [sharing(one.outcome) for one in strangers]


def training_scores(scored: Sequence[Scored]) -> Scores:
    """Of linked pairs, and of twins, where the score is defined."""
    positive = [training(one.outcome) for one in scored if one.pair.label == "linked"]
    twins = [training(one.outcome) for one in scored if one.is_twin]
    return [r for r in positive if r is not None], [r for r in twins if r is not None]


def draw(splits: Mapping[str, Sequence[Scored]], folder: Path) -> list[str]:
    """Write the four pictures; their file names."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for what, title, scores in (
        ("sharing", "Is anything shared?", sharing_scores),
        ("training", "Is it training, or the seed?", training_scores),
    ):
        curves = {split: operating_curve(*scores(scored)) for split, scored in splits.items()}
        roc = [Line(f"{split}, area {area(points):.4f}", points) for split, points in curves.items()]
        det = [Line(split, [(x, 1 - y) for x, y in points]) for split, points in curves.items()]
        for kind, axes, lines in (("roc", (_SHARE, _HITS), roc), ("errors", (_ALARMS, _MISSES), det)):
            name = f"{what}-{kind}.svg"
            (folder / name).write_text(chart(title, *axes, lines))
            made.append(name)
    return made


def margins(scored: Sequence[Scored]) -> str:
    """The strongest of what is independent and the weakest of what is linked, by score and by ruling."""
    rows = []
    for name, scores in (("sharing, -log10 p", sharing_scores), ("training, deviations", training_scores)):
        positive, negative = scores(scored)
        strongest = f"{max(negative):.2f}" if negative else "-"
        low = sorted(positive)
        weakest = f"{low[0]:.2f}" if low else "-"
        typical = f"{low[len(low) // 50]:.2f}" if low else "-"
        rows.append((name, len(negative), strongest, len(positive), weakest, typical))
    head = ("score", "independent", "strongest", "linked", "weakest", "weakest but 2 %")
    return table(head, rows)


def family_wise(scored: Sequence[Scored]) -> str:
    """How often any planned test falls on pairs of different initialisation, alpha spent over all of them."""
    strangers = [one for one in scored if one.pair.label == "independent" and one.pair.exclusion != "X4"]
    smallest = [_smallest_planned(one.outcome) for one in strangers]
    rows = []
    for alpha in ALPHAS:
        hits = sum(p <= alpha / len(PLANNED) for p in smallest)
        low, high = share_interval(hits, len(smallest))
        rows.append(
            (f"{alpha:g}", len(smallest), hits, f"{hits / max(1, len(smallest)):.2e}", f"{low:.1e} to {high:.1e}")
        )
    return table(("alpha", "pairs", "pairs with a test that fell", "share", "95 % interval"), rows)


def _smallest_planned(outcome: Outcome) -> float:
    found = [p for name, (_, _, p) in outcome.tests.items() if name in PLANNED and p is not None]
    return float(10 ** min(found)) if found else 1.0
