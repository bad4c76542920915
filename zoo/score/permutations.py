"""The tail of the permutation trace against as many sampled permutations as one has patience for.

The gram matrix of the units is made here anew from the definition (rows of unit length, columns centred), so that
what is checked is not used to check itself.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemma.evidence.tails import log10_skewed_tail
from stemma.evidence.trace import permutation_trace
from stemma.evidence.units import Group, by_layer, unit_arrays
from stemma.identity import is_present
from zoo.score.cases import Built
from zoo.score.nulls import disjoint_pairs, printed

LEVELS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
_BATCH = 20_000
_MOST_CASES = 10


@dataclass(frozen=True)
class Tail:
    """How many of `permutations` passed the value that the stated tail puts at `level`."""

    level: float
    permutations: int
    passed: int


def sampled_tails(built: Built, splits: Sequence[str], permutations: int) -> list[Tail]:
    """Permutations shared out over unit arrays of disjoint independent pairs, of several architectures and groups."""
    cases = _cases(built, splits)
    each = -(-permutations // max(1, len(cases)))
    passed = np.zeros(len(LEVELS), dtype=np.int64)
    for number, (a, b) in enumerate(cases):
        trace = permutation_trace(a, b)
        bounds = np.array([_bound(level, trace.skewness) for level in LEVELS]) * math.sqrt(trace.variance)
        passed += _count(_gram(a, b), bounds, each, np.random.default_rng([17, number]))
    return [Tail(level, each * len(cases), int(n)) for level, n in zip(LEVELS, passed, strict=True)]


def save(tails: Sequence[Tail], path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([asdict(tail) for tail in tails]) + "\n")


def saved(path: Path) -> list[Tail]:
    """What an earlier run sampled; nothing where none did."""
    return [Tail(**tail) for tail in json.loads(path.read_text())] if path.exists() else []


def _cases(built: Built, splits: Sequence[str]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    found = []
    for a, b in disjoint_pairs(built, splits):
        left, right = printed(built, a), printed(built, b)
        layers_a, layers_b = by_layer(left), by_layer(right)
        place = min(set(layers_a) & set(layers_b))
        head = left.facts.head_dim
        for group in (Group.MLP, Group.STATE, Group.ATTENTION):
            size = head if group is Group.ATTENTION and is_present(head) else None
            arrays = unit_arrays(layers_a[place], layers_b[place], group, size)
            if arrays and len(arrays[0][0]) >= 24:
                found.append((np.asarray(arrays[0][0], np.float64), np.asarray(arrays[0][1], np.float64)))
                break
    return found[:_MOST_CASES]


def _count(
    gram: NDArray[np.float64], bounds: NDArray[np.float64], wanted: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    units = len(gram)
    small, rows = gram.astype(np.float32), np.arange(units, dtype=np.int32)
    passed = np.zeros(len(bounds), dtype=np.int64)
    for start in range(0, wanted, _BATCH):
        batch = np.tile(rows, (min(_BATCH, wanted - start), 1))
        rng.permuted(batch, axis=1, out=batch)
        totals = small[rows, batch].sum(axis=1, dtype=np.float64)
        passed += (totals[:, None] >= bounds).sum(axis=0)
    return passed


def _gram(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    left, right = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300) for x in (a, b))
    product: NDArray[np.float64] = (left - left.mean(0)) @ (right - right.mean(0)).T
    return product


def _bound(level: float, skewness: float) -> float:
    """The standard score whose stated tail is `level`."""
    low, high = 0.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if log10_skewed_tail(middle, skewness) > math.log10(level) else (low, middle)
    return high
