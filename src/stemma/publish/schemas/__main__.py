"""Write the schemas and their page.

``python -m stemma.publish.schemas src/stemma/publish/schemas docs/schemas``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stemma.publish.schemas import schema_file
from stemma.publish.schemas.documents import build_schemas
from stemma.publish.schemas.page import schema_page


def published() -> dict[str, str]:
    """Every schema file by name, as text."""
    return {schema_file(n): json.dumps(s, indent=2) + "\n" for n, s in build_schemas().items()}


def main(arguments: list[str]) -> int:
    """Write into the package and into the documentation; returns the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m stemma.publish.schemas PACKAGE_FOLDER DOCS_FOLDER\n")
        return 3
    for folder in arguments:
        for name, content in published().items():
            (Path(folder) / name).write_text(content, encoding="utf-8", newline="\n")
    (Path(arguments[1]) / "README.md").write_text(schema_page(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
