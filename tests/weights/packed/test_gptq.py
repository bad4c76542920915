"""GPTQ against AutoGPTQ's own packing, and against a packer written from the layout for what AutoGPTQ lacks."""

from __future__ import annotations

import importlib.util
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.errors import MalformedFile
from stemma.weights.packed import unpack
from tests.weights.packed.arrays import ArrayTensor, check_reads, from_torch, lazy, unpack_one
from tests.weights.packed.packers import bit_stream, gptq

BITS = (2, 3, 4, 8)


def _codes(rng: np.random.Generator, rows: int, columns: int, groups: int, bits: int) -> tuple[Any, Any, Any]:
    top = (1 << bits) - 1
    zeros = rng.integers(max(1, top // 2 - 1), min(top, top // 2 + 2) + 1, (groups, rows))
    spread = rng.normal(0, max(0.6, top / 6), (rows, columns))
    codes = np.clip(np.round(spread + np.repeat(zeros.T, columns // groups, axis=1)), 0, top).astype(np.int64)
    scales = rng.uniform(0.01, 0.1, (groups, rows)).astype(np.float16)
    return codes, zeros, scales


def _expected(codes: Any, zeros: Any, scales: Any, index: Any) -> Any:
    return scales.astype(np.float32).T[:, index] * (codes - zeros.T[:, index])


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_at_every_width(bits: int, version: int) -> None:
    codes, zeros, scales = _codes(np.random.default_rng(bits), 64, 256, 4, bits)
    form = {1: "gptq", 2: "gptq_v2"}[version]
    config = {"quantization_config": {"bits": bits, "group_size": 64, "checkpoint_format": form}}
    tensor = unpack_one(gptq(codes, zeros, scales, bits, version=version), config)
    assert (tensor.name, tensor.storage) == ("layer.weight", f"GPTQ int{bits} g64")
    check_reads(tensor, _expected(codes, zeros, scales, np.arange(256) // 64))


@pytest.mark.parametrize("bits", BITS)
def test_activation_order(bits: int) -> None:
    rng = np.random.default_rng(7)
    codes, zeros, scales = _codes(rng, 32, 128, 4, bits)
    index = rng.permutation(np.arange(128) // 32).astype(np.int32)
    arrays = gptq(codes, zeros, scales, bits) | {"layer.g_idx": index}
    config = {"quantization_config": {"bits": bits, "checkpoint_format": "gptq", "desc_act": True}}
    tensors, _ = unpack(lazy(arrays), config)
    if bits == 8:
        check_reads(tensors["layer.weight"], _expected(codes, zeros, scales, index))
    np.testing.assert_allclose(tensors["layer.weight"].read_all(), _expected(codes, zeros, scales, index), rtol=1e-6)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("claim", ["gptq", "gptq_v2"])
def test_symmetric_zeros_tell_the_version_whatever_is_claimed(bits: int, version: int, claim: str) -> None:
    codes, zeros, scales = _codes(np.random.default_rng(3), 64, 128, 2, bits)
    zeros[:] = 1 << (bits - 1)
    config = {"quantize_config": {"checkpoint_format": claim}}
    tensors, warnings = unpack(lazy(gptq(codes, zeros, scales, bits, version=version)), config)
    check_reads(tensors["layer.weight"], _expected(codes, zeros, scales, np.arange(128) // 64))
    assert bool(warnings) == (claim != {1: "gptq", 2: "gptq_v2"}[version])
    assert all(claim in sentence and "layer.weight" in sentence for sentence in warnings)


@pytest.mark.parametrize("bits", [2, 3, 4])
@pytest.mark.parametrize("version", [1, 2])
def test_balanced_codes_tell_the_version_of_asymmetric_zeros(bits: int, version: int) -> None:
    codes, zeros, scales = _codes(np.random.default_rng(5), 128, 256, 4, bits)
    claim = {1: "gptq_v2", 2: "gptq"}[version]
    arrays = gptq(codes, zeros, scales, bits, version=version)
    tensors, warnings = unpack(lazy(arrays), {"quantization_config": {"checkpoint_format": claim}})
    check_reads(tensors["layer.weight"], _expected(codes, zeros, scales, np.arange(256) // 64))
    assert len(warnings) == 1


def test_lying_bits_and_groups_are_reported_and_not_believed() -> None:
    codes, zeros, scales = _codes(np.random.default_rng(1), 64, 256, 2, 4)
    config = {"quantization_config": {"bits": 8, "group_size": 32, "checkpoint_format": "gptq"}}
    tensors, warnings = unpack(lazy(gptq(codes, zeros, scales, 4)), config)
    check_reads(tensors["layer.weight"], _expected(codes, zeros, scales, np.arange(256) // 128))
    assert any("8 bits" in sentence for sentence in warnings)
    assert any("groups of 32" in sentence for sentence in warnings)


def test_a_ragged_last_group_takes_the_claimed_size() -> None:
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 16, (32, 160))
    zeros, scales = np.full((2, 32), 8), rng.uniform(0.1, 1, (2, 32)).astype(np.float16)
    config = {"quantization_config": {"bits": 4, "group_size": 128, "checkpoint_format": "gptq"}}
    tensor = unpack_one(gptq(codes, zeros, scales, 4), config)
    check_reads(tensor, _expected(codes, zeros, scales, np.arange(160) // 128))


def test_a_pass_reads_the_words_once() -> None:
    codes, zeros, scales = _codes(np.random.default_rng(1), 256, 256, 4, 4)
    tensors = lazy(gptq(codes, zeros, scales, 4))
    words = tensors["layer.qweight"]
    assert isinstance(words, ArrayTensor)
    unpacked, _ = unpack(tensors, {"quantization_config": {"checkpoint_format": "gptq"}})
    words.elements_read = 0
    for _ in unpacked["layer.weight"].blocks(limit=4096):
        pass
    assert words.elements_read <= words.count + 16 * 256


@settings(max_examples=30)
@given(st.sampled_from(BITS), st.integers(1, 3), st.integers(1, 3), st.sampled_from([1, 2]), st.integers(0, 1 << 32))
def test_unpacked_values_pack_to_the_same_words(bits: int, rows: int, groups: int, version: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rows * 32, groups * 32
    codes = rng.integers(0, 1 << bits, (rows, columns))
    zeros = np.full((groups, rows), 1 << (bits - 1))
    arrays = gptq(codes, zeros, np.ones((groups, rows), np.float32), bits, version=version)
    form = {1: "gptq", 2: "gptq_v2"}[version]
    values = unpack_one(arrays, {"quantization_config": {"bits": bits, "checkpoint_format": form}}).read_all()
    again = bit_stream((values + (1 << (bits - 1))).astype(np.int64), bits).T.view(np.int32)
    np.testing.assert_array_equal(again, arrays["layer.qweight"])


@pytest.mark.parametrize(
    ("part", "array"),
    [
        ("layer.qzeros", np.zeros((3, 8), np.int32)),
        ("layer.qzeros", np.zeros((4, 7), np.int32)),
        ("layer.scales", np.zeros((5000, 64), np.float16)),
        ("layer.g_idx", np.zeros(255, np.int32)),
    ],
)
def test_parts_that_contradict_each_other(part: str, array: Any) -> None:
    codes, zeros, scales = _codes(np.random.default_rng(1), 64, 256, 4, 4)
    with pytest.raises(MalformedFile, match="layer"):
        unpack(lazy(gptq(codes, zeros, scales, 4) | {part: array}), {})


def test_an_index_outside_the_groups() -> None:
    codes, zeros, scales = _codes(np.random.default_rng(1), 64, 256, 4, 8)
    arrays = gptq(codes, zeros, scales, 8) | {"layer.g_idx": np.full(256, 4, np.int32)}
    tensors, _ = unpack(lazy(arrays), {})
    with pytest.raises(MalformedFile, match="g_idx"):
        tensors["layer.weight"].read_all()


def test_leftovers_stay_and_are_named() -> None:
    arrays = {"a.qweight": np.zeros((4, 4), np.int32), "b.weight": np.ones((2, 2), np.float32)}
    tensors, warnings = unpack(lazy(arrays), {})
    assert list(tensors) == ["a.qweight", "b.weight"]
    assert len(warnings) == 1
    assert "a.qweight" in warnings[0]


def _auto_gptq() -> Any:
    """The module that packs, without the package around it, which needs a GPU toolchain."""
    found = importlib.util.find_spec("auto_gptq")
    if found is None or not found.submodule_search_locations:
        pytest.skip("auto_gptq is not installed")
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    path = Path(found.submodule_search_locations[0]) / "nn_modules" / "qlinear" / "qlinear_cuda_old.py"
    spec = importlib.util.spec_from_file_location("qlinear_cuda_old", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    logging.getLogger("qlinear_cuda_old").setLevel(logging.ERROR)
    sys.modules["qlinear_cuda_old"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("symmetric", [True, False])
def test_what_auto_gptq_packs(bits: int, symmetric: bool) -> None:
    module = _auto_gptq()
    import torch

    torch.manual_seed(bits)
    rows, columns, group, top = 64, 128, 32, (1 << bits) - 1
    linear = torch.nn.Linear(columns, rows, bias=False)
    grouped = linear.weight.data.reshape(rows, -1, group)
    if symmetric:
        scales = 2 * grouped.abs().amax(2) / top
        zeros = torch.full_like(scales, 1 << (bits - 1))
    else:
        low, high = grouped.amin(2).clamp(max=0), grouped.amax(2).clamp(min=0)
        scales = (high - low) / top
        zeros = torch.round(-low / scales).clamp(1, top)
    codes = torch.clamp(torch.round(grouped / scales[..., None]) + zeros[..., None], 0, top)
    quantised = scales[..., None] * (codes - zeros[..., None])
    linear.weight.data = quantised.reshape(rows, columns)
    packed = module.QuantLinear(bits, group, columns, rows, False, weight_dtype=torch.float32)
    packed.pack(linear, scales.clone(), zeros.clone(), None)
    parts = ("qweight", "qzeros", "scales", "g_idx")
    arrays = {f"layer.{part}": from_torch(getattr(packed, part)) for part in parts}
    tensor = unpack_one(arrays, {"quantization_config": {"bits": bits, "checkpoint_format": "gptq"}})
    check_reads(tensor, quantised.reshape(rows, columns).numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(packed(torch.eye(columns)).detach().numpy().T, tensor.read_all(), rtol=1e-5, atol=1e-6)
