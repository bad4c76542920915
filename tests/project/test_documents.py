"""The documents keep up with the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.readme_command import command
from stemma.cli.document import commands
from stemma.cli.main import app
from stemma.identity.version import VERSION

ROOT = Path(__file__).parents[2]


COMMANDS = sorted(f"stemma {path}" for path, _ in commands(app))


def test_the_commands_were_found() -> None:
    assert {"stemma compare", "stemma catalog add"} <= set(COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_documented(line: str) -> None:
    pages = sorted((ROOT / "docs").rglob("*.md"))
    assert any(line in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("which", ["run", "test"])
def test_the_readme_has_each_command_on_one_line(which: str) -> None:
    assert command(which, (ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["README", "CHANGELOG", "CONTRIBUTING", "SECURITY"])
def test_the_usual_files_are_there(name: str) -> None:
    assert (ROOT / f"{name}.md").read_text(encoding="utf-8").strip()


def test_the_change_log_knows_this_version() -> None:
    assert f"## {VERSION}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
