"""compressed-tensors: what its own compressors write must read as what its own decompressors give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.errors import MalformedFile
from stemma.weights.packed import unpack
from tests.weights.packed.arrays import NO_CONFIG, check_reads, from_torch, lazy, unpack_one
from tests.weights.packed.packers import bit_stream

ROWS, COLUMNS = 64, 256


def _compressed(
    form: str, scale: Any, zero: Any = None, shape: tuple[int, int] = (ROWS, COLUMNS), **weights: Any
) -> Any:
    """Arrays written by the library's compressor for ``form``, and what its decompressor makes of them."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("compressed_tensors")
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme

    torch.manual_seed(3)
    scheme = QuantizationScheme(targets=["Linear"], weights=QuantizationArgs(**weights))
    state = {"weight": torch.randn(shape), "weight_scale": scale(torch)}
    if zero is not None:
        state["weight_zero_point"] = zero(torch)
    if weights.get("strategy") == "tensor_group":
        state["weight_global_scale"] = torch.tensor([448.0 * 6 / 4])
    compressor = BaseCompressor.get_value_from_registry(form)
    written = compressor.compress(state, scheme)
    expected = compressor.decompress(dict(written), scheme)["weight"]
    return {f"layer.{name}": from_torch(part) for name, part in written.items()}, from_torch(expected.float())


def _uniform(*shape: int) -> Any:
    return lambda torch: torch.rand(shape) * 0.05 + 0.02


def _powers(torch: Any) -> Any:
    return 2.0 ** torch.randint(-4, 3, (ROWS, COLUMNS // 32)).float()


def _eight_bit(torch: Any) -> Any:
    return (torch.rand(ROWS, COLUMNS // 16) * 200 + 20).to(torch.float8_e4m3fn).float()


def _config(**weights: Any) -> dict[str, Any]:
    groups = {"group_0": {"weights": weights, "input_activations": {"num_bits": 16}}}
    return {"quantization_config": {"quant_method": "compressed-tensors", "config_groups": groups}}


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("symmetric", [True, False])
def test_packed_integers(bits: int, symmetric: bool) -> None:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    zero = None if symmetric else (lambda torch: torch.randint(low, high + 1, (ROWS, 2), dtype=torch.int8))
    arguments = {"num_bits": bits, "group_size": 128, "symmetric": symmetric, "strategy": "group"}
    arrays, expected = _compressed("pack-quantized", _uniform(ROWS, 2), zero, **arguments)
    tensor = unpack_one(arrays, _config(**arguments))
    assert tensor.name == "layer.weight"
    assert tensor.storage == f"compressed-tensors int{bits} g128"
    check_reads(tensor, expected, rtol=1e-5)


def test_packed_rows_without_groups_and_with_a_ragged_width() -> None:
    arguments = {"num_bits": 3, "symmetric": True, "strategy": "channel"}
    arrays, expected = _compressed("pack-quantized", _uniform(37, 1), shape=(37, 75), **arguments)
    check_reads(unpack_one(arrays, _config(**arguments)), expected, rtol=1e-5)


@pytest.mark.parametrize("strategy", ["tensor", "channel", "group"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_plain_integers(strategy: str, symmetric: bool) -> None:
    shape = {"tensor": (1,), "channel": (ROWS, 1), "group": (ROWS, 4)}[strategy]
    zero = None if symmetric else (lambda torch: torch.randint(-20, 20, shape, dtype=torch.int8))
    arguments: dict[str, Any] = {"num_bits": 8, "symmetric": symmetric, "strategy": strategy}
    if strategy == "group":
        arguments["group_size"] = 64
    arrays, expected = _compressed("int-quantized", _uniform(*shape), zero, **arguments)
    check_reads(unpack_one(arrays, _config(**arguments)), expected, rtol=1e-5)


@pytest.mark.parametrize("strategy", ["tensor", "channel", "block"])
def test_plain_floats(strategy: str) -> None:
    shape = {"tensor": (1,), "channel": (192, 1), "block": (2, 3)}[strategy]
    arguments: dict[str, Any] = {"num_bits": 8, "type": "float", "symmetric": True, "strategy": strategy}
    if strategy == "block":
        arguments["block_structure"] = [128, 128]
    arrays, expected = _compressed("float-quantized", _uniform(*shape), shape=(192, 300), **arguments)
    label = {"tensor": "per tensor", "channel": "per row", "block": "128x128"}[strategy]
    tensor = unpack_one(arrays, _config(**arguments))
    assert tensor.storage == f"FP8 E4M3FN {label}"
    check_reads(tensor, expected, rtol=1e-5)


def test_nvfp4() -> None:
    arguments = {
        "num_bits": 4,
        "type": "float",
        "group_size": 16,
        "strategy": "tensor_group",
        "symmetric": True,
    }
    arrays, expected = _compressed(
        "nvfp4-pack-quantized",
        _eight_bit,
        **arguments,
    )
    tensor = unpack_one(arrays, _config(**arguments))
    assert tensor.storage == "NVFP4"
    check_reads(tensor, expected, rtol=1e-2)  # its decompressor computes in bfloat16
    codes = tensor.read_all().reshape(ROWS, -1, 16)
    exact = arrays["layer.weight_scale"].astype(np.float32) / arrays["layer.weight_global_scale"]
    doubled = 2 * codes / exact[:, :, None]
    np.testing.assert_allclose(doubled, np.round(doubled), atol=1e-4)


@pytest.mark.parametrize(
    ("form", "bits", "storage"), [("mxfp4-pack-quantized", 4, "MXFP4"), ("mxfp6-pack-quantized", 6, "MXFP6")]
)
def test_powers_of_two(form: str, bits: int, storage: str) -> None:
    arguments = {"num_bits": bits, "type": "float", "group_size": 32, "strategy": "group", "symmetric": True}
    arrays, expected = _compressed(form, _powers, **arguments)
    tensor = unpack_one(arrays, _config(**arguments))
    assert tensor.storage == storage
    check_reads(tensor, expected)


def test_mxfp8() -> None:
    arguments = {"num_bits": 8, "type": "float", "group_size": 32, "strategy": "group", "symmetric": True}
    arrays, expected = _compressed("mxfp8-quantized", _powers, **arguments)
    tensor = unpack_one(arrays, _config(**arguments))
    assert tensor.storage == "MXFP8"
    check_reads(tensor, expected)


@settings(max_examples=40)
@given(st.integers(1, 8), st.integers(1, 40), st.integers(1, 200), st.integers(0, 1 << 32))
def test_unpacked_values_pack_to_the_same_words(bits: int, rows: int, columns: int, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, 1 << bits, (rows, columns))
    arrays = {
        "layer.weight_packed": bit_stream(codes, bits).view(np.int32),
        "layer.weight_scale": np.ones(1, np.float32),
        "layer.weight_shape": np.array([rows, columns]),
    }
    values = unpack_one(arrays, _config(num_bits=bits)).read_all()
    again = bit_stream((values + (1 << (bits - 1))).astype(np.int64), bits)
    np.testing.assert_array_equal(again.view(np.int32), arrays["layer.weight_packed"])


def test_an_index_of_groups() -> None:
    rng = np.random.default_rng(4)
    codes, index = rng.integers(0, 16, (8, 64)), rng.permutation(np.arange(64) // 16).astype(np.int32)
    scales = rng.uniform(0.1, 1, (8, 4)).astype(np.float32)
    arrays = {
        "layer.weight_packed": bit_stream(codes, 4).view(np.int32),
        "layer.weight_scale": scales,
        "layer.weight_shape": np.array([8, 64]),
        "layer.weight_g_idx": index,
    }
    check_reads(unpack_one(arrays), (codes - 8) * scales[:, index])


@pytest.mark.parametrize(
    ("part", "array"),
    [
        ("weight_shape", np.array([8, 1 << 40])),
        ("weight_shape", np.array([8, -64])),
        ("weight_shape", np.array([9, 64])),
        ("weight_shape", np.array([8])),
        ("weight_shape", np.array([8, 640])),
        ("weight_scale", np.ones((8, 4), np.int32)),
        ("weight_scale", np.ones((9, 1), np.float32)),
        ("weight_scale", np.ones((8, 0), np.float32)),
        ("weight_zero_point", np.ones((2, 1), np.int32)),
        ("weight_zero_point", np.ones((8, 4), np.int8)),
        ("weight_g_idx", np.ones(63, np.int32)),
    ],
)
def test_parts_that_contradict_each_other(part: str, array: Any) -> None:
    arrays = {
        "layer.weight_packed": np.zeros((8, 8), np.int32),
        "layer.weight_scale": np.ones((8, 4), np.float32),
        "layer.weight_shape": np.array([8, 64]),
    }
    with pytest.raises(MalformedFile, match="layer"):
        unpack(lazy(arrays | {f"layer.{part}": array}), NO_CONFIG)


def test_claims_that_contradict_the_shapes() -> None:
    arrays = {
        "layer.weight_packed": np.zeros((8, 8), np.int32),
        "layer.weight_scale": np.ones((8, 4), np.float32),
        "layer.weight_shape": np.array([8, 64]),
    }
    _, warnings = unpack(lazy(arrays), _config(num_bits=8, group_size=32))
    assert len(warnings) == 2
