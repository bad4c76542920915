"""What a plain (unquoted) YAML scalar is. Only values on which YAML 1.1 and YAML 1.2 readers agree are accepted.

``no`` is false to one reader and a string to another, ``2023-07-19`` a date or a string, ``1.10`` the number 1.1: such
words have to be quoted, and the message says so.
"""

from __future__ import annotations

import re

from stemma.immutable import immutable

_NULL = frozenset({"", "~", "null"})
_ODD_NULL = frozenset({"Null", "NULL"})
_BOOLEAN = {"true": True, "false": False}
_ODD_BOOLEAN = frozenset(
    spelling
    for word in ("true", "false", "yes", "no", "on", "off", "y", "n")
    for spelling in (word, word.capitalize(), word.upper())
) - set(_BOOLEAN)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})\.[0-9]{1,30}(?:[eE][-+][0-9]{1,3})?", re.ASCII)
# Whatever some reader may take for a number: digits with separators, another base, sexagesimal, infinities.
_ODD_NUMBER = re.compile(
    r"[-+]?(?:[0-9][0-9_]*(?::[0-5]?[0-9])*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))",
    re.ASCII,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?", re.ASCII)
_FIRST = frozenset("0123456789+-.~nNyYtTfFoO=<")


@immutable
class Hazard:
    """A plain scalar that readers take differently; ``kind`` says for what."""

    kind: str
    text: str


def plain_value(text: str) -> bool | int | float | str | Hazard | None:
    """The value of a plain scalar: null, a boolean, a number, a string, or :class:`Hazard`."""
    if text and text[0] not in _FIRST:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text) and text != "-0":
        return int(text)
    if _NUMBER.fullmatch(text):
        return _number(text)
    return _odd(text)


def _number(text: str) -> float | int | Hazard:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return Hazard("a number out of range", text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _odd(text: str) -> str | Hazard:
    if text in _ODD_BOOLEAN:
        return Hazard("a boolean to some readers", text)
    if text in _ODD_NULL:
        return Hazard("a null to some readers", text)
    if _ODD_NUMBER.fullmatch(text):
        return Hazard("a number to some readers", text)
    if _DATE.fullmatch(text):
        return Hazard("a date to some readers", text)
    return Hazard("a special word to some readers", text) if text in ("=", "<<") else text
