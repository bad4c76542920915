"""MLX: what its own quantize writes must read as what its own dequantize gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stemma.errors import MalformedFile
from stemma.weights.packed import unpack
from tests.weights.packed.arrays import NO_CONFIG, check_reads, lazy, unpack_one


def _quantised(bits: int, group: int, mode: str = "affine", shape: tuple[int, ...] = (48, 256)) -> tuple[Any, Any]:
    core = pytest.importorskip("mlx.core")
    weight = core.array(np.random.default_rng(bits * group).normal(size=shape).astype(np.float32))
    parts = core.quantize(weight, group_size=group, bits=bits, mode=mode)
    expected = core.dequantize(*parts, group_size=group, bits=bits, mode=mode, dtype=core.float32)
    names = ("weight", "scales", "biases")
    arrays = {f"layer.{name}": np.array(part) for name, part in zip(names, parts, strict=False)}
    return arrays, np.array(expected)


def _config(bits: int, group: int) -> dict[str, Any]:
    return {"quantization": {"group_size": group, "bits": bits}}


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 8])
@pytest.mark.parametrize("group", [32, 64, 128])
def test_affine(bits: int, group: int) -> None:
    arrays, expected = _quantised(bits, group)
    tensor = unpack_one(arrays, _config(bits, group))
    assert (tensor.name, tensor.storage) == ("layer.weight", f"MLX int{bits} g{group}")
    check_reads(tensor, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 8])
@pytest.mark.parametrize("group", [32, 64, 128])
@pytest.mark.parametrize("claim", [NO_CONFIG, _config(4, 64), _config(8, 32), _config(2, 128), _config(7, 9)])
def test_the_codes_are_believed_before_the_config(bits: int, group: int, claim: Any) -> None:
    arrays, expected = _quantised(bits, group)
    tensors, warnings = unpack(lazy(arrays), claim)
    check_reads(tensors["layer.weight"], expected, rtol=1e-5, atol=1e-6)
    assert bool(warnings) == (claim != _config(bits, group))


def test_a_claim_for_one_layer() -> None:
    arrays, expected = _quantised(8, 64)
    config = {"quantization": {"group_size": 64, "bits": 4, "layer": {"group_size": 64, "bits": 8}}}
    check_reads(unpack_one(arrays, config), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("mode", "bits", "group"), [("mxfp4", 4, 32), ("mxfp8", 8, 32), ("nvfp4", 4, 16)])
def test_floating_modes(mode: str, bits: int, group: int) -> None:
    arrays, expected = _quantised(bits, group, mode)
    tensor = unpack_one(arrays, {"quantization": {"group_size": group, "bits": bits, "mode": mode}})
    assert tensor.storage == f"MLX {mode}"
    check_reads(tensor, expected)


def test_stacked_experts() -> None:
    arrays, expected = _quantised(4, 64, shape=(5, 16, 128))
    check_reads(unpack_one(arrays, _config(4, 64)), expected, rtol=1e-5, atol=1e-6)


def test_what_nothing_tells() -> None:
    words = np.zeros((4, 32), np.uint32)
    ones = np.ones((4, 4), np.float32)
    with pytest.raises(MalformedFile, match="leave open"):
        unpack(lazy({"a.weight": words, "a.scales": ones, "a.biases": ones}), NO_CONFIG)


@pytest.mark.parametrize(
    ("part", "shape"), [("scales", (48, 3)), ("biases", (48, 2)), ("scales", (47, 4)), ("scales", ())]
)
def test_parts_that_contradict_each_other(part: str, shape: tuple[int, ...]) -> None:
    arrays, _ = _quantised(4, 64)
    with pytest.raises(MalformedFile, match="layer"):
        unpack(lazy(arrays | {f"layer.{part}": np.zeros(shape, np.float32)}), _config(4, 64))
