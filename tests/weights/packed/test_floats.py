"""FP8 with block scales, gpt-oss's stacked MXFP4 and ModelOpt's NVFP4, against transformers and the definitions."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from stemma.errors import MalformedFile
from stemma.weights.packed import unpack
from tests.weights.packed.arrays import NO_CONFIG, check_reads, from_torch, lazy, unpack_one


def _fp8(torch: Any, shape: tuple[int, ...]) -> Any:
    torch.manual_seed(1)
    return torch.randn(shape).clamp(-400, 400).to(torch.float8_e4m3fn)


@pytest.mark.parametrize("shape", [(256, 384), (200, 300), (1600, 130), (3, 256, 160)])
@pytest.mark.parametrize("suffix", ["weight_scale_inv", "weight_scale"])
def test_block_scales(shape: tuple[int, ...], suffix: str) -> None:
    torch = pytest.importorskip("torch")
    fine = pytest.importorskip("transformers.integrations.finegrained_fp8")
    values = _fp8(torch, shape)
    scale = torch.rand((*shape[:-2], -(-shape[-2] // 128), -(-shape[-1] // 128)))
    expected = fine._dequantize_fp8_weight(values, scale, [128, 128], torch.float32)
    arrays = {"layer.weight": from_torch(values), f"layer.{suffix}": from_torch(scale)}
    config = {"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}
    tensor = unpack_one(arrays, config)
    assert tensor.name == "layer.weight"
    if len(shape) == 2:
        check_reads(tensor, expected.numpy())
    np.testing.assert_allclose(tensor.read_all(), expected.numpy(), rtol=1e-6)
    np.testing.assert_array_equal(tensor.read(1, 3), tensor.read_all()[1:3])


def test_a_lying_block_size_is_reported() -> None:
    torch = pytest.importorskip("torch")
    values = _fp8(torch, (256, 256))
    scale = np.array([[1, 2], [3, 4]], np.float32)
    arrays = {"layer.weight": from_torch(values), "layer.weight_scale_inv": scale}
    tensors, warnings = unpack(lazy(arrays), {"quantization_config": {"weight_block_size": [200, 200]}})
    expected = values.float().numpy() * np.kron(scale, np.ones((128, 128)))
    check_reads(tensors["layer.weight"], expected)
    assert len(warnings) == 1


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz"])
@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (24,), (24, 1)])
def test_one_scale_or_one_a_row(dtype: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(24, 40)).astype(np.float32).astype(getattr(ml_dtypes, dtype))
    scale = np.asarray(rng.uniform(0.1, 1, shape), np.float32)
    tensor = unpack_one({"layer.weight": values, "layer.weight_scale": scale})
    rows = scale.reshape(-1, 1) if scale.size > 1 else scale.reshape(())
    check_reads(tensor, values.astype(np.float32) * rows)


def test_exponents_as_block_scales() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(256, 256)).astype(np.float32).astype(ml_dtypes.float8_e4m3fn)
    scale = np.array([[126, 127], [128, 129]], np.uint8).view(ml_dtypes.float8_e8m0fnu)
    factors = np.kron([[0.5, 1], [2, 4]], np.ones((128, 128)))
    check_reads(unpack_one({"layer.weight": values, "layer.scale": scale}), values.astype(np.float32) * factors)


@pytest.mark.parametrize("shape", [(5, 7), (24, 41), (25,), (2, 2, 2), (0, 2)])
def test_scales_that_do_not_fit(shape: tuple[int, ...]) -> None:
    values = np.ones((24, 40), ml_dtypes.float8_e4m3fn)
    with pytest.raises(MalformedFile, match="scale"):
        unpack(lazy({"layer.weight": values, "layer.weight_scale": np.ones(shape, np.float32)}), NO_CONFIG)


def test_scales_that_are_not_finite_are_read_as_they_are() -> None:
    values = np.zeros((2, 4), ml_dtypes.float8_e4m3fn)
    scale = np.array([np.inf, np.nan], np.float32)
    read = unpack_one({"layer.weight": values, "layer.weight_scale": scale}).read_all()
    assert np.isnan(read).all()


def test_stacked_experts() -> None:
    torch = pytest.importorskip("torch")
    mxfp4 = pytest.importorskip("transformers.integrations.mxfp4")
    torch.manual_seed(1)
    blocks = torch.randint(0, 256, (3, 40, 4, 16), dtype=torch.uint8)
    scales = torch.randint(110, 135, (3, 40, 4), dtype=torch.uint8)
    expected = mxfp4.convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)
    name = "model.layers.0.mlp.experts.gate_up_proj"
    arrays = {f"{name}_blocks": blocks.numpy(), f"{name}_scales": scales.numpy()}
    tensor = unpack_one(arrays, {"quantization_config": {"quant_method": "mxfp4"}})
    assert (tensor.name, tensor.storage, tensor.shape) == (name, "MXFP4", (3, 128, 40))
    np.testing.assert_array_equal(tensor.read_all(), expected.numpy())
    np.testing.assert_array_equal(tensor.read(1, 2), expected.numpy()[1:2])


def test_stacked_experts_that_contradict_each_other() -> None:
    arrays = {"a_blocks": np.zeros((3, 40, 4, 16), np.uint8), "a_scales": np.zeros((3, 40, 5), np.uint8)}
    with pytest.raises(MalformedFile, match="a_scales"):
        unpack(lazy(arrays), NO_CONFIG)


def test_nvfp4_of_modelopt() -> None:
    rng = np.random.default_rng(1)
    packed = rng.integers(0, 256, (6, 32), np.uint8)
    scale = rng.uniform(1, 9, (6, 4)).astype(np.float32).astype(ml_dtypes.float8_e4m3fn)
    overall = np.array(0.25, np.float32)
    codes = np.stack([packed & 15, packed >> 4], axis=2).reshape(6, 64)
    values = codes.astype(np.uint8).view(ml_dtypes.float4_e2m1fn).astype(np.float32)
    expected = values * np.repeat(scale.astype(np.float32) * 0.25, 16, axis=1)
    arrays = {"layer.weight": packed, "layer.weight_scale": scale, "layer.weight_scale_2": overall}
    check_reads(unpack_one(arrays), expected)


def test_nvfp4_without_its_overall_scale() -> None:
    arrays = {
        "layer.weight_packed": np.zeros((6, 32), np.uint8),
        "layer.weight_scale": np.ones((6, 4), ml_dtypes.float8_e4m3fn),
    }
    with pytest.raises(MalformedFile, match="global_scale"):
        unpack(lazy(arrays), NO_CONFIG)


def test_a_plain_matrix_beside_a_packed_one() -> None:
    arrays = {
        "layer.weight_packed": np.zeros((6, 16), np.uint8),
        "layer.weight_scale": np.full((6, 1), 127, np.uint8),
        "layer.weight": np.zeros((6, 32), np.float32),
    }
    with pytest.raises(MalformedFile, match="plain"):
        unpack(lazy(arrays), NO_CONFIG)


def test_plain_tensors_pass_through_sorted() -> None:
    arrays = {"b": np.ones((2, 2), np.float32), "a": np.ones(3, ml_dtypes.bfloat16)}
    tensors, warnings = unpack(lazy(arrays), NO_CONFIG)
    assert list(tensors) == ["a", "b"]
    assert warnings == ()
