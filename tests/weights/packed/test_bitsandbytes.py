"""bitsandbytes: what its own functions quantise must dequantise to what its own functions give."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from stemma.errors import MalformedFile, UnsupportedFormat
from stemma.weights.packed import unpack
from tests.weights.packed.arrays import check_reads, from_torch, lazy, unpack_one


def _four_bit(
    kind: str, shape: tuple[int, ...], *, nested: bool, block: int, storage: str = "uint8"
) -> tuple[Any, Any]:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("bitsandbytes").functional
    torch.manual_seed(1)
    weight = torch.randn(shape)
    packed, state = functional.quantize_4bit(
        weight, blocksize=block, quant_type=kind, compress_statistics=nested, quant_storage=getattr(torch, storage)
    )
    arrays = {"layer.weight": from_torch(packed)}
    arrays |= {f"layer.weight.{key}": from_torch(value) for key, value in state.as_dict(packed=True).items()}
    # The CPU kernel of bitsandbytes 0.50 starts a block where a row starts, which its quantiser does not: ask for
    # one long row, where both agree.
    state.shape = torch.Size((1, weight.numel()))
    return arrays, functional.dequantize_4bit(packed, state).reshape(shape).numpy()


@pytest.mark.parametrize("kind", ["nf4", "fp4"])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("block", [64, 128])
def test_four_bits(kind: str, nested: bool, block: int) -> None:
    arrays, expected = _four_bit(kind, (96, 160), nested=nested, block=block)
    tensor = unpack_one(arrays, {"quantization_config": {"load_in_4bit": True, "quant_method": "bitsandbytes"}})
    assert tensor.name == "layer.weight"
    assert tensor.storage == f"bitsandbytes {kind}" + (" nested" if nested else "")
    check_reads(tensor, expected)


@pytest.mark.parametrize("shape", [(7, 30), (5, 33), (1, 64), (3, 21)])
def test_blocks_that_straddle_rows(shape: tuple[int, int]) -> None:
    arrays, expected = _four_bit("nf4", shape, nested=False, block=64)
    if shape[0] > 1:
        check_reads(unpack_one(arrays), expected)
    np.testing.assert_allclose(unpack_one(arrays).read_all(), expected, rtol=1e-6)


@pytest.mark.parametrize("storage", ["bfloat16", "float32"])
def test_other_storage_types(storage: str) -> None:
    arrays, expected = _four_bit("nf4", (32, 64), nested=True, block=64, storage=storage)
    check_reads(unpack_one(arrays), expected)


def test_codes_in_one_row() -> None:
    arrays, expected = _four_bit("nf4", (32, 64), nested=False, block=64)
    arrays["layer.weight"] = arrays["layer.weight"].reshape(1, -1)
    check_reads(unpack_one(arrays), expected)


def _eight_bit() -> tuple[dict[str, Any], Any]:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("bitsandbytes").functional
    torch.manual_seed(2)
    values, scales, _ = functional.int8_vectorwise_quant(torch.randn(48, 96).half())
    expected = functional.int8_vectorwise_dequant(values, scales).float().numpy()
    form = np.array(0, np.uint8)
    parts = {"layer.weight": from_torch(values), "layer.SCB": from_torch(scales), "layer.weight_format": form}
    return parts, expected


def test_eight_bits() -> None:
    arrays, expected = _eight_bit()
    tensor = unpack_one(arrays, {"quantization_config": {"load_in_8bit": True}})
    assert tensor.storage == "bitsandbytes int8"
    check_reads(tensor, expected, rtol=1e-5, atol=1e-6)


def test_a_tiled_order_is_refused() -> None:
    arrays, _ = _eight_bit()
    with pytest.raises(UnsupportedFormat, match="tiled"):
        unpack(lazy(arrays | {"layer.weight_format": np.array(2, np.uint8)}), {})


def _state(arrays: dict[str, Any], **changes: Any) -> dict[str, Any]:
    name = "layer.weight.quant_state.bitsandbytes__nf4"
    state = json.loads(bytes(arrays[name])) | changes
    return arrays | {name: np.frombuffer(json.dumps(state).encode(), np.uint8)}


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [96, 161]},
        {"shape": [1 << 40, 1 << 40]},
        {"shape": []},
        {"shape": None},
        {"shape": [0, 4]},
        {"shape": [-96, -160]},
        {"blocksize": 0},
        {"blocksize": 32},
        {"blocksize": "64"},
        {"nested_blocksize": 128},
        {"nested_offset": None},
        {"nested_offset": float("inf")},
    ],
)
def test_a_lying_state(changes: dict[str, Any]) -> None:
    arrays, _ = _four_bit("nf4", (96, 160), nested=True, block=64)
    with pytest.raises(MalformedFile, match="layer"):
        unpack(lazy(_state(arrays, **changes)), {})


def test_a_state_that_is_no_json() -> None:
    arrays, _ = _four_bit("nf4", (8, 64), nested=False, block=64)
    arrays["layer.weight.quant_state.bitsandbytes__nf4"] = np.frombuffer(b"\x80\x81{", np.uint8)
    with pytest.raises(MalformedFile, match="JSON"):
        unpack(lazy(arrays), {})
