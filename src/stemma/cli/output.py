"""Where results go: standard output or a file, as text; remarks and errors go to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stemma.errors import StemmaError

if TYPE_CHECKING:
    from rich.console import Console


def write(text: str, output: Path | None) -> None:
    """Write ``text`` whole to ``output``, or to standard output."""
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    try:
        output.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise StemmaError(
            f"{output} could not be written: {error.strerror or error}.", advice="Choose another --output."
        ) from error


def show(render: Callable[[Console], None], output: Path | None) -> None:
    """Render for a terminal, or as plain text into ``output``."""
    from rich.console import Console

    if output is None:
        render(Console(no_color=_no_color()))
        return
    from io import StringIO

    buffer = StringIO()
    render(Console(file=buffer, width=120, no_color=True, force_terminal=False))
    write(buffer.getvalue(), output)


def say(text: str) -> None:
    """A remark for people, on standard error."""
    sys.stderr.write(text + "\n")


def fail(error: StemmaError) -> None:
    """An error with its advice, on standard error."""
    say(f"stemma: {error.message}")
    if error.advice:
        say(f"        {error.advice}")


def _no_color() -> bool:
    return bool(os.environ.get("NO_COLOR"))
