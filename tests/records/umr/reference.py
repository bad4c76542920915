"""What the Unified Model Record makes of its own files: the rule of its repository, told here in a few lines.

- A record is merged with the raw files of what it names upstream, one level, whatever type they have.
- Its own value wins, an empty one (``''``, null) too; then that of the first upstream that has the key.
- ``type`` is left out of the merge; everything else is in it, ``metadata.version`` and ``question_sets`` included.
- A mapping is merged key by key, a list is one value.

Reference: modelrecords/modelrecords (MIT), ``modelrecords/repository.py``, as of December 2024.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stemma.interop.umr import Package


@dataclass(frozen=True)
class Told:
    """A value at a dotted path, and the name of the record whose file it stands in. Empty values are None."""

    value: Any
    origin: str


def raw_records(directory: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """The files as YAML 1.1, flattened to dotted paths below ``mr``; by name in lower case, then by version."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for file in sorted(directory.glob("*/*.yaml")):
        name = file.parent.name
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        found.setdefault(name.lower(), {})[file.stem.removeprefix(f"{name}-")] = dict(_flat(document["mr"], ""))
    return found


def _flat(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def merged(package: Package, raw: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Told]:
    """The record with what it takes over, by dotted path. Of several versions the greatest file name is taken."""
    whole: dict[str, Told] = {}
    parents = [(name, raw[name][max(raw[name])]) for name in _upstream(package)]
    for name, fields in reversed([(package.name, raw[package.name][str(package.version)]), *parents]):
        for path, value in fields.items():
            if name != package.name and path == "type":
                continue
            for other in [other for other in whole if other.startswith(f"{path}.") or path.startswith(f"{other}.")]:
                del whole[other]
            whole[path] = Told(None if value in ("", [], None) else value, name)
    return whole


def upstream_graph(name: str, packages: Mapping[str, Package]) -> set[tuple[str, str]]:
    """Pairs of a record and what it names upstream, all the way up from ``name``: UMR's picture of dependencies."""
    edges = {(name, parent) for parent in _upstream(packages[name])}
    return edges.union(*(upstream_graph(parent, packages) for _, parent in edges))


def _upstream(package: Package) -> list[str]:
    return [upstream.asked.name for upstream in package.upstream]
