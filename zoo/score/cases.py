"""The pairs of a built zoo with what is true of them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.errors import ZooError
from zoo.lineage import Pair, Zoo, ancestors, pairs
from zoo.made_of import layer_map, merge_of
from zoo.sizes import SIZES, Size


@dataclass(frozen=True)
class Built:
    """A zoo on disk: the plan, and the manifest's entries of what is complete, by name."""

    folder: Path
    size: Size
    zoo: Zoo
    entries: dict[str, dict[str, Any]]

    def model(self, name: str) -> Path:
        return self.folder / "models" / name

    @property
    def digest(self) -> str:
        """Names and weights of all complete models, in one SHA-256."""
        lines = [f"{name} {entry['sha256']}\n" for name, entry in sorted(self.entries.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def scored_pairs(self, splits: Sequence[str]) -> list[Pair]:
        """All pairs of complete models of these splits, in the order of their names."""
        return [pair for pair in pairs(self.zoo, self.entries) if pair.split in splits]

    def layers(self, pair: Pair) -> frozenset[tuple[int, int]] | None:
        """(layer of a, layer of b) for a pair of ancestor and descendant; None where it is not recorded."""
        if pair.direction is None or pair.unscored:
            return None
        old, new = (pair.a, pair.b) if pair.direction == "a->b" else (pair.b, pair.a)
        found = layer_map(self.zoo, old, new)
        if found is None or pair.direction == "a->b":
            return found
        return frozenset((j, i) for i, j in found)

    def child(self, pair: Pair) -> str:
        """The descendant of a pair of ancestor and descendant; "" for any other pair."""
        return {"a->b": pair.b, "b->a": pair.a}.get(pair.direction or "", "")

    def merges(self, splits: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The complete merges of these splits with method, parents and weights."""
        names = [name for name in self.entries if self.zoo[name].split in splits]
        return {name: merge for name in names if (merge := merge_of(self.zoo, name)) is not None}

    def candidates(self, name: str) -> list[str]:
        """What a merge is decomposed over: all of its group but itself and what was made of it."""
        group = (self.zoo[name].architecture, self.zoo[name].seed)
        others = [n for n in self.entries if (self.zoo[n].architecture, self.zoo[n].seed) == group]
        return sorted(n for n in others if name not in ancestors(self.zoo, n))


def load(folder: Path) -> Built:
    """Read the manifest of a built zoo."""
    path = folder / "zoo.json"
    if not path.exists():
        raise ZooError(f"{folder} holds no zoo.json; build one with `python -m zoo build --out {folder}`")
    manifest = json.loads(path.read_text())
    if manifest["size"] not in SIZES:
        raise ZooError(f"{path} is of size {manifest['size']!r}, expected one of {', '.join(sorted(SIZES))}")
    from zoo.plan import specimens

    size = SIZES[manifest["size"]]
    zoo = specimens(size)
    entries = {entry["name"]: entry for entry in manifest["models"] if entry["name"] in zoo}
    return Built(folder, size, zoo, entries)
