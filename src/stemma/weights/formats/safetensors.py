"""SafeTensors: a JSON header, then the tensors end to end.

The header is checked whole before a tensor is offered: at most 100 MB, no duplicate names, offsets that cover
the data without gap or overlap, and lengths that agree with shapes. Format:
https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from stemma.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from stemma.weights.formats.interface import MAX_NAME, Contents, shape_fault
from stemma.weights.formats.shards import choose_shards, merge_shards, with_suffix
from stemma.weights.interface import ByteSource, FileSet, LazyTensor
from stemma.weights.strict_json import parse_json_object

MAX_HEADER = 100_000_000
_WORTH_SEEKING = 1 << 16  # bytes: copying fewer costs less than one more call
_AT_ONCE = 1 << 20
_DAMAGED = "The file is damaged or hostile: fetch it again."
_FIELDS = {"dtype", "shape", "data_offsets"}

DTYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "C64": np.dtype("<c8"),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "F8_E4M3FNUZ": np.dtype(ml_dtypes.float8_e4m3fnuz),
    "F8_E5M2FNUZ": np.dtype(ml_dtypes.float8_e5m2fnuz),
    "F8_E8M0": np.dtype(ml_dtypes.float8_e8m0fnu),
    "F4": np.dtype(ml_dtypes.float4_e2m1fn),
}


class SafetensorsFormat:
    """Single files, and shards with or without an index."""

    name = "safetensors"

    def candidates(self, files: FileSet) -> tuple[str, ...]:
        return with_suffix(files, ".safetensors", sniff=looks_like_safetensors)

    def read(self, files: FileSet, names: tuple[str, ...]) -> Contents:
        chosen = choose_shards(files, names, stem="model", suffix=".safetensors")
        sources = tuple(files.open(name) for name in chosen.names)
        headers = [(source.name, read_header(source)) for source in sources]
        tensors, warnings = merge_shards(headers, chosen)
        held = {name: len(header) for name, header in headers}
        return Contents(tensors=tensors, weight_files=sources, held=held, warnings=warnings)


def looks_like_safetensors(source: ByteSource) -> bool:
    """Whether the first bytes are those of a SafeTensors header."""
    return source.size >= 10 and bytes(source.read(8, 2))[:1] == b"{"


def read_header(source: ByteSource) -> dict[str, LazyTensor]:
    """The tensors that :func:`read_whole_header` finds."""
    return read_whole_header(source)[0]


def read_whole_header(source: ByteSource) -> tuple[dict[str, LazyTensor], Mapping[str, str]]:
    """Parse and check the header: tensors in the order of their offsets, and the metadata.

    Raises:
        MalformedFile, LimitExceeded, UnsupportedFormat: with the first fault found.
    """
    if source.size < 8:
        _fault(source, f"{source.size} bytes", "at least the 8 bytes of the header's length")
    length = int.from_bytes(source.read(0, 8), "little")
    if length > MAX_HEADER:
        raise LimitExceeded(
            f"{source.name} announces a header of {length} bytes, at most {MAX_HEADER} are read.",
            advice=_DAMAGED,
        )
    if 8 + length > source.size:
        _fault(source, f"a header of {length} bytes in a file of {source.size}", "a header that fits")
    header = parse_json_object(bytes(source.read(8, length)), source.name, constants=False)
    metadata = header.pop("__metadata__", {})
    _check_metadata(source, metadata)
    start = 8 + length
    entries = sorted((_entry(source, name, fields) for name, fields in header.items()), key=lambda e: (e[3], e[4]))
    expected = 0
    for name, _, _, begin, end in entries:
        if begin != expected:
            _fault(source, f"{name!r} at offset {begin}", f"offset {expected} (no gap, no overlap)")
        expected = end
    if start + expected != source.size:
        _fault(source, f"{source.size - start} bytes of data", f"{expected} bytes, as the header says")
    tensors: dict[str, LazyTensor] = {
        name: SafetensorsTensor(source, name, storage, shape, start + begin)
        for name, storage, shape, begin, _ in entries
    }
    return tensors, metadata


def _check_metadata(source: ByteSource, metadata: object) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        _fault(source, "__metadata__ that is no map of strings", "strings")


def _entry(source: ByteSource, name: str, fields: object) -> tuple[str, str, tuple[int, ...], int, int]:
    if len(name) > MAX_NAME:
        _fault(source, f"a name of {len(name)} characters", f"at most {MAX_NAME}")
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        _fault(source, f"{name!r} with other fields", "dtype, shape and data_offsets")
    storage, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(storage, str) or storage not in DTYPES:
        raise UnsupportedFormat(
            f"{source.name}: tensor {name!r} has the dtype {str(storage)[:40]!r}, which is not read here.",
            advice=f"Known are {', '.join(DTYPES)}.",
        )
    if fault := shape_fault(shape):
        _fault(source, f"{name!r} with {fault}", "a shape")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(n) is int and n >= 0 for n in offsets):
        _fault(source, f"{name!r} with data_offsets {str(offsets)[:60]}", "two numbers")
    begin, end = offsets
    bits = math.prod(shape) * _bits(storage)
    if bits % 8 or end - begin != bits // 8:
        _fault(source, f"{name!r} with {end - begin} bytes", f"{bits / 8:g} for {storage} of shape {shape}")
    return name, storage, tuple(shape), begin, end


def _bits(storage: str) -> int:
    return 4 if storage == "F4" else DTYPES[storage].itemsize * 8


def _fault(source: ByteSource, got: str, expected: str) -> NoReturn:
    raise MalformedFile(source.name, got, expected, advice=_DAMAGED)


class SafetensorsTensor(LazyTensor):
    """A tensor in a SafeTensors file; arrays are read-only views of the bytes read."""

    __slots__ = ("_bits", "_offset", "_row", "_source", "dtype", "name", "shape", "storage")

    def __init__(self, source: ByteSource, name: str, storage: str, shape: tuple[int, ...], offset: int) -> None:
        self.name, self.shape, self.storage, self.dtype = name, shape, storage, DTYPES[storage]
        self._source, self._offset, self._bits = source, offset, _bits(storage)
        self._row = math.prod(shape[1:])

    def read(self, start: int, stop: int) -> NDArray[Any]:
        if not self.shape:
            return self._elements(0, 1).reshape(())
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        rows = max(0, stop - start)
        return self._elements(start * self._row, rows * self._row).reshape(rows, *self.shape[1:])

    def window(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Reads whole rows, some at a time; row by row where far more lies between the columns of a local file."""
        start, stop, step = rows.indices(self.shape[0])
        first, last, stride = columns.indices(self.shape[1])
        width, count = max(0, last - first), max(0, stop - start)
        between = (self._row - width) * self._bits // 8
        if step != 1 or stride != 1 or len(self.shape) != 2 or not self._source.is_local or not 0 < width < self._row:
            return self.read(start, stop)[::step, columns]
        picked = np.empty((count, width), self.dtype)
        if between >= _WORTH_SEEKING:
            for row in range(count):
                picked[row] = self._elements((start + row) * self._row + first, width)
            return picked
        some = max(1, _AT_ONCE // self.row_bytes)
        for row in range(0, count, some):
            picked[row : row + some] = self.read(start + row, min(start + row + some, stop))[:, first:last]
        return picked

    def _elements(self, first: int, count: int) -> NDArray[Any]:
        if self._bits != 4:
            size = self.dtype.itemsize
            return np.frombuffer(self._source.read(self._offset + first * size, count * size), dtype=self.dtype)
        begin, end = first // 2, (first + count + 1) // 2
        packed = np.frombuffer(self._source.read(self._offset + begin, end - begin), dtype=np.uint8)
        nibbles = np.stack([packed & 15, packed >> 4], axis=-1).reshape(-1)
        return nibbles[first % 2 : first % 2 + count].view(self.dtype)
