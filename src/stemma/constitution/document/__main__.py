"""Write the constitution: ``python -m stemma.constitution.document docs/constitution.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from stemma.constitution.document.markdown import constitution_markdown


def main(arguments: list[str]) -> int:
    """Write the document to the one path that is named; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m stemma.constitution.document PATH\n")
        return 3
    Path(arguments[0]).write_text(constitution_markdown(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
