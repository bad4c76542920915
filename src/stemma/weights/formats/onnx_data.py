"""The numbers of ONNX initialisers: raw or typed in the file itself, or in a file beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from stemma.errors import MalformedFile, ModelNotFound, UnsafeFile, UnsupportedFormat
from stemma.weights.formats.interface import shape_fault
from stemma.weights.formats.onnx_graph import Initialiser
from stemma.weights.formats.strided import StridedTensor
from stemma.weights.interface import ByteSource, FileSet, LazyTensor

_DAMAGED = "The file is damaged or hostile: fetch it again."
MAX_TYPED = 16_000_000
_DTYPES: Mapping[int, tuple[str, np.dtype[Any]]] = {
    1: ("F32", np.dtype("<f4")),
    2: ("U8", np.dtype("u1")),
    3: ("I8", np.dtype("i1")),
    4: ("U16", np.dtype("<u2")),
    5: ("I16", np.dtype("<i2")),
    6: ("I32", np.dtype("<i4")),
    7: ("I64", np.dtype("<i8")),
    9: ("BOOL", np.dtype(np.bool_)),
    10: ("F16", np.dtype("<f2")),
    11: ("F64", np.dtype("<f8")),
    12: ("U32", np.dtype("<u4")),
    13: ("U64", np.dtype("<u8")),
    14: ("C64", np.dtype("<c8")),
    15: ("C128", np.dtype("<c16")),
    16: ("BF16", np.dtype(ml_dtypes.bfloat16)),
    17: ("F8_E4M3", np.dtype(ml_dtypes.float8_e4m3fn)),
    18: ("F8_E4M3FNUZ", np.dtype(ml_dtypes.float8_e4m3fnuz)),
    19: ("F8_E5M2", np.dtype(ml_dtypes.float8_e5m2)),
    20: ("F8_E5M2FNUZ", np.dtype(ml_dtypes.float8_e5m2fnuz)),
    24: ("F8_E8M0", np.dtype(ml_dtypes.float8_e8m0fnu)),
}
_FLOATS, _DOUBLES = 4, 10
# Which data types each typed field may carry, as onnx.proto says.
_CARRIES: Mapping[int, frozenset[int]] = {
    4: frozenset({1, 14}),
    5: frozenset({2, 3, 4, 5, 6, 9, 10, 16, 17, 18, 19, 20, 24}),
    7: frozenset({7}),
    10: frozenset({11, 15}),
    11: frozenset({12, 13}),
}


class DataReader:
    """Makes lazy tensors of initialisers; opens external data once for each file."""

    def __init__(self, files: FileSet, source: ByteSource) -> None:
        self._files = files
        self._source = source
        self.file = source.name
        self.others: dict[str, ByteSource] = {}

    def tensor(self, found: Initialiser, name: str, turned: bool) -> LazyTensor:
        if fault := shape_fault(found.shape):
            raise MalformedFile(self.file, f"{name[:120]!r} with {fault}", "a shape", advice=_DAMAGED)
        if found.data_type not in _DTYPES:
            raise UnsupportedFormat(
                f"{self.file}: the initialiser {name[:120]!r} has the data type {found.data_type}.",
                advice="Four-bit and unknown types are not read: export the model unquantised.",
            )
        storage, dtype = _DTYPES[found.data_type]
        length = math.prod(found.shape) * dtype.itemsize
        shape = tuple(found.shape)
        if found.typed is not None and found.data_type not in _CARRIES[found.typed[0]]:
            raise MalformedFile(self.file, f"{storage} in field {found.typed[0]} for {name[:120]!r}", "its own field")
        if found.typed is not None and found.typed[0] not in (_FLOATS, _DOUBLES):
            values = self._typed(found, name, dtype)
            return InlineTensor(name, values.T if turned else values, storage)
        source, start, available = self._place(found, name)
        if available != length:
            raise MalformedFile(
                self.file,
                f"{available} bytes for {name[:120]!r}",
                f"{length} for {storage} of {shape}",
                advice=_DAMAGED,
            )
        strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
        return StridedTensor(
            source,
            lambda: start,
            name,
            dtype=dtype,
            storage=storage,
            shape=shape[::-1] if turned else shape,
            strides=strides[::-1] if turned else strides,
            offset=0,
        )

    def _place(self, found: Initialiser, name: str) -> tuple[ByteSource, int, int]:
        if found.is_external:
            return self._external(found, name)
        if found.raw is not None:
            return self._source, *found.raw
        if found.typed is not None:
            return self._source, found.typed[1], found.typed[2]
        return self._source, 0, 0

    def _external(self, found: Initialiser, name: str) -> tuple[ByteSource, int, int]:
        location = found.external.get("location", "")
        path = PurePosixPath(location)
        if not location or path.is_absolute() or ".." in path.parts or "\\" in location or ":" in location:
            raise UnsafeFile(
                f"{self.file}: the data of {name[:120]!r} lies at {location[:120]!r}, outside the model's folder.",
                advice="Only files of the folder are read.",
            )
        full = str(PurePosixPath(self.file).parent / path)
        if full not in self.others:
            if full not in self._files.names():
                raise ModelNotFound(
                    f"{self.file} keeps its data in {full[:120]!r}, which is not there.",
                    advice="Name the folder that holds both files.",
                )
            self.others[full] = self._files.open(full)
        source = self.others[full]
        start = _whole_number(found.external.get("offset", "0"))
        length = _whole_number(found.external.get("length", str(source.size - start)))
        if start < 0 or length < 0 or start + length > source.size:
            raise MalformedFile(self.file, f"{name[:120]!r} outside {full}", f"a range of its {source.size} bytes")
        return source, start, length

    def _typed(self, found: Initialiser, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Numbers as packed varints: 16-bit floats as their bits, signed ones in two's complement of 64 bits."""
        _, start, length = found.typed or (0, 0, 0)
        if length > MAX_TYPED:
            raise UnsupportedFormat(
                f"{self.file}: {name[:120]!r} holds {length} bytes of typed numbers.",
                advice="Save the model with raw data, as every current exporter does.",
            )
        values = _varints(np.frombuffer(self._source.read(start, length), dtype=np.uint8), self.file)
        if len(values) != math.prod(found.shape):
            raise MalformedFile(self.file, f"{len(values)} numbers for {name[:120]!r}", f"{math.prod(found.shape)}")
        narrow = values.astype(np.dtype(f"<u{dtype.itemsize}"))
        return narrow.view(dtype).reshape(found.shape)


def _varints(data: NDArray[np.uint8], file: str) -> NDArray[np.uint64]:
    ends = np.flatnonzero(data < 0x80)
    lengths = np.diff(ends, prepend=-1)
    if (len(data) and (not len(ends) or ends[-1] != len(data) - 1)) or (len(lengths) and lengths.max() > 10):
        raise MalformedFile(file, "varints that do not end", "at most 10 bytes each")
    values = np.zeros(len(ends), dtype=np.uint64)
    for place in range(int(lengths.max(initial=0))):
        has = lengths > place
        digits = (data[(ends - lengths + 1 + place)[has]] & np.uint8(0x7F)).astype(np.uint64)
        values[has] |= digits << np.uint64(7 * place)
    return values


def _whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1


class InlineTensor(LazyTensor):
    """A small tensor that had to be decoded whole."""

    def __init__(self, name: str, values: NDArray[Any], storage: str) -> None:
        self.name, self.shape, self.dtype, self.storage = name, values.shape, values.dtype, storage
        self._values = values

    def read(self, start: int, stop: int) -> NDArray[Any]:
        return self._values[start:stop] if self.shape else self._values
