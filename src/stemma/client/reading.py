"""From JSON to the values of :mod:`stemma.client.shapes`, strictly: what does not fit is an error."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from stemma.errors import SourceError

T = TypeVar("T")
_hints = cache(get_type_hints)


def read(kind: type[T], data: Any) -> T:
    """``data`` as a ``kind``; raises SourceError where the server said something else."""
    found: T = _read(kind, data, getattr(kind, "__name__", "answer"))
    return found


def _read(kind: Any, data: Any, where: str) -> Any:  # noqa: PLR0911 one return a kind
    if kind is Any:
        return data
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(data, dict):
            raise _wrong(where, data)
        fields = dataclasses.fields(kind)
        missing = [field.name for field in fields if field.name not in data]
        if missing:
            raise SourceError(f"The server left out {where}.{missing[0]}.", advice="Use a Stemma as new as the server.")
        return kind(**{f.name: _read(_hints(kind)[f.name], data[f.name], f"{where}.{f.name}") for f in fields})
    if get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise _wrong(where, data)
        inner = get_args(kind)[0]
        return tuple(_read(inner, each, f"{where}[{at}]") for at, each in enumerate(data))
    if get_origin(kind) is Literal:
        if data not in get_args(kind):
            raise _wrong(where, data)
        return data
    if get_origin(kind) is dict:
        if not isinstance(data, dict):
            raise _wrong(where, data)
        inner = get_args(kind)[1]
        return {str(name): _read(inner, each, f"{where}.{name}") for name, each in data.items()}
    plain = get_origin(kind) or kind
    if plain is float and type(data) is int:
        return float(data)
    if not isinstance(data, plain) or (plain is int and isinstance(data, bool)):
        raise _wrong(where, data)
    return data


def _wrong(where: str, data: Any) -> SourceError:
    return SourceError(f"The server said {str(data)[:60]!r} for {where}.", advice="Is this the address of a Stemma?")
