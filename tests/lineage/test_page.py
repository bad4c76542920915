"""The page of the tables keeps up with them; refresh: ``python -m stemma.publish.lineage.page docs/propagation.md``."""

from __future__ import annotations

from pathlib import Path

from stemma.publish.lineage.page import tables_page

PAGE = Path(__file__).parents[2] / "docs" / "propagation.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == tables_page()
