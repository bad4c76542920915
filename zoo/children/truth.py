"""What is true of a pair, as one line of the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Pair:
    """Two models and what a ruling on them should say; `a` is the parent where there is one.

    `mechanism` and `exclusion` are identifiers of the constitution; None where no single one is right.
    """

    name: str
    a: str
    b: str
    label: str
    kinship: str
    direction: str
    mechanism: str | None = None
    exclusion: str | None = None
    made: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)


def derived(name: str, a: Path, b: Path, mechanism: str | None, made: str, **more: Any) -> Pair:
    return Pair(name, str(a), str(b), "linked", "descendant", "a->b", mechanism=mechanism, made=made, **more)


def same(name: str, a: Path, b: Path, made: str) -> Pair:
    return Pair(name, str(a), str(b), "linked", "copy", "undetermined", mechanism="M1", made=made)


def rounded(name: str, a: Path, b: Path, made: str) -> Pair:
    """The same weights with fewer bits a number: a copy whose direction shows."""
    return Pair(name, str(a), str(b), "linked", "copy", "a->b", mechanism="M1", made=made)


def siblings(name: str, a: Path, b: Path, made: str) -> Pair:
    return Pair(name, str(a), str(b), "linked", "common ancestor", "undetermined", made=made)


def unrelated(name: str, a: Path, b: Path, exclusion: str, made: str, **more: Any) -> Pair:
    return Pair(name, str(a), str(b), "independent", "none", "undetermined", exclusion=exclusion, made=made, **more)


def write_manifest(file: Path, pairs: Iterable[Pair]) -> None:
    """Merge the pairs into the manifest by name, written anew as a whole."""
    lines = {pair.name: asdict(pair) for pair in read_manifest(file)}
    lines.update((pair.name, asdict(pair)) for pair in pairs)
    part = file.with_suffix(".part")
    part.write_text("".join(json.dumps(line) + "\n" for line in lines.values()))
    part.replace(file)


def read_manifest(file: Path) -> list[Pair]:
    """The pairs of a manifest; none where there is no file yet."""
    if not file.exists():
        return []
    return [Pair(**json.loads(line)) for line in file.read_text().splitlines()]
