"""The page of the command line is what the commands say.

Refresh it with: ``python -m stemma.cli.document docs/cli.md``
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from stemma.cli.document import page
from stemma.cli.main import app
from tests.cli.test_start import COMMANDS

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_bytes().decode() == page()


def _command(path: tuple[str, ...]) -> Any:
    found: Any = typer.main.get_command(app)
    for name in path:
        found = found.commands[name]
    return found


@pytest.mark.parametrize("command", [path for path in COMMANDS if path not in {("catalog",), ("cache",)}], ids=" ".join)
def test_every_option_appears(command: tuple[str, ...]) -> None:
    """As the parser knows them, whatever the page was made from."""
    section = page().split(f"## `{' '.join(('stemma', *command))}`\n")[1].split("\n## ")[0]
    for parameter in _command(command).params:
        for form in (*parameter.opts, *parameter.secondary_opts):
            if form.startswith("-") and "completion" not in form:
                assert form in section.replace("`", " ").replace(",", " ").replace("/", " ").split(), form


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
