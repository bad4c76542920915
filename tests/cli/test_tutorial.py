"""The walk through model records, command by command, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.walk import ROOT, pattern, walk


def test_every_command_does_what_the_page_says(tmp_path: Path, environment: dict[str, str]) -> None:
    walk(ROOT / "docs" / "tutorial-records.md", tmp_path, environment)
    assert (tmp_path / "site" / "index.html").is_file()


def test_a_promise_that_is_not_kept_would_be_seen() -> None:
    assert re.fullmatch(pattern("a\n...\nb 1\n"), "a\nx\ny\nb 1  \n")
    assert not re.fullmatch(pattern("a\nb\n"), "a\nx\nb\n")
    assert not re.fullmatch(pattern("a\n"), "")
