"""A zoo of small models with records that tell the truth, lie, or say nothing: 11 records of known lineage a family.

Each has a base, a twin of its initialisation, and children made in every way that weights show. Claims go round: the
first child tells the truth, the next names the base of another family, the next says nothing, and so on, shifted from
family to family, so that every way of making has every kind of claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stemma.catalog import Catalog
from stemma.registry import DirectoryRegistry
from stemma.usecases.catalogs import add_models
from tests.lineage.graphs import NOW, text
from tests.models import Weights, as_bf16, draw, tuned, write

CLAIMS = ("true", "false", "missing")
FAMILIES = ("ash", "elm", "fir", "oak")


@dataclass(frozen=True)
class Entry:
    """One record of the zoo: its weights, its true ancestors by weights (None for a base), and what it declares."""

    name: str
    weights: Weights
    ancestors: frozenset[str]
    claim: str
    relations: tuple[Any, ...]


def entries(families: int = len(FAMILIES)) -> list[Entry]:
    """All of them, or those of the first families."""
    return [entry for number, family in enumerate(FAMILIES[:families]) for entry in _family(number, family, families)]


def _family(number: int, family: str, families: int) -> Iterator[Entry]:
    seed = 10 * number + 1
    base, stranger = draw(seed), FAMILIES[(number + 1) % families]
    yield Entry(family, base, frozenset(), "true", ())
    yield Entry(f"{family}-twin", draw(seed + 1, bulk=seed), frozenset(), "false", (f"finetuned-from {family}",))
    for place, (name, kind, weights, above) in enumerate(_children(family, base, seed)):
        claim = CLAIMS[(place + number) % len(CLAIMS)]
        parents = {"true": above, "false": _strangers(above, family, stranger), "missing": ()}[claim]
        relations = [{"kind": kind, "target": parent, **_share(kind)} for parent in parents]
        yield Entry(f"{family}-{name}", weights, _ancestors(above, family), claim, tuple(relations))


def _share(kind: str) -> dict[str, float]:
    return {"coefficient": 0.5} if kind == "merged-from" else {}


def _strangers(above: tuple[str, ...], family: str, stranger: str) -> tuple[str, ...]:
    return tuple(parent.replace(family, stranger, 1) for parent in above)


def _ancestors(above: tuple[str, ...], family: str) -> frozenset[str]:
    """The parents, and theirs: nothing here is more than two steps deep."""
    return frozenset({*above, family})


def _children(family: str, base: Weights, seed: int) -> list[tuple[str, str, Weights, tuple[str, ...]]]:
    one, two = tuned(base, seed + 2), tuned(base, seed + 3)
    mixed = {name: (0.5 * one[name] + 0.5 * two[name]).astype(np.float32) for name in base}
    a, b = f"{family}-tuned", f"{family}-tuned-too"
    return [
        ("tuned", "finetuned-from", one, (family,)),
        ("tuned-too", "continued-from", two, (family,)),
        ("again", "finetuned-from", tuned(one, seed + 4), (a,)),
        ("int8", "quantised-from", {name: _int8(w) for name, w in base.items()}, (family,)),
        ("bf16", "converted-from", dict(as_bf16(base)), (family,)),
        ("copy", "copy-of", dict(base), (family,)),
        ("pruned", "pruned-from", {name: _pruned(w) for name, w in one.items()}, (a,)),
        ("short", "pruned-from", _every_other_layer(base), (family,)),
        ("mixed", "merged-from", mixed, (a, b)),
    ]


def _int8(w: Any) -> Any:
    if w.ndim < 2:
        return w
    step = np.abs(w).max(axis=1, keepdims=True) / 127
    return (np.round(w / step) * step).astype(np.float32)


def _pruned(w: Any) -> Any:
    return np.where(np.abs(w) < np.quantile(np.abs(w), 0.5), 0, w).astype(np.float32) if w.ndim == 2 else w


def _every_other_layer(weights: Weights) -> Weights:
    kept = {}
    for name, w in weights.items():
        parts = name.split(".")
        if parts[1] != "layers":
            kept[name] = w
        elif int(parts[2]) % 2 == 0:
            kept[".".join([*parts[:2], str(int(parts[2]) // 2), *parts[3:]])] = w
    return kept


def build(folder: Path, families: int = len(FAMILIES), *, catalog: bool = True) -> list[Entry]:
    """Write the models and their registry into a folder, and fingerprints of all into a catalog."""
    made = entries(families)
    registry = DirectoryRegistry(folder / "records", lambda: NOW)
    (folder / "records").mkdir(parents=True)
    with registry.transaction():
        for entry in made:
            registry.records.put(text(entry.name, *entry.relations))
    for entry in made:
        write(folder / "models" / entry.name, entry.weights)
    if catalog:
        add_models(Catalog(folder / "catalog"), [str(folder / "models" / entry.name) for entry in made])
    return made
