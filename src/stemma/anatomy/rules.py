"""One rule of a naming scheme, and the tree of paths in which rules are looked up.

A pattern is a path of segments joined by dots. ``{a,b}`` stands for either text (an alternative may hold dots or
be empty), ``<layer>``, ``<expert>`` and ``<n>`` for a decimal number, ``<word>`` for any
one segment. Matching walks the path from its first
segment to its last: there is no substring search and no order among rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from stemma.anatomy.interface import Role
from stemma.immutable import immutable

CAPTURES = ("<layer>", "<expert>", "<n>", "<word>")
WAYS = ("rows", "heads", "alternate", "quarters")
_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*|[0-9]+|<layer>|<expert>|<n>|<word>")
_BRACES = re.compile(r"\{([^{}]*)\}")
_FIELDS = {"role", "fused", "by", "transposed", "stacked", "bias", "exempt", "stack", "stacks"}


class SchemeError(ValueError):
    """A naming scheme that contradicts itself or its schema: a defect of the package, found when it loads."""


@immutable
class Slot:
    """A role with the block that tells it apart, written ``role`` or ``role/block``."""

    role: Role
    block: str = ""

    @classmethod
    def parse(cls, text: str) -> Slot:
        """Read ``role/block``; raises SchemeError on an unknown role."""
        name, _, block = text.partition("/")
        try:
            return cls(Role(name), block)
        except ValueError as problem:
            raise SchemeError(f"unknown role {name!r}") from problem


@immutable
class Rule:
    """What a path means: one slot, several fused ones, or a reasoned exemption.

    ``by`` says how fused slots lie along the rows: one after the other ("rows"), repeating for every group of
    heads ("heads"), or row by row in turn ("alternate"), or in four shards ("quarters"). ``transposed`` matrices
    lie on disk as (in, out); ``stacked`` ones have experts as their leading axis, and either orientation behind
    it. ``stacks`` gives the slot by stack where the same path means different things in different stacks.
    """

    slots: tuple[Slot, ...] = ()
    by: str = "rows"
    transposed: bool = False
    stacked: bool = False
    bias: bool = False
    exempt: str = ""
    stack: str = ""
    stacks: tuple[tuple[str, Slot], ...] = ()

    def within(self, stack: str) -> Rule | None:
        """The rule as it stands in one stack; None where it says nothing of that one."""
        if not self.stacks:
            return self
        slot = dict(self.stacks).get(stack)
        return None if slot is None else replace(self, slots=(slot,), stacks=())

    @classmethod
    def parse(cls, value: object) -> Rule:
        """Read a rule as a scheme file writes it: ``"role/block"``, ``"!reason"`` or a table."""
        if isinstance(value, str):
            return cls(exempt=value[1:].strip()) if value.startswith("!") else cls((Slot.parse(value),))
        if not isinstance(value, Mapping) or not set(value) <= _FIELDS:
            raise SchemeError(f"a rule has unknown fields: {value!r}")
        return cls._from_table(value)

    @classmethod
    def _from_table(cls, table: Mapping[str, Any]) -> Rule:
        if len({"role", "fused", "exempt", "stacks"} & set(table)) != 1:
            raise SchemeError(f"a rule has exactly one of role, fused, exempt and stacks: {table!r}")
        by = table.get("by", "rows")
        if by not in WAYS:
            raise SchemeError(f"by is one of {WAYS}, not {by!r}")
        texts = table.get("fused") or ([table["role"]] if "role" in table else [])
        return cls(
            slots=tuple(Slot.parse(text) for text in texts),
            by=by,
            transposed=table.get("transposed", False) is True,
            stacked=table.get("stacked", False) is True,
            bias=table.get("bias", False) is True,
            exempt=table.get("exempt", ""),
            stack=table.get("stack", ""),
            stacks=tuple((stack, Slot.parse(text)) for stack, text in table.get("stacks", {}).items()),
        )


@immutable
class Captured:
    """The numbers that a path held: -1 where there was none; ``extra`` is what ``<n>`` and
    ``<word>`` stood for."""

    layer: int = -1
    expert: int = -1
    extra: tuple[str, ...] = ()


Numbers = list[tuple[str, str]]


@dataclass
class Node:
    """A segment in the tree of paths."""

    children: dict[str, Node] = field(default_factory=dict)
    capture: str = ""
    value: Any = None

    def child(self, segment: str, where: str) -> Node:
        """The child for a segment of a pattern, made if new; a capture admits no sibling numbers."""
        found = self.children.get(segment)
        if found is not None:
            return found
        key = "#" if segment in CAPTURES else segment
        if key == "#":
            if self.capture not in ("", segment) or any(name.isdigit() for name in self.children):
                raise SchemeError(f"{where}: {segment} collides with another number at the same place")
            self.capture = segment
        elif segment.isdigit() and self.capture:
            raise SchemeError(f"{where}: {segment} collides with {self.capture}")
        if key not in self.children:
            self.children[key] = Node()
        return self.children[key]


def alternatives(pattern: str) -> Iterator[tuple[str, ...]]:
    """Every path that a pattern stands for, as segments."""
    found = _BRACES.search(pattern)
    if found is None:
        segments = tuple(pattern.split("."))
        if not all(map(_is_segment, segments)):
            raise SchemeError(f"not a pattern: {pattern!r}")
        yield segments
        return
    for choice in found[1].split(","):
        yield from alternatives(pattern[: found.start()] + choice + pattern[found.end() :])


@lru_cache(maxsize=4096)
def _is_segment(text: str) -> bool:
    return _SEGMENT.fullmatch(text) is not None


def plant(root: Node, pattern: str, value: object) -> None:
    """Put a value at every path of a pattern; another value at the same path is an error."""
    for segments in alternatives(pattern):
        node = root
        for segment in segments:
            node = node.child(segment, pattern)
        if node.value not in (None, value):
            raise SchemeError(f"{pattern}: {'.'.join(segments)} already means something else")
        node.value = value


def descend(node: Node, segments: Sequence[str], start: int, stop: int, numbers: Numbers) -> tuple[Node, int] | None:
    """Follow ``segments[start:stop]`` down from a node, as far as a trunk; the node reached and the place behind it.

    What captures stand for is appended to ``numbers``. None where the tree ends before.
    """
    for at in range(start, stop):
        segment = segments[at]
        child = node.children.get(segment)
        if child is None:
            capture = node.capture
            if not capture or (capture != "<word>" and not (segment.isdecimal() and len(segment) < 8)):
                return None
            child = node.children["#"]
            numbers.append((capture, segment))
        node = child
        if type(node.value) is str:
            return node, at + 1
    return node, stop


def captured(numbers: Numbers) -> Captured:
    """The numbers of a path by what they are."""
    layer, expert, extra = -1, -1, []
    for kind, text in numbers:
        if kind == "<layer>":
            layer = int(text)
        elif kind == "<expert>":
            expert = int(text)
        else:
            extra.append(text)
    return Captured(layer, expert, tuple(extra))
