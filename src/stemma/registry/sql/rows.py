"""A record as a line of JSON that was validated before: made into rows without reading it as a record again.

Only what rows rest on is looked at: name, version, type, status, relations. A line that is no record for other reasons
is found out when that record is read.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from stemma.errors import BadVersion, InputError
from stemma.identity import Range, Version, name_problem
from stemma.records import MAX_BYTES
from stemma.registry.edges import Standing
from stemma.registry.forms import canonical_texts, storable
from stemma.registry.marks import marks_in
from stemma.registry.search import words_of
from stemma.registry.sql.codes import KIND_CODES, STATE_CODES, TO_UPSTREAM, TYPE_CODES
from stemma.registry.sql.identities import mark_numbers, marks_text
from stemma.vocabulary import Grounds

_KINDS = {kind.value: code for kind, code in KIND_CODES.items()}
_TYPES = {of.value: code for of, code in TYPE_CODES.items()}
_GROUNDS = {ground.value: int(Standing[ground.name]) for ground in Grounds}
_DENIED = int(Standing.DENIED)
_MAX_RELATIONS = 10_000


class Rows(NamedTuple):
    """The rows of one record, in the order of the columns that the loader names."""

    record: tuple[str, str, int, int, str, str, str, str, str, str]
    edges: list[tuple[str, str, int, str, int, str, int]]
    marks: list[tuple[int, str, str]]


def rows_of(line: str, number: int) -> Rows:
    """The rows of a line; raises InputError, which names the line, where they cannot be made."""
    try:
        return _rows(line, json.loads(line) if len(line) <= MAX_BYTES else None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadVersion) as error:
        raise InputError(
            f"Line {number}: got what is no record: {error}.",
            advice="Load records that were validated; others go in with: stemma registry import",
        ) from error


def _rows(line: str, data: Any) -> Rows:
    if not isinstance(data, dict):
        raise ValueError("expected an object, of bounded size")
    name, version = data["name"], _version(data["version"])
    problem = name_problem(name)
    if problem is not None:
        raise ValueError(problem)
    relations = data.get("relations") or []
    if len(relations) > _MAX_RELATIONS:
        raise ValueError(f"{len(relations)} relations")
    edges = []
    for position, relation in enumerate(relations):
        target, span = _target(relation["target"])
        code = _KINDS[relation["kind"]]
        ends = (target, name) if code in TO_UPSTREAM else (name, target)
        edges.append((*ends, code, version, position, span, _standing(relation.get("evidence") or ())))
    about = data.get("about") or {}
    title = about.get("title")
    licenses = about.get("licenses") or about.get("+licenses") or []
    found = marks_in(data)
    record = (
        name,
        version,
        STATE_CODES[(data.get("status") or {}).get("state", "active")],
        _TYPES[data["type"]],
        "" if title == name else _text(title),
        _text(about.get("publisher")),
        canonical_texts([_text(each) for each in licenses]) if licenses else "",
        marks_text(found),
        _stored(line),
        _text(words_of(data, found)),
    )
    return Rows(record, edges, [(number, name, version) for number in mark_numbers(found)])


@lru_cache(maxsize=65_536)
def _version(text: str) -> str:
    return str(Version.parse(text))


@lru_cache(maxsize=65_536)
def _target(text: str) -> tuple[str, str]:
    name, at, span = text.partition("@")
    problem = name_problem(name)
    if problem is not None or (at and not span.strip()):
        raise ValueError(problem or f"{text[:60]!r} has no version after the @")
    return name, _range(span)


@lru_cache(maxsize=65_536)
def _range(text: str) -> str:
    return str(Range.parse(text))


def _standing(evidence: Any) -> int:
    found = 0
    for each in evidence:
        found |= _DENIED if each.get("denies") is True else _GROUNDS[each["grounds"]]
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not storable(value):
        raise ValueError(f"got {ascii(value)[:60]}, expected a text")
    return value


def _stored(line: str) -> str:
    return line.rstrip("\n") + "\n"
