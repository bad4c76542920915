"""The walk through lineage, command by command, in the order of the page; it needs the real all-MiniLM-L6-v2."""

from __future__ import annotations

from pathlib import Path

from tests.cli.walk import ROOT, walk
from tests.real.conftest import minilm

__all__ = ["minilm"]


def test_every_command_does_what_the_page_says(minilm: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    assert minilm.is_dir()
    walk(ROOT / "docs" / "tutorial-lineage.md", tmp_path, environment)
