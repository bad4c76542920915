"""UMR's own rule and ours over the 88 records: the page says what differs, and why.

Write it again with: ``python -m tests.records.umr docs/umr.md``
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stemma.interop.umr import read_packages
from tests.records.umr import DATA
from tests.records.umr.__main__ import made
from tests.records.umr.comparison import Comparison, Reason, compare
from tests.records.umr.reference import merged, raw_records

PAGE = Path(__file__).parents[3] / "docs" / "umr.md"


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == made()


def test_every_difference_has_a_reason_and_every_reason_is_needed(compared: Comparison) -> None:
    assert compared.records == 88
    assert {difference.reason for difference in compared.differences} == set(Reason)


def test_what_both_take_over_they_take_from_the_same_record(compared: Comparison) -> None:
    assert all(not (difference.umr and difference.ours) for difference in compared.differences)
    assert compared.same + sum(bool(difference.ours) for difference in compared.differences) == compared.ours
    assert compared.same + sum(bool(difference.umr) for difference in compared.differences) == compared.umr


def test_the_rule_of_umr_gives_a_model_the_description_of_its_data() -> None:
    packages, _ = read_packages(DATA)
    (video,) = (package for package in packages if package.name == "llama-vid")
    told = merged(video, raw_records(DATA))["metadata.description"]
    assert (told.origin, "dataset" in told.value) == ("movienet", True)
