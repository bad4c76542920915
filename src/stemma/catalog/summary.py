"""What an entry is, read from the head of its file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from stemma.catalog.interface import Entry, Summary
from stemma.errors import MalformedFile
from stemma.fingerprint.store import describe
from stemma.identity import Missing


def summary_of(entry: Entry, path: Path) -> Summary:
    """The facts of ``entry``, whose file is ``path``.

    Raises:
        MalformedFile: the file is no fingerprint.
    """
    description = describe(path)
    try:
        return Summary(
            entry,
            label=str(description["label"]),
            schema=str(description["schema"]),
            container=str(description["container"]),
            scheme=str(description["scheme"]),
            reading=str(description["reading"]),
            model_type=_text(description["facts"]["model_type"]),
            parts=len(description["parts"]),
            parameters=sum(math.prod(part["shape"]) for part in description["parts"]),
            warnings=tuple(str(warning) for warning in description["warnings"]),
            description=description,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedFile(path.name, f"a damaged description ({error})", "the metadata of a fingerprint") from error


def _text(value: Any) -> str | Missing:
    return Missing(str(value.get("missing"))) if isinstance(value, dict) else str(value)
