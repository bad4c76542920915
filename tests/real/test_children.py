"""The children are what their manifest says, and the demonstration needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.real.conftest import Nursery
from zoo.children.checkpoint import load, read_safetensors
from zoo.children.gguf_bert import gguf_name
from zoo.children.mechanical import is_linear
from zoo.children.minilm import SHA256, find_minilm
from zoo.children.plan import CHILDREN, DEMO

QUERY = "encoder.layer.2.attention.self.query.weight"


@pytest.fixture(scope="session")
def parent(minilm: Path) -> Mapping[str, NDArray[Any]]:
    return load(minilm).tensors


def test_the_real_checkpoint_is_the_known_one(minilm: Path) -> None:
    assert SHA256.startswith("53aa51172d14") and SHA256.endswith("fab128d9db")
    assert find_minilm() == minilm
    assert len(load(minilm).tensors) == 104


@pytest.mark.parametrize("name", DEMO)
def test_the_demonstration_needs_no_torch(nursery: Nursery, name: str) -> None:
    absent = ("torch", "transformers", "tokenizers", "safetensors", "peft")
    assert (nursery.make(name, hidden=absent) / "config.json").is_file()


@pytest.mark.parametrize("name", [child.name for child in CHILDREN if not child.torch])
def test_every_pair_is_described(nursery: Nursery, name: str) -> None:
    for pair in nursery.pairs(name):
        assert Path(pair.a).is_dir() and Path(pair.b).is_dir()
        assert pair.label == "linked"
        assert pair.made


def test_shards_hold_every_tensor_once(nursery: Nursery, parent: Mapping[str, NDArray[Any]]) -> None:
    folder = nursery.make("resharded")
    index = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    assert set(index) == {f"bert.{name}" for name in parent}
    for file in set(index.values()):
        for name, array in read_safetensors(folder / file).items():
            np.testing.assert_array_equal(array, parent[name.removeprefix("bert.")])


def test_int8_lies_on_a_lattice_of_255_points(nursery: Nursery, parent: Mapping[str, NDArray[Any]]) -> None:
    row = load(nursery.make("int8")).tensors[QUERY][7]
    assert len(np.unique(row)) <= 255
    assert np.abs(row - parent[QUERY][7]).max() <= np.abs(parent[QUERY][7]).max() / 254 * 1.001


def test_half_of_the_pruned_matrices_is_zero(nursery: Nursery) -> None:
    tensors = load(nursery.make("pruned")).tensors
    shares = [np.mean(x == 0) for name, x in tensors.items() if is_linear(name, x)]
    np.testing.assert_allclose(shares, 0.5, atol=1e-4)


def test_permuted_neurons_compute_the_same(nursery: Nursery, parent: Mapping[str, NDArray[Any]]) -> None:
    child = load(nursery.make("permuted")).tensors
    up, down = "encoder.layer.3.intermediate.dense.weight", "encoder.layer.3.output.dense.weight"
    assert not np.array_equal(child[up], parent[up])
    np.testing.assert_allclose(child[down] @ child[up], parent[down] @ parent[up], atol=1e-4)


@pytest.mark.parametrize(("name", "tolerance"), [("gguf-f16", 1e-3), ("gguf-q8", 2e-2)])
def test_gguf_holds_the_same_numbers(
    nursery: Nursery, parent: Mapping[str, NDArray[Any]], name: str, tolerance: float
) -> None:
    stored = {t.name: t for t in gguf.GGUFReader(nursery.make(name) / "model.gguf").tensors}
    expected = {gguf_name(n): x for n, x in parent.items() if gguf_name(n) is not None}
    assert set(stored) == set(expected)
    for key, array in expected.items():
        found = gguf.dequantize(stored[str(key)].data, stored[str(key)].tensor_type).reshape(array.shape)
        np.testing.assert_allclose(found, array, atol=tolerance * float(np.abs(array).max()))
