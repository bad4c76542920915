"""From ``schemes/*.toml`` and ``data/*.toml`` to the one file that is read.

    python -m stemma.anatomy.compile

writes ``data/compiled.json`` anew; nothing is written where a scheme is wrong.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from stemma.anatomy.compiled import FILE
from stemma.anatomy.scheme import Library


def compiled() -> str:
    """What the file is to hold; raises SchemeError on a scheme that contradicts itself or its schema."""
    room = Path(__file__).parent
    schemes = _parsed(room / "schemes")
    library = Library(schemes)
    for stem in schemes:
        library.scheme(stem).check()
    return json.dumps({**_parsed(room / "data"), "schemes": schemes}, ensure_ascii=False, indent=1) + "\n"


def _parsed(folder: Path) -> dict[str, Any]:
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))}


if __name__ == "__main__":
    FILE.write_text(compiled(), encoding="utf-8")
