"""The page of the command line is what the commands say.

Refresh it with: ``python -m stemma.cli.document docs/cli.md``
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import pytest

from stemma.cli.document import commands, page
from stemma.cli.main import app
from stemma.cli.parser import fill, parameters

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_bytes().decode() == page()


@pytest.mark.parametrize("path", [path for path, _ in commands(app)])
def test_every_option_appears(path: str) -> None:
    """As the parser knows them, whatever the page was made from."""
    parser = ArgumentParser(add_help=False)
    fill(parser, parameters(dict(commands(app))[path]))
    section = page().split(f"## `stemma {path}`\n")[1].split("\n## ")[0]
    shown = section.replace("`", " ").replace(",", " ").replace("/", " ").split()
    forms = [form for action in parser._actions for form in action.option_strings]
    assert [form for form in forms if form not in shown and form not in ("-h", "--help")] == []


@pytest.mark.parametrize(
    "name", ["STEMMA_CACHE", "STEMMA_CATALOG", "STEMMA_DEBUG", "HF_ENDPOINT", "HF_TOKEN", "NO_COLOR", "--pairs"]
)
def test_what_must_be_explained(name: str) -> None:
    assert f"`{name}" in page() or f" {name}" in page()


def test_every_environment_variable_that_is_read_appears() -> None:
    import re

    root = Path(__file__).parents[2] / "src" / "stemma"
    read = {
        name
        for file in root.rglob("*.py")
        for name in re.findall(r"environ(?:\.get\(|\[)\"((?:STEMMA|HF)_[A-Z_]+|NO_COLOR)\"", file.read_text("utf-8"))
    }
    assert {"STEMMA_CACHE", "STEMMA_CATALOG"} <= read
    assert [name for name in sorted(read) if f"`{name}`" not in page()] == []
