"""Pages whose commands run as a test: what they promise, and a place to run them in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


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


def surroundings(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a directory with the records of UMR, where ``stemma`` and ``python`` are on the path."""
    (folder / "tests" / "data").mkdir(parents=True)
    (folder / "tests" / "data" / "umr").symlink_to(ROOT / "tests" / "data" / "umr")
    tools = folder / "tools"
    tools.mkdir()
    for name, words in (("stemma", "-m stemma "), ("python", "")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    return {
        **environment,
        "PATH": f"{tools}{os.pathsep}{environment['PATH']}",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "PYTHONUNBUFFERED": "1",  # both streams come in the order in which a terminal shows them
        "STEMMA_CATALOG": str(folder / "catalog"),
    }


def walk(page: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Run every command of a page in its order; each must succeed and print what the page says."""
    variables = surroundings(folder, environment)
    steps = [step for block in blocks(page.read_text(encoding="utf-8")) for step in block]
    assert len(steps) > 25
    for command, promised in steps:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=folder,
            env=variables,
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
