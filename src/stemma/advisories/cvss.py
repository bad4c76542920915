"""The base score of a CVSS 3 vector, as a level.

Reference: FIRST, Common Vulnerability Scoring System version 3.1, specification document, sections 7.1 and 5.
"""

from __future__ import annotations

import math
import re

from stemma.advisories.risks import Severity

_METRICS: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_VECTOR = re.compile(r"CVSS:3\.[01](?:/[A-Z]{1,3}:[A-Z])+", re.ASCII)
_LEVELS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MODERATE), (0.1, Severity.LOW))


def base_score(vector: str) -> float | None:
    """The base score, from 0 to 10; None where the vector is none, or lacks a base metric."""
    if len(vector) > 200 or _VECTOR.fullmatch(vector) is None:
        return None
    pairs = [part.split(":") for part in vector.split("/")[1:]]
    given = dict(pairs)
    if len(given) != len(pairs) or given.get("S") not in _PRIVILEGES:
        return None
    privileges = _PRIVILEGES[given["S"]].get(given.get("PR", ""))
    values = {name: choices.get(given.get(name, "")) for name, choices in _METRICS.items()}
    if privileges is None or None in values.values():
        return None
    known = {name: value for name, value in values.items() if value is not None}
    return _score(known, privileges, changed=given["S"] == "C")


def level_of(vector: str) -> Severity | None:
    """The level that a CVSS 3 vector amounts to; None where it is no vector. A score of 0 is not stated."""
    score = base_score(vector)
    if score is None:
        return None
    return next((level for least, level in _LEVELS if score >= least), Severity.UNKNOWN)


def _score(metric: dict[str, float], privileges: float, *, changed: bool) -> float:
    lost = 1 - (1 - metric["C"]) * (1 - metric["I"]) * (1 - metric["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    ease = 8.22 * metric["AV"] * metric["AC"] * privileges * metric["UI"]
    return _round_up(min(1.08 * (impact + ease) if changed else impact + ease, 10))


def _round_up(value: float) -> float:
    """To one decimal, upwards, as appendix A of the specification does it without binary surprises."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10
