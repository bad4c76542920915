"""LaTeX compiled by a real pdfTeX, PDF read by poppler: Debian packages, without which the tests that ask here skip."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def compiled(text: str, folder: Path) -> tuple[str, Path]:
    """What pdfTeX logs, and the PDF that it makes where it can."""
    (folder / "record.tex").write_text(text, encoding="utf-8")
    command = [_tool("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "record.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    return done.stdout.decode("utf-8", "replace"), folder / "record.pdf"


def words_of(pdf: Path) -> str:
    """The text of a PDF in reading order."""
    done = subprocess.run([_tool("pdftotext"), pdf, "-"], capture_output=True, check=True, timeout=60)
    return done.stdout.decode("utf-8", "replace")


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
