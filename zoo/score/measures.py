"""The few statistics that the tables need."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import beta, kstest


def share_interval(hits: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's exact interval of a share; for 0 of N its upper end is close to 3 / N."""
    low = float(beta.ppf((1 - level) / 2, hits, count - hits + 1)) if hits else 0.0
    high = float(beta.ppf((1 + level) / 2, hits + 1, count - hits)) if hits < count else 1.0
    return low, high


def smaller_than_uniform(p: Sequence[float]) -> float:
    """One-sided Kolmogorov-Smirnov p-value.

    Null: the p-values are uniform or larger (super-uniform). Alternative: somewhere more of them are small.
    """
    return float(kstest(np.asarray(p), "uniform", alternative="greater").pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, p[index] * (len(p) - rank)))
        adjusted[index] = largest
    return adjusted


def operating_curve(positive: Sequence[float], negative: Sequence[float]) -> list[tuple[float, float]]:
    """(false alarms, hits) as shares, for every threshold from the largest score down; starts at (0, 0)."""
    scores = sorted({*positive, *negative}, reverse=True)
    high, low = np.sort(np.asarray(positive)), np.sort(np.asarray(negative))
    points = [(0.0, 0.0)]
    for score in scores:
        hits = len(high) - int(np.searchsorted(high, score, side="left"))
        alarms = len(low) - int(np.searchsorted(low, score, side="left"))
        points.append((alarms / max(1, len(low)), hits / max(1, len(high))))
    return points


def area(points: Sequence[tuple[float, float]]) -> float:
    """The area under an operating curve: the chance that a positive scores above a negative, ties by half."""
    x, y = zip(*points, strict=True)
    return float(np.trapezoid(y, x))
