"""Seeded changes of a model's tensors: valid files whose shapes, values and names fit no model."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[Any]
Tensors = dict[str, Tensor]
_ENDINGS = ("_scale", ".qweight", "s", ".bias")


def misfit(rng: random.Random, tensors: Mapping[str, Tensor]) -> Tensors:
    """One change of one tensor, or of all of its kind in the same way."""
    changed = dict(tensors)
    if not changed:
        return changed
    name = rng.choice(list(changed))
    kind = name.split(".")[-2:]
    names = [n for n in changed if n.split(".")[-2:] == kind] if rng.random() < 0.4 else [name]
    change = rng.choice(_CHANGES)
    seed = rng.randrange(1 << 30)
    for each in names:
        change(random.Random(seed), changed, each)
    return changed


def _resize(rng: random.Random, tensors: Tensors, name: str) -> None:
    tensor = tensors[name]
    if not tensor.ndim or not tensor.size:
        return
    axis = rng.randrange(tensor.ndim)
    length = tensor.shape[axis]
    wanted = rng.choice([0, 1, 2, 3, 7, 8, length - 1, length + 1, length // 3, length // 2, length * 2])
    tensors[name] = np.resize(tensor, [*tensor.shape[:axis], wanted, *tensor.shape[axis + 1 :]])


def _turn(_: random.Random, tensors: Tensors, name: str) -> None:
    tensors[name] = np.ascontiguousarray(tensors[name].T)


def _reshape(rng: random.Random, tensors: Tensors, name: str) -> None:
    tensor = tensors[name]
    shapes: list[tuple[int, ...]] = [(-1,), (1, *tensor.shape), (*tensor.shape, 1)]
    if tensor.size and rng.random() < 0.2:
        tensors[name] = np.array(tensor.flat[0])
    else:
        tensors[name] = tensor.reshape(rng.choice(shapes))


def _values(rng: random.Random, tensors: Tensors, name: str) -> None:
    numbers = tensors[name].astype(np.float32)
    match rng.randrange(7):
        case 0:
            numbers = numbers * 0
        case 1:
            numbers = numbers * 0 + np.float32(0.25)
        case 2:
            numbers = numbers * np.float32(1e-40)
        case 3:
            numbers = numbers * np.float32(1e30)
        case 4:
            numbers = numbers * (np.arange(numbers.size).reshape(numbers.shape) % 9 == 0)
        case 5 if numbers.ndim:
            numbers = np.repeat(numbers[:1], len(numbers), 0)
        case _:
            numbers = np.clip(np.rint(numbers * 50), -127, 127).astype(np.int8)
    tensors[name] = numbers


def _drop(_: random.Random, tensors: Tensors, name: str) -> None:
    del tensors[name]


def _swap(rng: random.Random, tensors: Tensors, name: str) -> None:
    other = rng.choice(list(tensors))
    tensors[name], tensors[other] = tensors[other], tensors[name]


def _rename(rng: random.Random, tensors: Tensors, name: str) -> None:
    def shifted(number: re.Match[str]) -> str:
        return f".{rng.choice([int(number[1]) + 1, int(number[1]) * 2, 99_999, 1 << 31, 10**12])}."

    renamed = re.sub(r"\.(\d+)\.", shifted, name, count=1)
    if renamed == name:
        tensors[name + rng.choice(_ENDINGS)] = tensors[name]
    else:
        tensors[renamed] = tensors.pop(name)


_CHANGES: tuple[Callable[[random.Random, Tensors, str], None], ...] = (
    _resize,
    _resize,
    _resize,
    _turn,
    _reshape,
    _values,
    _drop,
    _swap,
    _rename,
)
