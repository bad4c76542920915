"""Reads the fields of a JSON tree one by one, and keeps what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from stemma.advisories.json_tree import Findings, Node

MAX_TEXT = 100_000
MAX_ITEMS = 10_000
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z", re.ASCII)
_NAMES = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


class Fields:
    """One object of the tree. Every getter reports what is wrong and gives the empty value then."""

    def __init__(self, node: Node, findings: Findings, where: str = "") -> None:
        self.node, self.findings, self.where = node, findings, where
        self.entries: dict[str, Node] = node.value if isinstance(node.value, dict) else {}
        if not isinstance(node.value, dict):
            self.wrong(node, "an object")

    def wrong(self, node: Node, expected: str, rule: str = "type") -> None:
        """Report a value that is not what was expected."""
        got = repr(node.value[:60]) if isinstance(node.value, str) else _NAMES[type(node.value)]
        self.findings.add(node.start, rule, f"{self.where or 'The document'}: got {got}, expected {expected}.")

    def known(self, names: Collection[str], *, strict: bool) -> None:
        """Report keys that are not known: all of them where ``strict``, else those that look like a slip."""
        for key, node in self.entries.items():
            if key in names:
                continue
            near = get_close_matches(key, names, 1, 0.75)
            if strict or near:
                meant = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(names)}."
                self.findings.add(node.start, "unknown", f"{self.path(key)}: there is no such field.", meant)

    def path(self, key: str) -> str:
        """The dotted path of a field."""
        return f"{self.where}.{key}" if self.where else key

    def text(self, key: str, *, required: bool = False, most: int = 2_000) -> str:
        """A string without control characters; empty where there is none."""
        node = self.entries.get(key)
        if node is None:
            if required:
                self.findings.add(self.node.start, "required", f"{self.path(key)} is missing.")
            return ""
        return self._string(node, self.path(key), most)

    def texts(self, key: str, check: Callable[[str], str | None] = lambda _: None) -> tuple[str, ...]:
        """A list of strings, each of which ``check`` may find fault with."""
        found = []
        for at, node in self.items(key):
            value = self._string(node, at, 2_000)
            expected = check(value) if value else None
            if expected is not None:
                Fields._report(self.findings, node, at, expected)
            elif value:
                found.append(value)
        return tuple(found)

    def time(self, key: str, *, required: bool = False) -> str:
        """A moment in UTC as OSV writes it."""
        value = self.text(key, required=required)
        if value and not _is_time(value):
            self._report(self.findings, self.entries[key], self.path(key), "a time such as 2026-01-31T12:00:00Z")
            return ""
        return value

    def items(self, key: str) -> Iterator[tuple[str, Node]]:
        """The items of a list with their paths; a null is an empty list, as OSV has it."""
        node = self.entries.get(key)
        if node is None or node.value is None:
            return
        if not isinstance(node.value, list):
            self._report(self.findings, node, self.path(key), "a list")
            return
        if len(node.value) > MAX_ITEMS:
            self._report(self.findings, node, self.path(key), f"a list of at most {MAX_ITEMS}")
            return
        for number, item in enumerate(node.value):
            yield f"{self.path(key)}[{number}]", item

    def objects(self, key: str) -> Iterator[Fields]:
        """The items of a list of objects."""
        for at, node in self.items(key):
            inner = Fields(node, self.findings, at)
            if isinstance(node.value, dict):
                yield inner

    def object(self, key: str) -> Fields:
        """An object; an empty one where there is none."""
        node = self.entries.get(key)
        return Fields(Node({}, self.node.start) if node is None else node, self.findings, self.path(key))

    def _string(self, node: Node, at: str, most: int) -> str:
        if not isinstance(node.value, str) or len(node.value) > most or _CONTROL.search(node.value):
            self._report(self.findings, node, at, f"text of at most {most} characters, none of them control characters")
            return ""
        return node.value

    @staticmethod
    def _report(findings: Findings, node: Node, at: str, expected: str) -> None:
        Fields(Node({}, node.start), findings, at).wrong(node, expected)


def _is_time(text: str) -> bool:
    if _TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def report(fields: Fields, key: str, expected: str, rule: str = "value") -> None:
    """Report the value at ``key``."""
    node: Node = fields.entries.get(key, fields.node)
    value: Any = node.value
    got = repr(value[:60]) if isinstance(value, str) else _NAMES[type(value)]
    fields.findings.add(node.start, rule, f"{fields.path(key)}: got {got}, expected {expected}.")
