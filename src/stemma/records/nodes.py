"""YAML of unknown origin as a tree with places. What a record may not hold is refused here: tags, anchors and aliases,
several documents, directives, keys that are no strings or stand twice, and anything too deep or too large.

The events come from libyaml. A comment has no event, so nothing here sees it; ``records.layout`` keeps comments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stemma.errors import LimitExceeded, Problem
from stemma.records.scalars import Hazard, plain_value

MAX_BYTES = 4 << 20
MAX_DEPTH = 16
MAX_NODES = 200_000
MAX_SCALAR = 1 << 18
MAX_PROBLEMS = 200


class Node:
    """A value with its place (line and column from 1; 0 for values that come from no text)."""

    __slots__ = ("column", "line", "text", "value")

    def __init__(self, value: Any, line: int, column: int, text: str | None = None) -> None:
        self.text = text  # as written, for scalars that came from a text
        # None, bool, int, float, str, Hazard, list[Node], or dict[str, tuple[Node, Node]] (key node, value node)
        self.value = value
        self.line = line
        self.column = column


@dataclass
class Findings:
    """The problems of one file, as they are found."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    more: int = 0

    @property
    def full(self) -> bool:
        """True where what is found from now on is only counted."""
        return len(self.problems) >= MAX_PROBLEMS

    def add(self, node: Node, rule: str, message: str, advice: str = "") -> None:
        """Report what is wrong at ``node``."""
        if self.full:
            self.more += 1
            return
        self.problems.append(Problem(self.file, node.line, node.column, message, advice, rule))

    def sorted(self) -> tuple[Problem, ...]:
        """The first ``MAX_PROBLEMS``, in order of place, and last how many more there are."""
        found = sorted(self.problems, key=lambda p: (p.line, p.column, p.rule, p.message))
        rest = [Problem(self.file, 0, 0, f"{self.more} more problems are not shown.", rule="more")] if self.more else []
        return (*found, *rest)


class _Stop(Exception):
    """What was found makes the rest of the text meaningless."""


def read_tree(text: str | bytes, findings: Findings) -> Node | None:
    """The tree of one YAML document; None where its text cannot be read at all. Problems go to ``findings``."""
    import yaml  # noqa: PLC0415 records that come from no text need no parser

    whole = _decoded(text, findings)
    if whole is None:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(whole)
    try:
        return _Tree(loader, yaml, findings).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Node(None, mark.line + 1, mark.column + 1) if mark else Node(None, 1, 1)
        _add_fault(findings, place, str(error.problem or error.context))
    except yaml.YAMLError as error:
        findings.add(Node(None, 1, 1), "yaml", f"This is no YAML: {str(error).splitlines()[0]}.")
    except _Stop:
        pass
    finally:
        loader.dispose()
    return None


def _add_fault(findings: Findings, place: Node, fault: str) -> None:
    if "nesting depth" in fault:  # libyaml reads ahead, and has a bound of its own
        findings.add(place, "depth", f"Values are nested deeper than {MAX_DEPTH} levels.")
    else:
        findings.add(place, "yaml", f"This is no YAML: {fault}.")


def _decoded(text: str | bytes, findings: Findings) -> str | None:
    start = Node(None, 1, 1)
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        findings.add(start, "size", f"The file has {size} bytes, at most {MAX_BYTES} are read.")
        return None
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        findings.add(Node(None, line, 1), "encoding", f"Byte {error.start} is not UTF-8.", "Save the file as UTF-8.")
        return None


class _Tree:
    """Builds nodes out of events, without recursion."""

    def __init__(self, loader: Any, yaml: Any, findings: Findings) -> None:
        self._next = loader.get_event
        self._yaml = yaml
        self._findings = findings
        self._count = 0

    def document(self) -> Node | None:
        yaml = self._yaml
        self._next()  # start of the stream
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            self._findings.add(Node(None, 1, 1), "empty", "The file is empty, expected a record.")
            return None
        if event.version or event.tags:
            self._refuse(event, "directive", "A directive (%YAML, %TAG) has no place in a record.")
        root = self._value()
        self._next()  # end of the document
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._refuse(event, "documents", "A second document begins here, a file holds one record.")
        return root

    def _value(self) -> Node:
        """One whole value. ``stack`` holds the open collections, each with the key that waits for its value."""
        yaml = self._yaml
        scalar, mapping_start = yaml.ScalarEvent, yaml.MappingStartEvent
        mapping_end, sequence_end = yaml.MappingEndEvent, yaml.SequenceEndEvent
        next_event, check = self._next, self._check
        stack: list[tuple[Node, list[Node]]] = []
        while True:
            event = next_event()
            kind = type(event)
            if kind is mapping_end or kind is sequence_end:
                node, _ = stack.pop()
            else:
                check(event, len(stack))
                mark = event.start_mark
                if kind is scalar:
                    node = Node(self._scalar(event), mark.line + 1, mark.column + 1, event.value)
                else:
                    node = Node({} if kind is mapping_start else [], mark.line + 1, mark.column + 1)
                    stack.append((node, []))
                    continue
            if not stack:
                return node
            parent, waiting = stack[-1]
            if type(parent.value) is list:
                parent.value.append(node)
            elif waiting:
                self._put(parent, waiting.pop(), node)
            else:
                waiting.append(node)

    def _put(self, parent: Node, key: Node, node: Node) -> None:
        if not isinstance(key.value, str):
            advice = "Put it in quotes." if not isinstance(key.value, (list, dict)) else ""
            self._findings.add(key, "key", f"Got {shown(key)} as a key, expected a string.", advice)
        elif key.value in parent.value:
            first = parent.value[key.value][0].line
            message = f"The key {key.value[:60]!r} stands here a second time; the first is in line {first}."
            self._findings.add(key, "duplicate", message)
        else:
            parent.value[key.value] = (key, node)

    def _check(self, event: Any, depth: int) -> None:
        self._count += 1
        if event.anchor is not None:  # an alias has one, too
            self._refuse(event, "alias", "Anchors and aliases have no place in a record.", "Write the value out.")
        if event.tag is not None:
            self._refuse(event, "tag", f"The tag {event.tag[:60]!r} has no place in a record.", "Leave the tag out.")
        if depth >= MAX_DEPTH:
            self._refuse(event, "depth", f"Values are nested deeper than {MAX_DEPTH} levels.")
        if self._count > MAX_NODES:
            self._refuse(event, "size", f"The file holds more than {MAX_NODES} values.")

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if len(text) > MAX_SCALAR:
            self._refuse(event, "size", f"A value has {len(text)} characters, at most {MAX_SCALAR} are read.")
        return plain_value(text) if event.implicit[0] else text

    def _refuse(self, event: Any, rule: str, message: str, advice: str = "") -> None:
        mark = event.start_mark
        self._findings.add(Node(None, mark.line + 1, mark.column + 1), rule, message, advice)
        raise _Stop


def tree_of(data: Any, depth: int = 0) -> Node:
    """The tree of plain Python data, which has no places.

    Raises:
        TypeError: for what JSON does not have.
        LimitExceeded: it is nested deeper than ``MAX_DEPTH`` levels.
    """
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"The data are nested deeper than {MAX_DEPTH} levels.")
    if isinstance(data, dict) and all(isinstance(key, str) for key in data):
        return Node({key: (Node(key, 0, 0), tree_of(value, depth + 1)) for key, value in data.items()}, 0, 0)
    if isinstance(data, (list, tuple)):
        return Node([tree_of(item, depth + 1) for item in data], 0, 0)
    if isinstance(data, float) and data.is_integer() and abs(data) < 2**53:
        return Node(int(data), 0, 0)
    if data is None or isinstance(data, (bool, int, float, str)):
        return Node(data, 0, 0)
    raise TypeError(f"{type(data).__name__} has no place in a record, or a key is no text")


def shown(node: Node) -> str:
    """A value in a few words, for messages."""
    value = node.value
    if isinstance(value, Hazard):
        return f"{value.text[:40]} ({value.kind})"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    if value is None:
        return "nothing"
    plain = str(value).lower() if isinstance(value, bool) else node.text or str(value)
    text = repr(value) if isinstance(value, str) else plain
    return text if len(text) <= 60 else text[:57] + "..."
