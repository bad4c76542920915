"""Values of the registry as JSON and back, strictly: how they are kept in files, in rows and in digests."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection
from dataclasses import field, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from stemma.errors import InputError

V = TypeVar("V")
MAX_LINE = 16 << 20
"""Bytes that one stored value may have."""


def later(default: Any = None) -> Any:
    """A field of a dataclass that earlier versions did not write: absent where it has its default.

    So what they wrote is still read, and keeps its spelling and its digest.
    """
    return field(default=default, metadata=_LATER)


_LATER = {"later": True}
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_QUOTED = json.encoder.encode_basestring


def canonical(value: Any) -> str:
    """JSON with one spelling: keys sorted, no spaces, UTF-8."""
    return _ENCODE(value)


def canonical_texts(values: Collection[str]) -> str:
    """The same of a list of texts: joined where none needs an escape, which is a quarter of the work."""
    joined = '","'.join(values)
    bare = joined.isascii() and joined.isprintable() and "\\" not in joined
    if bare and joined.count('"') == 2 * (len(values) - 1):
        return f'["{joined}"]'
    return canonical(list(values))


def texts_of(line: str) -> list[str]:
    """The texts that :func:`canonical_texts` wrote: without an escape, what stands between the quotes."""
    if line.startswith('["') and "\\" not in line:
        return line[2:-2].split('","')
    found: list[str] = json.loads(line)
    return found


def line_of(value: Any) -> str:
    """A value of the registry as one line of JSON, spelt as :func:`canonical` would: fields sorted, tuples as lists.

    It is put together from the texts of its parts: no tree of plain values is made of it before.
    """
    kind: Any = type(value)
    return _writer(kind)(value)


@cache
def _writer(kind: Any) -> Callable[[Any], str]:
    if issubclass(kind, str):  # words of a fixed list are texts as well
        return _QUOTED
    if issubclass(kind, tuple):
        return lambda value: f"[{','.join([line_of(each) for each in value])}]"
    if issubclass(kind, Enum):
        return lambda value: line_of(value.value)
    of_fields = is_dataclass(kind)
    if of_fields:
        return _write_later if _later(kind) else _filled(kind, ())
    return str if kind is int else canonical


def _write_later(value: Any) -> str:
    """Without the fields that earlier versions did not write, where they say nothing."""
    kind: Any = type(value)
    absent = tuple([name for name, default in _later(kind).items() if getattr(value, name) == default])
    return _filled(kind, absent)(value)


@cache
def _filled(kind: Any, absent: tuple[str, ...]) -> Callable[[Any], str]:
    """Writes an object with all fields but the absent ones; there are two of them at least."""
    names = sorted(_hints(kind).keys() - set(absent))
    form, values_of = f"{{{','.join([f'{_QUOTED(name)}:%s' for name in names])}}}", attrgetter(*names)

    def write(value: Any) -> str:
        return form % tuple([_QUOTED(each) if isinstance(each, str) else line_of(each) for each in values_of(value)])

    return write


def value_of(kind: type[V], text: str, place: str = "") -> V:
    """Read what :func:`line_of` wrote.

    Raises:
        InputError: it is no JSON, or does not say what a ``kind`` has to say.
    """
    where = f"{place}: " if place else ""
    if len(text) > MAX_LINE:
        raise InputError(f"{where}Got {len(text)} characters, expected at most {MAX_LINE}.")
    try:
        found: V = _read(kind, json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}Got what is no {kind.__name__}: {error}.", advice="Restore the file.") from error
    return found


def _read(kind: Any, value: Any) -> Any:  # noqa: PLR0911 one return a kind of type
    if is_dataclass(kind):
        return _read_fields(kind, value)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if value is None and NoneType in inner else _read(inner[0], value)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(inner[0], each) for each in value)
    if origin is Literal and value in inner:
        return value
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, value)
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if kind is str and type(value) is str and not storable(value):
        raise ValueError(f"got {value[:60]!a}, which no text may hold")
    if kind in (str, int, bool) and type(value) is kind:
        return value
    raise ValueError(f"got {str(value)[:60]!r}, expected {getattr(kind, '__name__', kind)}")


def storable(text: str) -> bool:
    """False where a text holds what some database refuses: a NUL, or half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text))


def _read_fields(kind: Any, value: Any) -> Any:
    hints = _hints(kind)
    if not isinstance(value, dict) or hints.keys() - _later(kind) - value.keys() or value.keys() - hints.keys():
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise ValueError(f"got {str(got)[:200]}, expected an object with {sorted(hints)}")
    return kind(**{name: _read(hint, value[name]) for name, hint in hints.items() if name in value})


def _member(kind: type[Enum], value: Any) -> Enum:
    found = next((member for member in kind if member.value == value), None)
    if found is None:
        raise ValueError(f"got {str(value)[:60]!r}, expected one of {[member.value for member in kind]}")
    return found


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return {each.name: get_type_hints(kind)[each.name] for each in fields(kind)}


@cache
def _later(kind: Any) -> dict[str, Any]:
    return {each.name: each.default for each in fields(kind) if "later" in each.metadata}
