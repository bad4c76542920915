"""What the pickle of saved weights may say: the calls that torch.save writes, and names that are harmless.

Calls become values of this module; names in ``_HARMLESS`` (training arguments, NumPy scalars of a random state)
become :class:`Opaque`. Everything else is refused by the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np

from stemma.errors import MalformedFile, UnsupportedFormat
from stemma.immutable import immutable
from stemma.weights.formats.interface import shape_fault
from stemma.weights.formats.pickle_machine import Call, Global, Vocabulary
from stemma.weights.formats.strided import view_fault

DTYPES: Mapping[str, tuple[str, np.dtype[Any]]] = {
    "float32": ("F32", np.dtype("<f4")),
    "float64": ("F64", np.dtype("<f8")),
    "float16": ("F16", np.dtype("<f2")),
    "bfloat16": ("BF16", np.dtype(ml_dtypes.bfloat16)),
    "float8_e4m3fn": ("F8_E4M3", np.dtype(ml_dtypes.float8_e4m3fn)),
    "float8_e5m2": ("F8_E5M2", np.dtype(ml_dtypes.float8_e5m2)),
    "float8_e4m3fnuz": ("F8_E4M3FNUZ", np.dtype(ml_dtypes.float8_e4m3fnuz)),
    "float8_e5m2fnuz": ("F8_E5M2FNUZ", np.dtype(ml_dtypes.float8_e5m2fnuz)),
    "float8_e8m0fnu": ("F8_E8M0", np.dtype(ml_dtypes.float8_e8m0fnu)),
    "uint8": ("U8", np.dtype("u1")),
    "int8": ("I8", np.dtype("i1")),
    "uint16": ("U16", np.dtype("<u2")),
    "int16": ("I16", np.dtype("<i2")),
    "uint32": ("U32", np.dtype("<u4")),
    "int32": ("I32", np.dtype("<i4")),
    "uint64": ("U64", np.dtype("<u8")),
    "int64": ("I64", np.dtype("<i8")),
    "bool": ("BOOL", np.dtype(np.bool_)),
    "complex64": ("C64", np.dtype("<c8")),
    "complex128": ("C128", np.dtype("<c16")),
}
_STORAGES: Mapping[str, str] = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16", "ByteStorage": "uint8", "CharStorage": "int8", "ShortStorage": "int16",
    "IntStorage": "int32", "LongStorage": "int64", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "UntypedStorage": "uint8",
}  # fmt: skip
_HARMLESS = frozenset({
    "_codecs.encode", "argparse.Namespace", "datetime.datetime", "datetime.timedelta",
    "numpy.core.multiarray._reconstruct", "numpy.core.multiarray.scalar", "numpy.dtype", "numpy.ndarray",
    "numpy._core.multiarray._reconstruct", "numpy._core.multiarray.scalar", "pathlib.Path",
    "pathlib.PosixPath", "torch.Size", "torch.device", "torch.Generator",
})  # fmt: skip
_SETS = frozenset({"builtins.set", "__builtin__.set", "builtins.list", "__builtin__.list"})


@immutable
class Storage:
    """A flat piece of memory, kept in the member ``data/<key>``; ``elements`` counts in its own dtype."""

    key: str
    dtype: str
    elements: int


@immutable
class TensorView:
    """A tensor as the pickle describes it, checked against the announced length of its storage."""

    storage: Storage
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int

    @property
    def last(self) -> int:
        """Number of elements that the storage must have for this view."""
        if 0 in self.shape:
            return 0
        return 1 + self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))


def vocabulary(file: str) -> Vocabulary:
    """The words for one file; ``file`` is for messages."""

    def persistent(value: Any) -> Storage:
        if (
            not isinstance(value, tuple)
            or len(value) != 5
            or value[0] != "storage"
            or not isinstance(value[1], Global)
            or not isinstance(value[2], str)
            or type(value[4]) is not int
            or not 0 <= value[4] < 1 << 48
        ):
            raise MalformedFile(file, f"a persistent id {type(value).__name__}", "a storage as torch.save writes it")
        return Storage(value[2], _STORAGES.get(value[1].name, ""), value[4])

    calls: dict[str, Call] = {
        "collections.OrderedDict": lambda arguments: {},
        "collections.defaultdict": lambda arguments: {},
        "torch._utils._rebuild_tensor": lambda a: _view(file, a[:4], None),
        "torch._utils._rebuild_tensor_v2": lambda a: _view(file, a[:4], None),
        "torch._utils._rebuild_tensor_v3": lambda a: _view(file, a[:4], a[6] if len(a) > 6 else ""),
        "torch._utils._rebuild_parameter": lambda a: _wrapped(file, a),
        "torch._utils._rebuild_parameter_with_state": lambda a: _wrapped(file, a),
        **{name: lambda a: list(a[0]) if a and isinstance(a[0], list) else [] for name in _SETS},
    }
    return Vocabulary(calls, _is_known_name, persistent)


def _is_known_name(name: Global) -> bool:
    if name.module in ("torch", "torch.storage") and name.name in _STORAGES:
        return True
    return (name.module == "torch" and name.name in DTYPES) or str(name) in _HARMLESS


def _wrapped(file: str, arguments: tuple[Any, ...]) -> TensorView:
    if not arguments or not isinstance(arguments[0], TensorView):
        raise MalformedFile(file, "a parameter around no tensor", "a tensor")
    return arguments[0]


def _view(file: str, arguments: tuple[Any, ...], dtype: Any) -> TensorView:
    if len(arguments) != 4 or not isinstance(arguments[0], Storage) or not isinstance(arguments[2], tuple):
        raise MalformedFile(file, "a tensor with other arguments", "storage, offset, shape and strides")
    storage, offset, shape, strides = arguments
    name = storage.dtype if dtype is None else getattr(dtype, "name", "")
    if name not in DTYPES:
        raise UnsupportedFormat(
            f"{file}: a tensor has the dtype {str(dtype)[:60]!r}, which is not read here.",
            advice="Save it in an ordinary dtype, or as safetensors.",
        )
    elements = storage.elements
    if dtype is not None:  # such tensors lie in an untyped storage, which counts bytes
        elements //= DTYPES[name][1].itemsize
    if fault := shape_fault(shape) or view_fault(shape, strides, offset, elements):
        raise MalformedFile(file, f"a tensor with {fault}", "one that fits its storage")
    return TensorView(storage, name, shape, strides, offset)
