"""Tail probabilities as log10, and how several are joined. Nothing here underflows to 0.

References:
    [1] R. J. Simes (1986), An improved Bonferroni procedure for multiple tests of significance.
    [2] S. A. Stouffer et al. (1949), The American Soldier, vol. 1.
    [3] M. Abramowitz, I. A. Stegun (1964), 26.2.12: asymptotic expansion of the normal tail.
    [4] P. W. Mielke, K. J. Berry (2007), Permutation methods, chapter 2: Pearson type III by three exact moments.
    [5] O. E. Barndorff-Nielsen (1986), Inference on full or partial parameters based on the standardized signed log
        likelihood ratio: the r* form of the saddlepoint tail.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_LOG10_E = math.log10(math.e)


def log10_normal_tail(z: float) -> float:
    """log10 P(Z >= z) for a standard normal Z; exact to 1e-9 for every finite z.

    >>> round(log10_normal_tail(1.6448536269514722), 6)
    -1.30103
    >>> round(log10_normal_tail(50.0), 3)
    -544.966
    """
    if z < 25.0:
        return math.log10(0.5 * math.erfc(z / math.sqrt(2.0)))
    series = 1.0 - 1.0 / z**2 + 3.0 / z**4 - 15.0 / z**6 + 105.0 / z**8
    return -0.5 * z * z * _LOG10_E + math.log10(series / (z * math.sqrt(2.0 * math.pi)))


def log10_skewed_tail(z: float, skewness: float) -> float:
    """log10 P(Z >= z) for a standardised Pearson type III variable (a shifted gamma) [4], never below the normal's.

    By the saddlepoint r* = w + log(z / w) / w with w^2 = 8 (h - log(1 + h)) / skewness^2, h = skewness z / 2 [5]: from
    z = 2 on and for a skewness up to 2 above the exact log10 p by 0 to 0.03. Where the skewness is not positive the
    normal tail stands, the larger of both.

    >>> round(log10_skewed_tail(6.0, 1.0), 4)  # the exact gamma tail: -4.0309
    -4.0288
    """
    normal = log10_normal_tail(z)
    h = 0.5 * skewness * z
    if z < 1.0 or h < 1e-6:
        return normal
    w = math.sqrt(8.0 * (h - math.log1p(h))) / skewness if h > 1e-3 else z * (1.0 - h / 3.0)
    return max(normal, log10_normal_tail(w + math.log(z / w) / w))


def log10_least_p(units: int) -> float:
    """log10 of 1 / n!: no permutation test of ``units`` units can show a smaller p-value.

    >>> round(log10_least_p(24), 2)
    -23.79
    """
    return -math.lgamma(units + 1) * _LOG10_E


def stouffer(z: Sequence[float]) -> float:
    """Sum of independent standard scores over the root of their number: standard normal under the joint null."""
    return sum(z) / math.sqrt(len(z))


def log10_simes(log10_p: Sequence[float]) -> float:
    """Simes' p-value of the joint null: min over k of n p_(k) / k; valid under independence and positive dependence.

    >>> round(log10_simes([-8.0, -0.1, -0.2, -0.3]), 6)
    -7.39794
    """
    ordered = sorted(log10_p)
    count = len(ordered)
    return min(0.0, *(p + math.log10(count / rank) for rank, p in enumerate(ordered, start=1)))


def log10_bonferroni(log10_p: float, count: int) -> float:
    """The p-value of the smallest of ``count`` tests."""
    return min(0.0, log10_p + math.log10(max(1, count)))
