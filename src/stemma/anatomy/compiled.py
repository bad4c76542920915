"""The tables of this room as they are read: to parse their sources, in TOML, takes longer than to open a model.

``data/compiled.json`` is written by ``stemma.anatomy.compile``; a test holds it to its sources.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "compiled.json"


def table(name: str) -> dict[str, Any]:
    """The table of that name: ``paths``, ``llama_cpp``, or ``schemes`` with the document of each by its file's stem."""
    found: dict[str, Any] = _tables()[name]
    return found


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return tables
