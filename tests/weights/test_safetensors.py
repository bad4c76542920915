"""SafeTensors: every dtype as its library writes it, and headers that lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stemma.errors import LimitExceeded, MalformedFile, StemmaError, UnsupportedFormat
from stemma.weights.formats.safetensors import DTYPES, read_header
from tests.weights.sources import Bytes, Counter

TORCH_DTYPES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.uint16: "U16",
    torch.int16: "I16",
    torch.uint32: "U32",
    torch.int32: "I32",
    torch.uint64: "U64",
    torch.int64: "I64",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.complex64: "C64",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.float8_e4m3fnuz: "F8_E4M3FNUZ",
    torch.float8_e5m2fnuz: "F8_E5M2FNUZ",
    torch.float8_e8m0fnu: "F8_E8M0",
}


def file_of(header: Any, data: bytes = b"") -> Bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return Bytes("t.safetensors", len(text).to_bytes(8, "little") + text + data)


def entry(dtype: str, shape: list[Any], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize("dtype", list(TORCH_DTYPES), ids=str)
def test_every_dtype_as_the_library_writes_it(dtype: torch.dtype) -> None:
    bits = torch.arange(256, dtype=torch.int32).to(torch.uint8).repeat(dtype.itemsize)
    tensor = (bits % 2 == 0) if dtype == torch.bool else bits.view(dtype)
    tensor = tensor.reshape(16, -1)
    read = read_header(Bytes("t", safetensors.torch.save({"a": tensor})))["a"]
    assert read.storage == TORCH_DTYPES[dtype]
    assert read.shape == tuple(tensor.shape)
    assert read.read_all().tobytes() == tensor.contiguous().view(torch.uint8).numpy().tobytes()
    exact = torch.complex128 if dtype.is_complex else torch.float64
    if dtype not in (torch.uint64, torch.int64):
        wide = read.read_all().astype(np.complex128 if dtype.is_complex else np.float64)
        np.testing.assert_array_equal(wide, tensor.to(exact).numpy())


def test_four_bit_floats_as_the_library_writes_them() -> None:
    packed = torch.tensor([[0x10, 0x32, 0x54], [0x76, 0x98, 0xFA]], dtype=torch.uint8)
    data = safetensors.torch.save({"a": packed.view(torch.float4_e2m1fn_x2)})
    tensor = read_header(Bytes("t", data))["a"]
    assert (tensor.storage, tensor.shape) == ("F4", (2, 6))
    expected = [[0, 0.5, 1, 1.5, 2, 3], [4, 6, -0.0, -0.5, -1, -6]]
    np.testing.assert_array_equal(tensor.read_all().astype(np.float32), np.array(expected, np.float32))


def test_rows_of_an_odd_number_of_nibbles() -> None:
    tensor = read_header(file_of({"a": entry("F4", [2, 3], 0, 3)}, bytes([0x21, 0x43, 0x65])))["a"]
    np.testing.assert_array_equal(tensor.read(1, 2).astype(np.float32), [[2, 3, 4]])


def test_scalars_and_empty_tensors() -> None:
    data = safetensors.torch.save({"s": torch.tensor(3.0), "e": torch.zeros(0, 5), "f": torch.zeros(5, 0)})
    tensors = read_header(Bytes("t", data))
    assert tensors["s"].read_all() == 3.0 and tensors["s"].read_all().shape == ()
    assert [list(tensors[n].blocks()) == [] for n in "e"] == [True]
    assert tensors["e"].read_all().shape == (0, 5)
    assert tensors["f"].read_all().shape == (5, 0)


def test_not_a_number_is_a_value() -> None:
    tensor = read_header(Bytes("t", safetensors.torch.save({"a": torch.tensor([float("nan"), float("inf")])})))["a"]
    assert np.isnan(tensor.read_all()[0]) and np.isinf(tensor.read_all()[1])


def test_windows_read_narrowly_where_far_more_lies_between_their_columns() -> None:
    whole = torch.arange(40 * 40_000, dtype=torch.float32).reshape(40, 40_000)
    source = Counter(Bytes("t", safetensors.torch.save({"a": whole})))
    tensor = read_header(source)["a"]
    before = source.bytes_read
    found = tensor.window(slice(10, 20), slice(3, 8))
    assert source.bytes_read - before == 10 * 5 * 4
    assert np.array_equal(found, whole[10:20, 3:8])


def test_windows_take_whole_rows_where_little_lies_between_some_at_a_time() -> None:
    whole = torch.arange(3000 * 500, dtype=torch.float32).reshape(3000, 500)
    source = Counter(Bytes("t", safetensors.torch.save({"a": whole})))
    tensor = read_header(source)["a"]
    before = source.bytes_read
    found = tensor.window(slice(1, 2999), slice(3, 8))
    assert source.bytes_read - before == 2998 * 500 * 4
    assert np.array_equal(found, whole[1:2999, 3:8])


LIES: dict[str, Bytes] = {
    "empty": Bytes("t", b""),
    "header longer than the file": Bytes("t", (99).to_bytes(8, "little") + b"{}"),
    "no JSON": file_of(b"{nonsense"),
    "an array": file_of(b"[]"),
    "a name twice": file_of(b'{"a":1,"a":1}'),
    "infinity": file_of(b'{"a":Infinity}'),
    "no dtype": file_of({"a": {"shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
    "another field": file_of({"a": {**entry("F32", [1], 0, 4), "x": 1}}, bytes(4)),
    "metadata of numbers": file_of({"__metadata__": {"a": 1}}),
    "shape of floats": file_of({"a": entry("F32", [1.0], 0, 4)}, bytes(4)),
    "shape of booleans": file_of({"a": entry("F32", [True], 0, 4)}, bytes(4)),
    "negative shape": file_of({"a": entry("F32", [-1, -1], 0, 4)}, bytes(4)),
    "negative offset": file_of({"a": entry("F32", [1], -4, 0)}, bytes(4)),
    "backwards": file_of({"a": entry("F32", [0], 4, 0)}, bytes(4)),
    "length that differs": file_of({"a": entry("F32", [2], 0, 4)}, bytes(4)),
    "product that overflows": file_of({"a": entry("F32", [1 << 32, 1 << 32], 0, 0)}),
    "gigantic beside zero": file_of({"a": entry("F32", [0, 1 << 62], 0, 0)}),
    "too many axes": file_of({"a": entry("F32", [1] * 99, 0, 4)}, bytes(4)),
    "gap at the start": file_of({"a": entry("F32", [1], 4, 8)}, bytes(8)),
    "gap at the end": file_of({"a": entry("F32", [1], 0, 4)}, bytes(8)),
    "gap between": file_of({"a": entry("U8", [1], 0, 1), "b": entry("U8", [1], 2, 3)}, bytes(3)),
    "overlap": file_of({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 1, 3)}, bytes(3)),
    "past the end": file_of({"a": entry("F32", [2], 0, 8)}, bytes(4)),
    "half a byte": file_of({"a": entry("F4", [3], 0, 2)}, bytes(2)),
    "half of a pair of surrogates": file_of(b'{"\\ud800":' + json.dumps(entry("U8", [1], 0, 1)).encode() + b"}", b"x"),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_headers_that_lie(lie: str) -> None:
    with pytest.raises(MalformedFile):
        read_header(LIES[lie])


def test_an_unknown_dtype_is_named() -> None:
    with pytest.raises(UnsupportedFormat, match="F6_E2M3"):
        read_header(file_of({"a": entry("F6_E2M3", [4], 0, 3)}, bytes(3)))


@pytest.mark.parametrize(
    "source",
    [
        Bytes("t", (1 << 40).to_bytes(8, "little") + b"{}"),
        file_of(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        file_of(b'{"a":[' + b"[]," * 2_000_001 + b"[]]}"),
    ],
    ids=["announced", "deep", "many"],
)
def test_bounds(source: Bytes) -> None:
    with pytest.raises(LimitExceeded):
        read_header(source)


@given(st.data())
def test_what_is_written_is_read(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=4))
    model = {}
    for name in names:
        if name == "__metadata__" or any("\ud800" <= c <= "\udfff" for c in name):
            continue
        shape = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
        model[name] = data.draw(arrays.arrays(data.draw(st.sampled_from(["<f4", "<i8", "u1", "<f2"])), shape))
    read = read_header(Bytes("t", safetensors.numpy.save(model)))
    assert set(read) == set(model)
    for name, array in model.items():
        assert read[name].shape == array.shape
        assert read[name].read_all().tobytes() == array.tobytes()


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, framed: bool) -> None:
    source = file_of(data) if framed else Bytes("t", data)
    try:
        read_header(source)
    except StemmaError as error:
        assert error.message


def test_the_table_of_dtypes_has_the_sizes_of_the_format() -> None:
    sizes: Callable[[str], int] = lambda name: int("".join(c for c in name.split("_")[0] if c.isdigit()) or 8)  # noqa: E731
    assert all(DTYPES[name].itemsize * 8 == max(8, sizes(name)) for name in DTYPES)
