"""Prints one of the README's commands, so that what is tested is what people paste.

`python3 scripts/readme_command.py run|test`: the line is the one in a fenced block that contains
`stemma compare` (run) or `-m pytest` (test).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
MARKS = {"run": "stemma compare", "test": "-m pytest"}


def command(which: str, text: str) -> str:
    """The one line; raises `LookupError` unless there is exactly one that sets up an environment."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    found = [line for line in lines if MARKS[which] in line and "-m venv" in line]
    if len(found) != 1:
        raise LookupError(f"README.md: {len(found)} lines for '{which}', expected 1")
    return found[0].removeprefix("$ ")


if __name__ == "__main__":
    sys.stdout.write(command(sys.argv[1], README.read_text(encoding="utf-8")) + "\n")
