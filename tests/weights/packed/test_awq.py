"""AWQ against AutoAWQ's own packing, and against a packer written from the layout."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.errors import MalformedFile
from stemma.weights.packed import unpack
from tests.weights.packed.arrays import check_reads, from_torch, lazy, unpack_one
from tests.weights.packed.packers import awq


def _matrix(seed: int, rows: int, columns: int, groups: int) -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(seed)
    codes, zeros = rng.integers(0, 16, (rows, columns)), rng.integers(0, 16, (groups, rows))
    scales = rng.uniform(0.01, 0.1, (groups, rows)).astype(np.float16)
    index = np.arange(columns) // (columns // groups)
    return codes, zeros, scales, scales.astype(np.float32).T[:, index] * (codes - zeros.T[:, index])


@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(1, 4), st.sampled_from([32, 64, 128]), st.integers(0, 1 << 32))
def test_any_matrix(words: int, groups: int, group: int, seed: int) -> None:
    codes, zeros, scales, expected = _matrix(seed, words * 8, groups * group, groups)
    tensor = unpack_one(awq(codes, zeros, scales))
    assert (tensor.name, tensor.storage) == ("layer.weight", f"AWQ int4 g{group}")
    check_reads(tensor, expected)


def test_zeros_of_another_shape() -> None:
    codes, zeros, scales, _ = _matrix(1, 32, 128, 2)
    with pytest.raises(MalformedFile, match="qzeros"):
        unpack(lazy(awq(codes, zeros, scales) | {"layer.qzeros": np.zeros((2, 5), np.int32)}), {})


def test_a_lying_config_is_reported() -> None:
    codes, zeros, scales, expected = _matrix(1, 32, 128, 2)
    config = {"quantization_config": {"quant_method": "awq", "bits": 3, "group_size": 128}}
    tensors, warnings = unpack(lazy(awq(codes, zeros, scales)), config)
    check_reads(tensors["layer.weight"], expected)
    assert len(warnings) == 2


def test_what_auto_awq_unpacks() -> None:
    pytest.importorskip("torch")
    found = importlib.util.find_spec("awq")
    if found is None or not found.submodule_search_locations:
        pytest.skip("autoawq is not installed")
    path = Path(found.submodule_search_locations[0]) / "utils" / "packing_utils.py"
    spec = importlib.util.spec_from_file_location("awq_packing_utils", path)
    assert spec is not None
    assert spec.loader is not None
    utils = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(utils)
    import torch

    generator = torch.Generator().manual_seed(1)
    words = torch.randint(-(1 << 31), 1 << 31, (128, 6), dtype=torch.int64, generator=generator).to(torch.int32)
    zeros = torch.randint(-(1 << 31), 1 << 31, (2, 6), dtype=torch.int64, generator=generator).to(torch.int32)
    scales = torch.rand((2, 48), generator=generator)
    expected = utils.dequantize_gemm(words, zeros, scales, 4, 64)
    arrays = {"layer.qweight": words, "layer.qzeros": zeros, "layer.scales": scales}
    tensor = unpack_one({name: from_torch(array) for name, array in arrays.items()})
    check_reads(tensor, expected.numpy().T)
