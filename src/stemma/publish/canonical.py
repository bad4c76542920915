"""Plain values and canonical JSON: the same report gives the same bytes, and every number is finite."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from enum import Enum
from numbers import Integral, Real
from typing import Any

from stemma.identity import Digest, Missing
from stemma.immutable import immutable

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Document = dict[str, Json]


@immutable
class Undefined:
    """A number that was not finite: where it stood (JSON Pointer) and what it was (nan, inf, -inf)."""

    at: str
    value: str


def plain(value: Any) -> tuple[Json, list[Undefined]]:
    """``value`` as JSON data, with null for every number that is not finite and a list of where those stood.

    Enumerations become their values, :class:`Missing` becomes ``{"missing": reason}``, sets are sorted.

    Raises:
        TypeError: a value of a kind that has no place in a document.
    """
    undefined: list[Undefined] = []
    return _plain(value, "", undefined), undefined


def as_document(content: Mapping[str, Any]) -> Document:
    """``content`` as JSON data, with what is not finite listed under ``undefined``."""
    document, undefined = plain(content)
    assert isinstance(document, dict)
    document["undefined"] = [{"at": u.at, "value": u.value} for u in undefined]
    return document


def to_json(document: Mapping[str, Json]) -> str:
    """Indented, ASCII only, ending in a newline."""
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def to_line(document: Mapping[str, Json]) -> str:
    """One line without its newline, ASCII only."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _plain(value: Any, at: str, undefined: list[Undefined]) -> Json:  # noqa: PLR0911 one return a kind
    if isinstance(value, Enum):
        return _plain(value.value, at, undefined)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return _finite(float(value), at, undefined)
    if isinstance(value, Missing):
        return {"missing": value.reason}
    if isinstance(value, Digest):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v, f"{at}/{_escaped(str(k))}", undefined) for k, v in value.items()}
    if isinstance(value, Set):
        return [_plain(v, f"{at}/{i}", undefined) for i, v in enumerate(sorted(value))]
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_plain(v, f"{at}/{i}", undefined) for i, v in enumerate(value)]
    if hasattr(value, "tolist"):  # arrays and their scalars, without importing their library
        return _plain(value.tolist(), at, undefined)
    raise TypeError(f"{type(value).__name__} at {at or '/'} has no place in a document")


def _finite(number: float, at: str, undefined: list[Undefined]) -> float | None:
    if math.isfinite(number):
        return number
    undefined.append(Undefined(at, repr(number)))
    return None


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
