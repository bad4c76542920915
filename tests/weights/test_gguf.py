"""GGUF: every block type against the gguf package, real vocabularies, and headers that lie."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from stemma.errors import LimitExceeded, MalformedFile, StemmaError, UnsupportedFormat
from stemma.identity import is_present
from stemma.weights.formats.ggml_types import BLOCK_TYPES, BlockType, dequantise
from stemma.weights.formats.gguf import GgufFormat
from stemma.weights.formats.gguf_header import read_gguf_header
from stemma.weights.formats.interface import Contents
from stemma.weights.local import local_files
from stemma.weights.open import open_checkpoint
from tests.weights.sources import Bytes, Files

BY_HAND = {"Q8_1", "Q8_K", "Q1_0"}
QUANTISED = [kind for kind in BLOCK_TYPES.values() if kind.dtype is None]


def read(path: Path) -> Contents:
    files = local_files(path)
    return GgufFormat().read(files, files.names())


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def file_of(
    keys: list[bytes] = (),  # type: ignore[assignment]
    tensors: list[bytes] = (),  # type: ignore[assignment]
    data: bytes = b"",
    version: int = 3,
    counts: tuple[int, int] | None = None,
) -> Bytes:
    counts = counts or (len(tensors), len(keys))
    head = b"GGUF" + struct.pack("<IQQ", version, *counts) + b"".join(keys) + b"".join(tensors)
    return Bytes("t.gguf", head + bytes(-len(head) % 32) + data)


def tensor(name: str, shape: list[int], kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def test_the_table_is_that_of_the_gguf_package() -> None:
    theirs = {int(k): (k.name, *v) for k, v in gguf.GGML_QUANT_SIZES.items()}
    assert {code: (b.name, b.elements, b.size) for code, b in BLOCK_TYPES.items()} == theirs


@pytest.mark.parametrize("kind", QUANTISED, ids=lambda kind: kind.name)
def test_every_block_type_is_read_by_ranges(tmp_path: Path, kind: BlockType) -> None:
    rng = np.random.default_rng(kind.code)
    packed = rng.integers(0, 256, (40, 3 * kind.size), dtype=np.uint8)
    writer = gguf.GGUFWriter(str(tmp_path / "m.gguf"), "llama")
    writer.add_tensor("w", packed, raw_dtype=gguf.GGMLQuantizationType(kind.code))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    tensor = open_checkpoint(local_files(tmp_path)).tensors["w"]
    with np.errstate(all="ignore"):
        if kind.name in BY_HAND:
            expected = dequantise(packed, kind)
        else:
            expected = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType(kind.code))
    assert (tensor.shape, tensor.storage) == ((40, 3 * kind.elements), f"GGUF {kind.name}")
    np.testing.assert_array_equal(tensor.read_all(), expected)
    np.testing.assert_array_equal(tensor.read(7, 23), expected[7:23])
    np.testing.assert_array_equal(np.concatenate([b for _, b in tensor.blocks(4096)]), expected)


def test_blocks_that_the_gguf_package_leaves_out() -> None:
    q8k = struct.pack("<f", 0.5) + np.arange(-128, 128, dtype=np.int8).tobytes() + bytes(32)
    np.testing.assert_array_equal(blocks("Q8_K", q8k)[0], np.arange(-128, 128) * 0.5)
    q81 = struct.pack("<ff", 0.25, 99.0) + np.arange(32, dtype=np.int8).tobytes()
    np.testing.assert_array_equal(blocks("Q8_1", q81)[0], np.arange(32) * 0.25)
    q10 = np.float16(2.0).tobytes() + bytes([0b00000101]) + bytes(15)
    np.testing.assert_array_equal(blocks("Q1_0", q10)[0], [2, -2, 2, *[-2] * 125])


def blocks(name: str, data: bytes) -> Any:
    kind = next(kind for kind in BLOCK_TYPES.values() if kind.name == name)
    return dequantise(np.frombuffer(data, np.uint8).reshape(1, -1), kind)


def test_a_quantised_vector_is_cut_out_of_its_blocks(tmp_path: Path) -> None:
    values = np.linspace(-1, 1, 96, dtype=np.float32)
    packed = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
    source = file_of(tensors=[tensor("v", [96], 8)], data=packed.tobytes())
    vector = GgufFormat().read(Files({"t.gguf": source.data}), ("t.gguf",)).tensors["v"]
    for start, stop in ((0, 96), (0, 1), (31, 33), (40, 40), (95, 96)):
        np.testing.assert_allclose(vector.read(start, stop), values[start:stop], atol=0.01)


@pytest.mark.parametrize(
    ("name", "kind", "count"),
    [
        ("bert-bge", "gguf bert", 30522),
        ("falcon", "gguf gpt2", 65024),
        ("gpt-2", "gguf gpt2", 50257),
        ("gpt-neox", "gguf gpt2", 50432),
        ("llama-spm", "gguf llama", 32000),
        ("mpt", "gguf gpt2", 50432),
        ("phi-3", "gguf llama", 32064),
    ],
)
def test_real_vocabularies(reference_data: Path, name: str, kind: str, count: int) -> None:
    contents = read(reference_data / "vocab" / f"ggml-vocab-{name}.gguf")
    assert is_present(contents.tokenizer)
    assert (contents.tokenizer.kind, len(contents.tokenizer.tokens)) == (kind, count)
    assert contents.declared["gguf"]["general.name"]
    assert "tokenizer.ggml.tokens" not in contents.config["gguf"]


def test_a_real_vocabulary_that_is_damaged(reference_data: Path) -> None:
    with pytest.raises(MalformedFile, match=r"bert-bge.*at most 1024"):
        read(reference_data / "vocab" / "corrupt" / "ggml-vocab-bert-bge.gguf")


def test_vocabularies_without_weights_are_no_model(reference_data: Path) -> None:
    with pytest.raises(MalformedFile, match="no tensor"):
        open_checkpoint(local_files(reference_data / "vocab" / "ggml-vocab-gpt-2.gguf"))


def test_parents_that_gguf_declares(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(str(tmp_path / "m.gguf"), "llama")
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, "Parent")
    writer.add_base_model_repo_url(0, "https://example.org/org/parent")
    writer.add_tensor("w", np.ones((1, 1), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    claims = open_checkpoint(local_files(tmp_path)).declared["gguf"]
    assert claims["general.base_model.0.name"] == "Parent"
    assert claims["general.base_model.count"] == 1


def test_a_part_of_a_split_model_is_not_the_whole(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(str(tmp_path / "m.gguf"), "llama", split_max_tensors=1)
    for name in "abc":
        writer.add_tensor(name, np.ones((2, 2), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    parts = sorted(tmp_path.iterdir())
    assert sorted(open_checkpoint(local_files(tmp_path)).tensors) == ["a", "b", "c"]
    with pytest.raises(MalformedFile):
        open_checkpoint(local_files(parts[0]))
    parts[1].unlink()
    with pytest.raises(MalformedFile, match="all of 1 to 3"):
        open_checkpoint(local_files(tmp_path))


U32 = struct.pack("<I", 4)
LIES: dict[str, Callable[[], Bytes]] = {
    "another magic": lambda: Bytes("t", b"GGML" + bytes(40)),
    "nothing": lambda: Bytes("t", b""),
    "fewer keys": lambda: file_of(counts=(0, 5)),
    "fewer tensors": lambda: file_of(counts=(5, 0)),
    "key without end": lambda: file_of([struct.pack("<Q", 1000) + b"x"]),
    "key of a gigabyte": lambda: file_of([struct.pack("<Q", 1 << 30)]),
    "key that is no text": lambda: file_of([struct.pack("<Q", 1) + b"\xff" + U32 + bytes(4)]),
    "key twice": lambda: file_of([text("a") + U32 + bytes(4)] * 2),
    "unknown value": lambda: file_of([text("a") + struct.pack("<I", 77) + bytes(64)]),
    "string past the end": lambda: file_of([text("a") + struct.pack("<IQ", 8, 1 << 40)]),
    "array past the end": lambda: file_of([text("a") + struct.pack("<IIQ", 9, 4, 1 << 60)]),
    "strings past the end": lambda: file_of([text("a") + struct.pack("<IIQ", 9, 8, 1 << 20)]),
    "array of arrays": lambda: file_of([text("a") + struct.pack("<IIQ", 9, 9, 1) + bytes(64)]),
    "alignment of text": lambda: file_of([text("general.alignment") + struct.pack("<I", 8) + text("x")]),
    "alignment of zero": lambda: file_of([text("general.alignment") + U32 + bytes(4)]),
    "five axes": lambda: file_of(tensors=[tensor("a", [1] * 5)], data=bytes(64)),
    "gigantic shape": lambda: file_of(tensors=[tensor("a", [1 << 40] * 4)], data=bytes(64)),
    "gigantic beside zero": lambda: file_of(tensors=[tensor("a", [0, 1 << 62])], data=bytes(64)),
    "past the end": lambda: file_of(tensors=[tensor("a", [1 << 20])], data=bytes(64)),
    "no whole block": lambda: file_of(tensors=[tensor("a", [33], 8)], data=bytes(64)),
    "not aligned": lambda: file_of(tensors=[tensor("a", [1], 0, 4)], data=bytes(64)),
    "overlap": lambda: file_of(tensors=[tensor("a", [16]), tensor("b", [16], 0, 32)], data=bytes(128)),
    "name twice": lambda: file_of(tensors=[tensor("a", [8]), tensor("a", [8], 0, 32)], data=bytes(64)),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_headers_that_lie(lie: str) -> None:
    with pytest.raises(MalformedFile):
        read_gguf_header(LIES[lie]())


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (file_of(version=1), UnsupportedFormat),
        (file_of(version=3 << 24), UnsupportedFormat),
        (file_of(tensors=[tensor("a", [32], 99)], data=bytes(64)), UnsupportedFormat),
        (file_of(counts=(1 << 60, 0)), LimitExceeded),
        (file_of(counts=(0, 1 << 60)), LimitExceeded),
        (file_of([text("a") + struct.pack("<IIQ", 9, 8, 1 << 50)]), LimitExceeded),
    ],
)
def test_versions_and_bounds(source: Bytes, error: type[StemmaError]) -> None:
    with pytest.raises(error):
        read_gguf_header(source)
