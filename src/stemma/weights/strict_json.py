"""JSON of unknown origin: bounded before it is parsed, no duplicate keys, no surprises afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from stemma.errors import LimitExceeded, MalformedFile
from stemma.weights.interface import ByteSource

MAX_VALUES = 3_000_000
MAX_KEYS = 1_500_000
MAX_UNICODE = 40_000_000  # text beyond ASCII may take four bytes a character, twice
MAX_DEPTH = 64
_NESTING = frozenset((dict, list))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json_object(source: ByteSource, max_bytes: int) -> dict[str, Any]:
    """The JSON object that a whole small file holds.

    Raises:
        LimitExceeded: the file is longer than ``max_bytes``, or holds too many values.
        MalformedFile: it is no JSON object.
    """
    if source.size > max_bytes:
        raise LimitExceeded(
            f"{source.name} has {source.size} bytes, at most {max_bytes} are read.",
            advice="A file of this name is never that large in a real model.",
        )
    return parse_json_object(bytes(source.read(0, source.size)), source.name)


def parse_json_object(data: bytes, file: str, *, constants: bool = True) -> dict[str, Any]:
    """Parse ``data`` as one JSON object; ``constants`` allows NaN and Infinity, which Python writes.

    Raises:
        LimitExceeded: more than ``MAX_VALUES`` values, ``MAX_KEYS`` keys or ``MAX_DEPTH`` levels.
        MalformedFile: anything else is wrong with it.
    """
    _check_size(data, file)
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=lambda pairs: _unique(pairs, file),
            parse_constant=None if constants else lambda text: _refuse(file, text, "finite numbers"),
        )
        if _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise LimitExceeded(f"{file} nests JSON too deeply.", advice="The file looks hostile.") from error
    except ValueError as error:
        raise MalformedFile(file, f"text that is no JSON ({error})", "JSON in UTF-8") from error
    if not isinstance(value, dict):
        _refuse(file, f"a JSON {type(value).__name__}", "a JSON object")
    _check_depth(value, file)
    return value


def _check_size(data: bytes, file: str) -> None:
    """Bounds what the parser will build, by counting marks before it starts."""
    values, keys = sum(data.count(mark) for mark in (b",", b"[", b"{")), data.count(b":")
    if values > MAX_VALUES or keys > MAX_KEYS or (len(data) > MAX_UNICODE and not data.isascii()):
        raise LimitExceeded(
            f"{file} holds about {values} JSON values and {keys} keys in {len(data)} bytes.",
            advice=f"At most {MAX_VALUES} and {MAX_KEYS} are read. The file looks hostile.",
        )


def _refuse(file: str, got: str, expected: str) -> NoReturn:
    raise MalformedFile(file, got, expected, advice="The file is damaged or not what its name says.")


def _unique(pairs: list[tuple[str, Any]], file: str) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        _refuse(file, f"the key {double[:80]!r} twice", "every key once")
    return unique


def _check_depth(value: Any, file: str) -> None:
    level: Iterable[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for children in [node.values() if isinstance(node, dict) else node]
            if not _NESTING.isdisjoint(map(type, children))  # vocabularies hold a million leaves
            for child in children
            if type(child) in _NESTING
        ]
        if not level:
            return
    raise LimitExceeded(f"{file} nests JSON deeper than {MAX_DEPTH} levels.", advice="The file looks hostile.")
