"""JSON of unknown origin as a tree with places: bounded, no key twice, no NaN, no surrogates."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from stemma.errors import Problem

MAX_BYTES = 4 << 20
MAX_DEPTH = 24
MAX_NODES = 200_000
MAX_PROBLEMS = 200
_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False, "null": None}


class Node:
    """A value and where it begins. ``value``: None, bool, int, float, str, list of nodes, or dict of nodes by key."""

    __slots__ = ("start", "value")

    def __init__(self, value: Any, start: int) -> None:
        self.value = value
        self.start = start

    def plain(self) -> Any:
        """The value as plain data."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value


@dataclass
class Findings:
    """The problems of one text, as they are found."""

    file: str
    text: str = ""
    problems: list[Problem] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)

    def add(self, start: int, rule: str, message: str, advice: str = "") -> None:
        """Report what is wrong at an offset of the text."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.file, *self._place(start), message, advice, rule))

    def sorted(self) -> tuple[Problem, ...]:
        """In order of place."""
        return tuple(sorted(self.problems, key=lambda p: (p.line, p.column, p.rule, p.message)))

    def _place(self, start: int) -> tuple[int, int]:
        if not self.text:
            return 0, 0
        if not self._lines:
            self._lines = [0, *(found.end() for found in re.finditer("\n", self.text))]
        line = bisect_right(self._lines, start)
        return line, start - self._lines[line - 1] + 1


def read_json(data: str | bytes, findings: Findings) -> Node | None:
    """The tree of one JSON document; None where it is none. Problems go to ``findings``."""
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        findings.add(0, "size", f"The file has {size} bytes, at most {MAX_BYTES} are read.")
        return None
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        text.encode("utf-8")
    except UnicodeError:
        findings.add(0, "encoding", "This is not UTF-8.", "Save the file as UTF-8.")
        return None
    findings.text = text
    try:
        return _Reader(text, findings).document()
    except _StopError as stop:
        findings.add(stop.start, "json", f"This is no JSON: {stop.message}.")
        return None


def tree_of(value: Any) -> Node:
    """The tree of plain data, which has no places."""
    if isinstance(value, dict):
        return Node({str(key): tree_of(inner) for key, inner in value.items()}, 0)
    return Node([tree_of(inner) for inner in value], 0) if isinstance(value, list | tuple) else Node(value, 0)


class _StopError(Exception):
    """The rest of the text is meaningless."""

    def __init__(self, start: int, message: str) -> None:
        super().__init__(message)
        self.start, self.message = start, message


class _Reader:
    """Reads a document by descent; the depth is bounded."""

    def __init__(self, text: str, findings: Findings) -> None:
        self.text, self.at, self.findings, self.nodes = text, 0, findings, 0

    def document(self) -> Node:
        node = self._value(0)
        self._skip()
        if self.at != len(self.text):
            raise _StopError(self.at, "something follows the document")
        return node

    def _skip(self) -> str:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def _value(self, depth: int) -> Node:
        first, start = self._skip(), self.at
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _StopError(start, f"it holds more than {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise _StopError(start, f"it is nested deeper than {MAX_DEPTH}")
        if first == "{":
            return Node(self._object(depth), start)
        if first == "[":
            return Node(self._array(depth), start)
        return Node(self._string() if first == '"' else self._plain(), start)

    def _plain(self) -> Any:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise _StopError(self.at, "a value was expected" if self.at < len(self.text) else "it ends too early")
        self.at = found.end()
        number = json.loads(found[0])
        if isinstance(number, float) and number in (float("inf"), float("-inf")):
            raise _StopError(found.start(), "a number is out of range")
        return number

    def _string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise _StopError(self.at, "a string is broken")
        self.at = found.end()
        value: str = json.loads(found[0])
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise _StopError(found.start(), "a string holds half a character") from error
        return value

    def _array(self, depth: int) -> list[Node]:
        self.at += 1
        items: list[Node] = []
        if self._skip() == "]":
            self.at += 1
            return items
        while True:
            items.append(self._value(depth + 1))
            if self._closed("]"):
                return items

    def _object(self, depth: int) -> dict[str, Node]:
        self.at += 1
        entries: dict[str, Node] = {}
        if self._skip() == "}":
            self.at += 1
            return entries
        while True:
            if self._skip() != '"':
                raise _StopError(self.at, "a key in quotes was expected")
            start, key = self.at, self._string()
            if self._skip() != ":":
                raise _StopError(self.at, "a colon was expected")
            self.at += 1
            if key in entries:
                self.findings.add(start, "duplicate", f"The key {key[:60]!r} stands twice.", "Say it once.")
            entries[key] = self._value(depth + 1)
            if self._closed("}"):
                return entries

    def _closed(self, end: str) -> bool:
        found = self._skip()
        if found not in (",", end) or not found:
            raise _StopError(self.at, f"a comma or {end} was expected")
        self.at += 1
        return found == end
