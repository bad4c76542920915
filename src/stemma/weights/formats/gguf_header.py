"""The header of a GGUF file, parsed here and not by a library: every length is checked before it is believed.

Reference: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from stemma.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from stemma.immutable import immutable
from stemma.weights.formats.ggml_types import BLOCK_TYPES, BlockType
from stemma.weights.formats.interface import MAX_NAME, shape_fault
from stemma.weights.interface import ByteSource

MAGIC = b"GGUF"
MAX_HEADER = 64_000_000
MAX_KEYS = 65_536
MAX_TENSORS = 200_000
MAX_STRINGS = 3_000_000
_FIRST_READ = 1 << 16
_MAX_AXES = 4
_STRING, _ARRAY, _BOOL = 8, 9, 7
_NUMBERS: Mapping[int, str] = {
    0: "u1", 1: "i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4",
    6: "<f4", 7: "u1", 10: "<u8", 11: "<i8", 12: "<f8",
}  # fmt: skip
_DAMAGED = "The file is damaged or hostile: fetch it again."


@immutable
class TensorPlace:
    """Where a tensor lies: ``offset`` counts from the start of the file; the shape is NumPy's, rows first."""

    name: str
    kind: BlockType
    shape: tuple[int, ...]
    offset: int


@immutable
class GgufHeader:
    """Metadata (arrays of numbers as NumPy arrays, of strings as lists) and the places of the tensors."""

    metadata: Mapping[str, Any]
    tensors: tuple[TensorPlace, ...]


def read_gguf_header(source: ByteSource) -> GgufHeader:
    """Parse and check the header; reads no more of the file than that.

    Raises:
        MalformedFile: magic, counts, lengths or offsets contradict each other or the file's size.
        UnsupportedFormat: version 1, big-endian, or a tensor type of an unknown number.
        LimitExceeded: more keys, tensors, strings or bytes than any real model has.
    """
    cursor = _Cursor(source)
    if bytes(cursor.take(4)) != MAGIC:
        cursor.fault("another magic number", "GGUF")
    _check_version(source, cursor.number("<I"))
    tensor_count, key_count = cursor.number("<Q"), cursor.number("<Q")
    if tensor_count > MAX_TENSORS or key_count > MAX_KEYS:
        raise LimitExceeded(
            f"{source.name} announces {tensor_count} tensors and {key_count} keys,"
            f" at most {MAX_TENSORS} and {MAX_KEYS} are read.",
            advice=_DAMAGED,
        )
    metadata: dict[str, Any] = {}
    for _ in range(key_count):
        key = cursor.name()
        if key in metadata:
            cursor.fault(f"the key {key!r} twice", "every key once")
        metadata[key] = cursor.value(cursor.number("<I"))
    entries = [_tensor_entry(cursor) for _ in range(tensor_count)]
    return GgufHeader(metadata, _placed(cursor, entries, _alignment(cursor, metadata)))


def _check_version(source: ByteSource, version: int) -> None:
    if version in (2, 3):
        return
    what = "big-endian" if version >= 1 << 16 and version & 0xFFFF == 0 else f"GGUF version {version}"
    raise UnsupportedFormat(
        f"{source.name} is {what}, which is not read here.",
        advice="Convert it with llama.cpp to little-endian GGUF version 3.",
    )


def _alignment(cursor: _Cursor, metadata: Mapping[str, Any]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if type(alignment) is not int or not 8 <= alignment <= 1 << 20 or alignment % 8:
        cursor.fault(f"general.alignment {str(alignment)[:40]}", "a multiple of 8")
    return int(alignment)


def _tensor_entry(cursor: _Cursor) -> TensorPlace:
    name = cursor.name()
    axes = cursor.number("<I")
    if axes > _MAX_AXES:
        cursor.fault(f"tensor {name!r} with {axes} axes", f"at most {_MAX_AXES}")
    sizes = [cursor.number("<Q") for _ in range(axes)]
    code, offset = cursor.number("<I"), cursor.number("<Q")
    if code not in BLOCK_TYPES:
        raise UnsupportedFormat(
            f"{cursor.file}: tensor {name!r} has the ggml type {code}, which is not known here.",
            advice="It may be newer than this release, or removed from ggml.",
        )
    if fault := shape_fault(sizes):
        cursor.fault(f"tensor {name!r} with {fault}", "a shape")
    if math.prod(sizes) and (sizes or [1])[0] % BLOCK_TYPES[code].elements:
        cursor.fault(f"tensor {name!r} with rows of {(sizes or [1])[0]}", f"blocks of {BLOCK_TYPES[code].name}")
    return TensorPlace(name, BLOCK_TYPES[code], tuple(reversed(sizes)), offset)


def _placed(cursor: _Cursor, entries: list[TensorPlace], alignment: int) -> tuple[TensorPlace, ...]:
    """Offsets from the start of the file, after checking that tensors neither overlap nor pass its end."""
    start = _padded(cursor.position, alignment)
    end, placed = 0, []
    for entry in sorted(entries, key=lambda e: e.offset):
        length = math.prod(entry.shape) // entry.kind.elements * entry.kind.size
        if entry.offset % alignment or entry.offset < end:
            cursor.fault(f"tensor {entry.name!r} at offset {entry.offset}", f"an aligned offset from {end} on")
        end = entry.offset + length
        if start + end > cursor.size:
            cursor.fault(f"{cursor.size} bytes", f"at least {start + end}, for tensor {entry.name!r}")
        placed.append(TensorPlace(entry.name, entry.kind, entry.shape, start + entry.offset))
    if len({entry.name for entry in entries}) != len(entries):
        cursor.fault("a tensor name twice", "every name once")
    return tuple(placed)


def _padded(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment


class _Cursor:
    """Walks over the header; bytes are fetched in growing pieces, so that a far file is asked seldom."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._data = bytearray()
        self._strings = 0
        self.position = 0
        self.file = source.name
        self.size = source.size

    def fault(self, got: str, expected: str) -> NoReturn:
        raise MalformedFile(self.file, got, expected, advice=_DAMAGED)

    def take(self, length: int) -> memoryview:
        self._require(length)
        self.position += length
        return memoryview(self._data)[self.position - length : self.position]

    def _require(self, length: int) -> None:
        end = self.position + length
        if end <= len(self._data):
            return
        if end > self.size:
            self.fault(f"a header that goes on to byte {end}", f"an end within the file's {self.size} bytes")
        if end > MAX_HEADER:
            raise LimitExceeded(f"{self.file} has a header of more than {MAX_HEADER} bytes.", advice=_DAMAGED)
        ahead = min(max(end, 2 * len(self._data), _FIRST_READ), self.size, MAX_HEADER)
        # A new array, since memory views of the old one may be alive.
        self._data = self._data + self._source.read(len(self._data), ahead - len(self._data))

    def number(self, code: str) -> int:
        value: int = struct.unpack(code, self.take(struct.calcsize(code)))[0]
        return value

    def name(self) -> str:
        length = self.number("<Q")
        if length > MAX_NAME:
            self.fault(f"a name of {length} bytes", f"at most {MAX_NAME}")
        try:
            return bytes(self.take(length)).decode("utf-8")
        except UnicodeDecodeError:
            self.fault("a name that is no UTF-8", "UTF-8")

    def value(self, code: int) -> Any:
        """One metadata value; text that is no UTF-8 keeps a replacement character."""
        if code == _STRING:
            return bytes(self.take(self.number("<Q"))).decode("utf-8", errors="replace")
        if code == _ARRAY:
            return self._array(self.number("<I"), self.number("<Q"))
        if code not in _NUMBERS:
            self.fault(f"metadata type {code}", "one of 0 to 12")
        kind = np.dtype(_NUMBERS[code])
        number = np.frombuffer(self.take(kind.itemsize), dtype=kind)[0].item()
        return bool(number) if code == _BOOL else number

    def _array(self, code: int, count: int) -> Any:
        if code == _STRING:
            return self._strings_of(count)
        if code not in _NUMBERS:
            self.fault(f"an array of metadata type {code}", "numbers or strings")
        kind = np.dtype(_NUMBERS[code])
        return np.frombuffer(bytes(self.take(count * kind.itemsize)), dtype=kind)

    def _strings_of(self, count: int) -> list[str]:
        self._strings += count
        if self._strings > MAX_STRINGS:
            raise LimitExceeded(f"{self.file} announces more than {MAX_STRINGS} strings.", advice=_DAMAGED)
        if self.position + 8 * count > self.size:
            self.fault(f"an array of {count} strings", "no more than the file has room for")
        found = []
        for _ in range(count):
            self._require(8)
            (length,) = _LENGTH.unpack_from(self._data, self.position)
            self.position += 8
            self._require(length)
            found.append(self._data[self.position : self.position + length].decode("utf-8", errors="replace"))
            self.position += length
        return found


_LENGTH = struct.Struct("<Q")
