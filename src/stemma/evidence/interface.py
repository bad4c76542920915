"""The result of one test, and how a test says that it could not run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from stemma.immutable import immutable


@immutable
class SiteValue:
    """One cell of the per-layer picture: site of A, site of B, statistic, log10 p (None: no p-value), effect."""

    a: str
    b: str
    statistic: float
    log10_p: float | None
    effect: float


@immutable
class Background:
    """What the statistic looks like where there is no link: printed beside every number.

    ``mean`` and ``sd`` describe the null distribution of the statistic; ``source`` says whether they are exact
    (theory) or measured (which calibration data).
    """

    mean: float
    sd: float
    source: str


@immutable
class Evidence:
    """The result of one test.

    ``statistic`` is what was computed, ``effect`` its size on a scale people know (a correlation, a share, a ratio),
    ``log10_p`` the base-10 logarithm of the p-value under ``null`` by ``method`` (None where the test makes no
    p-value: a fact such as equal digests, or a ratio judged by an operating point). ``sample`` counts the exchangeable
    units. ``per_site`` feeds the per-layer picture. ``facts`` holds named numbers a ruling or a report may cite.
    """

    test: str
    site: str
    statistic: float
    effect: float
    log10_p: float | None
    null: str
    method: str
    sample: int
    background: Background | None = None
    per_site: tuple[SiteValue, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
