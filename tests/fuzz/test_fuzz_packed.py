"""Random and mutated groups of packed tensors, configs and adapters: only StemmaError may escape.

The campaign lasts ``STEMMA_FUZZ_SECONDS`` (2 by default) for each target; its seed is printed on failure.
"""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from stemma.errors import StemmaError
from stemma.identity import Missing
from stemma.weights.adapters.apply import adapter_parts, apply_adapter
from stemma.weights.packed import unpack
from tests.weights.packed.arrays import lazy

Rng = np.random.Generator
Arrays = dict[str, Any]

DTYPES = [np.dtype(name) for name in ("u1", "i1", "i2", "i4", "u4", "i8", "f2", "f4", "f8", "?")] + [
    np.dtype(kind)
    for kind in (
        ml_dtypes.bfloat16,
        ml_dtypes.float8_e4m3fn,
        ml_dtypes.float8_e5m2,
        ml_dtypes.float8_e8m0fnu,
        ml_dtypes.float4_e2m1fn,
    )
]
SIZES = (0, 1, 2, 3, 4, 8, 16, 32, 64, 96, 128, 160)


def _array(rng: Rng, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    count = int(np.prod(shape, dtype=np.int64))
    if dtype.name == "float4_e2m1fn":
        return rng.integers(0, 16, count, np.uint8).view(dtype).reshape(shape)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(bool)
    raw = rng.integers(0, 256, count * dtype.itemsize, np.uint8)
    return raw.view(dtype).reshape(shape)


def _gptq(rng: Rng) -> Arrays:
    bits = int(rng.choice([2, 3, 4, 8]))
    return {
        "l.qweight": _array(rng, (2 * bits, 32), np.dtype("i4")),
        "l.qzeros": _array(rng, (2, bits), np.dtype("i4")),
        "l.scales": _array(rng, (2, 32), np.dtype("f2")),
        "l.g_idx": rng.integers(0, 2, 64).astype(np.int32),
    }


def _awq(rng: Rng) -> Arrays:
    words = _array(rng, (64, 4), np.dtype("i4"))
    zeros = _array(rng, (2, 4), np.dtype("i4"))
    return {"l.qweight": words, "l.qzeros": zeros, "l.scales": _array(rng, (2, 32), np.dtype("f2"))}


def _bitsandbytes(rng: Rng) -> Arrays:
    state = {"shape": [16, 32], "blocksize": 64, "nested_blocksize": 256, "nested_offset": 0.5}
    return {
        "l.weight": _array(rng, (256, 1), np.dtype("u1")),
        "l.weight.absmax": _array(rng, (8,), np.dtype("u1")),
        "l.weight.quant_map": np.linspace(-1, 1, 16, dtype=np.float32),
        "l.weight.nested_absmax": np.ones(1, np.float32),
        "l.weight.nested_quant_map": np.ones(256, np.float32),
        "l.weight.quant_state.bitsandbytes__nf4": np.frombuffer(json.dumps(state).encode(), np.uint8).copy(),
        "m.weight": _array(rng, (8, 16), np.dtype("i1")),
        "m.SCB": np.ones(8, np.float32),
    }


def _compressed(rng: Rng) -> Arrays:
    return {
        "l.weight_packed": _array(rng, (32, 8), np.dtype("i4")),
        "l.weight_scale": _array(rng, (32, 2), np.dtype("f4")),
        "l.weight_shape": np.array([32, 64]),
        "l.weight_zero_point": _array(rng, (4, 2), np.dtype("i4")),
        "l.weight_g_idx": rng.integers(0, 2, 64).astype(np.int32),
        "m.weight": _array(rng, (32, 64), np.dtype("i1")),
        "m.weight_scale": np.ones((32, 1), np.float32),
        "m.weight_zero_point": np.ones((32, 1), np.int8),
    }


def _floats(rng: Rng) -> Arrays:
    return {
        "l.weight": _array(rng, (32, 64), np.dtype(ml_dtypes.float8_e4m3fn)),
        "l.weight_scale_inv": _array(rng, (2, 1), np.dtype("f4")),
        "m.weight_packed": _array(rng, (32, 32), np.dtype("u1")),
        "m.weight_scale": _array(rng, (32, 4), np.dtype(ml_dtypes.float8_e4m3fn)),
        "m.weight_global_scale": _array(rng, (1,), np.dtype("f4")),
        "n_blocks": _array(rng, (2, 8, 3, 16), np.dtype("u1")),
        "n_scales": _array(rng, (2, 8, 3), np.dtype("u1")),
    }


def _mlx(rng: Rng) -> Arrays:
    return {
        "l.weight": _array(rng, (32, 16), np.dtype("u4")),
        "l.scales": _array(rng, (32, 2), np.dtype("f2")),
        "l.biases": _array(rng, (32, 2), np.dtype("f2")),
        "m.weight": _array(rng, (32, 16), np.dtype("u4")),
        "m.scales": _array(rng, (32, 4), np.dtype("u1")),
    }


def _adapter(rng: Rng) -> Arrays:
    return {
        "base_model.model.l.lora_A.weight": _array(rng, (2, 16), np.dtype("f4")),
        "base_model.model.l.lora_B.weight": _array(rng, (8, 2), np.dtype("f4")),
        "base_model.model.l.lora_B.bias": _array(rng, (8,), np.dtype("f4")),
        "base_model.model.l.lora_E": _array(rng, (2, 1), np.dtype("f4")),
        "base_model.model.l.lora_magnitude_vector": _array(rng, (8,), np.dtype("f4")),
        "base_model.model.e.lora_embedding_A": _array(rng, (2, 8), np.dtype("f4")),
        "base_model.model.e.lora_embedding_B": _array(rng, (16, 2), np.dtype("f4")),
        "base_model.model.t.token_adapter.trainable_tokens_delta": _array(rng, (2, 16), np.dtype("f4")),
        "base_model.model.h.modules_to_save.weight": _array(rng, (2, 16), np.dtype("f4")),
    }


PACKED: tuple[Callable[[Rng], Arrays], ...] = (_gptq, _awq, _bitsandbytes, _compressed, _floats, _mlx)

QUANTISATION = {
    "quantization_config": {
        "quant_method": "gptq",
        "bits": 4,
        "group_size": 32,
        "checkpoint_format": "gptq_v2",
        "weight_block_size": [16, 64],
        "config_groups": {"a": {"weights": {"num_bits": 4, "group_size": 32, "block_structure": [1, 2]}}},
    },
    "quantization": {"bits": 4, "group_size": 64, "l": {"bits": 8, "group_size": 32}},
}
ADAPTER = {
    "peft_type": "LORA",
    "r": 2,
    "lora_alpha": 8,
    "use_rslora": True,
    "fan_in_fan_out": False,
    "alpha_pattern": {"l": 4},
    "rank_pattern": {"^l": 2},
    "trainable_token_indices": {"t": [1, 2]},
}
VALUES = (None, True, 0, -1, 3, 4, 8, 128, 1 << 40, 1.5, float("nan"), "", "gptq", "LORA", [], [1, 2], {}, {"l": 1})


def _mutated(rng: Rng, arrays: Arrays) -> Arrays:
    arrays = dict(arrays)
    for _ in range(int(rng.integers(0, 4))):
        names = list(arrays)
        if not names:
            break
        name = names[int(rng.integers(len(names)))]
        match int(rng.integers(6)):
            case 0:
                del arrays[name]
            case 1:
                arrays[name] = _array(rng, _shape(rng), DTYPES[int(rng.integers(len(DTYPES)))])
            case 2:
                arrays[name] = _array(rng, arrays[name].shape, DTYPES[int(rng.integers(len(DTYPES)))])
            case 3:
                other = names[int(rng.integers(len(names)))]
                arrays[name], arrays[other] = arrays[other], arrays[name]
            case 4:
                raw = arrays[name].copy().reshape(-1).view(np.uint8)
                if raw.size:
                    raw[int(rng.integers(raw.size))] = rng.integers(256)
                arrays[name] = raw.view(arrays[name].dtype).reshape(arrays[name].shape)
            case _:
                arrays[name.replace("l.", "m.", 1)] = arrays[name]
    return arrays


def _shape(rng: Rng) -> tuple[int, ...]:
    return tuple(int(size) for size in rng.choice(SIZES[:8], int(rng.integers(0, 5))))


def _mutated_config(rng: Rng, config: dict[str, Any]) -> dict[str, Any]:
    config = copy.deepcopy(config)
    for _ in range(int(rng.integers(0, 3))):
        place: Any = config
        while True:
            key = list(place)[int(rng.integers(len(place)))]
            if not isinstance(place[key], dict) or not place[key] or rng.random() < 0.3:
                break
            place = place[key]
        place[key] = copy.deepcopy(VALUES[int(rng.integers(len(VALUES)))])
    return config


def _read_everything(tensors: Any) -> None:
    for tensor in tensors.values():
        rows = tensor.shape[0] if tensor.shape else 1
        whole = tensor.read(0, rows)
        assert whole.shape == tensor.shape
        assert whole.dtype == tensor.dtype
        if rows and tensor.shape:
            assert tensor.read(rows // 2, rows).shape == (rows - rows // 2, *tensor.shape[1:])
            for _, block in tensor.blocks(limit=256):
                assert block.shape[1:] == tensor.shape[1:]


def _fuzz_packed(rng: Rng) -> None:
    arrays: Arrays = {}
    for _ in range(int(rng.integers(1, 3))):
        arrays |= PACKED[int(rng.integers(len(PACKED)))](rng)
    config = Missing("none") if rng.random() < 0.2 else _mutated_config(rng, QUANTISATION)
    tensors, warnings = unpack(lazy(_mutated(rng, arrays)), config)
    assert all(isinstance(sentence, str) and sentence.endswith(".") for sentence in warnings)
    _read_everything(tensors)


def _fuzz_adapters(rng: Rng) -> None:
    base = {
        "l.weight": np.ones((8, 16), np.float32),
        "l.bias": np.ones(8, np.float32),
        "e.weight": np.ones((8, 16), np.float32),
        "t.weight": np.ones((8, 16), np.float32),
        "h.weight": np.ones((2, 16), np.float32),
    }
    arrays, config = _mutated(rng, _adapter(rng)), _mutated_config(rng, ADAPTER)
    _read_everything({part.tensor.name: part.tensor for part in adapter_parts(lazy(arrays), config)[0]})
    _read_everything(apply_adapter(lazy(_mutated(rng, base)), lazy(arrays), config)[0])


@pytest.mark.fuzz
@pytest.mark.parametrize("target", [_fuzz_packed, _fuzz_adapters])
def test_only_clear_errors_escape(target: Callable[[Rng], None]) -> None:
    first = int(os.environ.get("STEMMA_FUZZ_SEED", "0"))
    until = time.monotonic() + float(os.environ.get("STEMMA_FUZZ_SECONDS", "2"))
    seed = first
    refused = 0
    while time.monotonic() < until or seed - first < 50:
        try:
            target(np.random.default_rng(seed))
        except StemmaError:
            refused += 1
        except Exception as error:
            error.add_note(f"STEMMA_FUZZ_SEED={seed}")
            raise
        seed += 1
    assert 0 < refused < seed - first
