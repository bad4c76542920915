"""Checked reading of stored values: the kind that is expected, or a ValueError that says what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from stemma.fingerprint.coded import Coded
from stemma.fingerprint.numbers import fit_to_keep
from stemma.identity import Missing

T = TypeVar("T")
_MAX_WHOLE = 1 << 62
# Looked up, for a dtype makes its name anew each time it is asked.
_DTYPES = {kind: np.dtype(kind) for kind in ("int8", "float16", "float32", "uint64", "int64")}
_MAX_NUMBER = 1e308


def text(record: Mapping[str, Any], key: str) -> str:
    """A string."""
    value = record[key]
    if not isinstance(value, str):
        raise _unexpected(key, value, "text")
    return value


def whole(record: Mapping[str, Any], key: str) -> int:
    """A whole number, not negative."""
    value = record[key]
    if type(value) is not int or not 0 <= value < _MAX_WHOLE:
        raise _unexpected(key, value, "a whole number")
    return value


def number(record: Mapping[str, Any], key: str) -> float:
    """A finite number."""
    return _finite(key, record[key])


def numbers(record: Mapping[str, Any], key: str) -> tuple[float, ...]:
    """A list of finite numbers."""
    value = record[key]
    if not isinstance(value, list):
        raise _unexpected(key, value, "a list of numbers")
    return tuple(_finite(key, item) for item in value)


def flag(record: Mapping[str, Any], key: str) -> bool:
    """True or false."""
    value = record[key]
    if not isinstance(value, bool):
        raise _unexpected(key, value, "true or false")
    return value


def mapping(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    """An object."""
    value = record[key]
    if not isinstance(value, dict):
        raise _unexpected(key, value, "an object")
    return value


def texts(record: Mapping[str, Any], key: str) -> dict[str, str]:
    """An object whose values are strings."""
    found = mapping(record, key)
    return {k: text(found, k) for k in found}


def lines(record: Mapping[str, Any], key: str) -> list[str]:
    """A list of strings."""
    value = record[key]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _unexpected(key, value, "a list of texts")
    return value


def items(record: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list of objects."""
    value = record[key]
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _unexpected(key, value, "a list of objects")
    return value


def optional(record: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any], str], T]) -> T | Missing:
    """What ``read`` finds, or the reason that stands in its place."""
    value = record[key]
    if isinstance(value, dict) and set(value) == {"missing"}:
        return Missing(text(value, "missing"))
    return read(record, key)


class ArrayReader:
    """Arrays by name; each is checked before anything is computed from it, and none may be left over."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self._read: set[str] = set()

    def plain(self, name: str, kind: str, axes: int, *, also: str | None = None) -> NDArray[Any]:
        """The array of that type (or of the type ``also``) and number of axes, of numbers fit to keep."""
        array = self._arrays[name]
        self._read.add(name)
        if array.dtype not in (_DTYPES[kind], _DTYPES[also or kind]) or array.ndim != axes:
            raise ValueError(f"{name} is {array.dtype.name} of shape {array.shape}, expected {kind} with {axes} axes")
        if array.dtype.kind == "f" and not fit_to_keep(array):
            raise ValueError(f"{name} holds NaN, infinite or absurdly large values")
        return array

    def coded(self, name: str, scale_name: str, within: tuple[int, ...] | None) -> Coded:
        """A matrix stored as codes and a scale a row, no larger than the tensor (``within``) it was taken of."""
        codes, scale = self.plain(name, "int8", 2), self.plain(scale_name, "float32", 1)
        if len(scale) != len(codes):
            raise ValueError(f"{name} has {len(codes)} rows and {len(scale)} scales")
        if within is not None and (len(within) != 2 or codes.shape[0] > within[0] or codes.shape[1] > within[1]):
            raise ValueError(f"{name} has the shape {codes.shape}, its tensor {within}")
        if not fit_to_keep(scale * np.float32(-np.iinfo(np.int8).min)):
            raise ValueError(f"{name} holds absurdly large values")
        return Coded(codes, scale)

    def require_all_read(self) -> None:
        """Raise ValueError if an array was never asked for."""
        if left := sorted(set(self._arrays) - self._read):
            raise ValueError(f"the array {left[0][:120]!r}, which nothing describes")


def _finite(key: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not -_MAX_NUMBER < value < _MAX_NUMBER:
        raise _unexpected(key, value, "a finite number")
    return float(value)


def _unexpected(key: str, value: object, expected: str) -> ValueError:
    return ValueError(f"{key}: got {str(value)[:80]!r}, expected {expected}")
