"""The walk through model records, command by command, in the order of the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial-records.md"


def blocks(text: str) -> Iterator[list[tuple[str, str]]]:
    """Commands with the output that the page promises, block by block."""
    for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        steps: list[tuple[str, str]] = []
        for line in block.splitlines():
            command, output = steps[-1] if steps else ("", "")
            if line.startswith("$ "):
                steps.append((line[2:], ""))
            elif line.startswith("> "):
                steps[-1] = (f"{command}\n{line[2:]}", output)
            else:
                steps[-1] = (command, f"{output}{line}\n")
        yield steps


def pattern(promised: str) -> str:
    """What the output has to match: blanks at line ends do not count, a line of dots is any lines."""
    lines = [
        r"(?:.*\n)*?" if line == "..." else re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r" *\n"
        for line in promised.splitlines()
    ]
    return "".join(lines)


@pytest.fixture
def place(tmp_path: Path, environment: dict[str, str]) -> tuple[Path, dict[str, str]]:
    """A directory with the records of UMR in it, where ``stemma`` is on the path."""
    (tmp_path / "tests" / "data").mkdir(parents=True)
    (tmp_path / "tests" / "data" / "umr").symlink_to(ROOT / "tests" / "data" / "umr")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "stemma").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stemma "$@"\n')
    (tools / "stemma").chmod(0o755)
    path = {"PATH": f"{tools}{os.pathsep}{environment['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    path |= {"PYTHONUNBUFFERED": "1"}  # both streams come in the order in which a terminal shows them
    return tmp_path, {**environment, **path}


def test_every_command_does_what_the_page_says(place: tuple[Path, dict[str, str]]) -> None:
    folder, environment = place
    steps = [step for block in blocks(PAGE.read_text(encoding="utf-8")) for step in block]
    assert len(steps) > 25
    for command, promised in steps:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        if promised:
            assert re.fullmatch(pattern(promised), done.stdout + "\n" * (not done.stdout.endswith("\n"))), (
                f"{command}\n{done.stdout}"
            )
    assert (folder / "site" / "index.html").is_file()


def test_a_promise_that_is_not_kept_would_be_seen() -> None:
    assert re.fullmatch(pattern("a\n...\nb 1\n"), "a\nx\ny\nb 1  \n")
    assert not re.fullmatch(pattern("a\nb\n"), "a\nx\nb\n")
    assert not re.fullmatch(pattern("a\n"), "")
