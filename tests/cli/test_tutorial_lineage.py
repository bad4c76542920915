"""The walk through lineage, command by command, in the order of the page; it needs the real all-MiniLM-L6-v2."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.cli.test_tutorial import blocks, pattern
from tests.real.conftest import minilm

__all__ = ["minilm"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial-lineage.md"


def _place(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """A directory with the records of UMR in it, a catalog of its own, ``stemma`` and ``python`` on the path."""
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


def test_every_command_does_what_the_page_says(minilm: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    assert minilm.is_dir()
    surroundings = _place(tmp_path, environment)
    steps = [step for block in blocks(PAGE.read_text(encoding="utf-8")) for step in block]
    assert len(steps) > 25
    for command, promised in steps:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=tmp_path,
            env=surroundings,
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
