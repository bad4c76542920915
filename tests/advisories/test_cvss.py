"""Base scores beside those that FIRST publishes in its examples for CVSS 3.1."""

from __future__ import annotations

import pytest

from stemma.advisories.cvss import base_score, level_of
from stemma.advisories.risks import Severity

PUBLISHED = [
    ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),  # CVE-2013-0375
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),  # CVE-2013-1937
    ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),  # CVE-2014-3566
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),  # CVE-2014-0160
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),  # CVE-2014-6271
    ("CVSS:3.0/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", 4.6),  # CVE-2014-2005 among others
]


@pytest.mark.parametrize(("vector", "score"), PUBLISHED)
def test_published_scores(vector: str, score: float) -> None:
    assert base_score(vector) == score


@pytest.mark.parametrize(
    "vector", ["", "CVSS:3.1", "CVSS:3.1/AV:N", "AV:N/AC:L", "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]
)
def test_what_is_no_vector(vector: str) -> None:
    assert base_score(vector) is None and level_of(vector) is None


def test_no_impact_is_no_score() -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"
    assert base_score(vector) == 0.0 and level_of(vector) is Severity.UNKNOWN


def test_levels() -> None:
    assert [level_of(vector) for vector, _ in PUBLISHED[2:5]] == [Severity.LOW, Severity.HIGH, Severity.CRITICAL]
