"""The JSON Schemas that results follow, as they are published."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["load_schema", "schema_file"]


def schema_file(name: str) -> str:
    """File name of the schema with an id such as ``stemma.comparison/1``."""
    return name.removeprefix("stemma.").replace("/", "-") + ".json"


def load_schema(name: str) -> dict[str, Any]:
    """The published schema with this id; raises FileNotFoundError where there is none."""
    path = files("stemma.publish.schemas") / schema_file(name)
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema
