"""The graph of an ONNX file, walked field by field: weights are noted by their place, and never read here.

Nothing is unfolded, so a model of any size takes memory for its names alone, and no library is needed. Field
numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from stemma.errors import LimitExceeded, MalformedFile
from stemma.immutable import immutable
from stemma.weights.interface import ByteSource
from stemma.weights.protobuf import LONGEST_VARINT, varint

MAX_NODES = 200_000
MAX_TEXT = 65_536
MAX_TEXTS = 64_000_000
_AHEAD = 1 << 16
_DAMAGED = "The file is damaged, or no ONNX model: fetch it again."


@immutable
class Node:
    """An operation: which initialisers it consumes, and where in the model it stands."""

    name: str
    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    scope: str
    transposed: bool


@dataclass
class Initialiser:
    """A tensor of the graph: its data as a range of the file, typed numbers, or a place in another file."""

    name: str = ""
    shape: list[int] = field(default_factory=list)
    data_type: int = 0
    raw: tuple[int, int] | None = None
    typed: tuple[int, int, int] | None = None
    external: dict[str, str] = field(default_factory=dict)
    is_external: bool = False


@dataclass
class Graph:
    """What is needed of a model: producer, metadata, nodes and initialisers."""

    facts: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    initialisers: list[Initialiser] = field(default_factory=list)


def read_graph(source: ByteSource) -> Graph:
    """Walk over the whole model.

    Raises:
        MalformedFile: lengths that pass their message, or no graph.
        LimitExceeded: more nodes and initialisers than any model has.
    """
    walker, graph = _Walker(source), Graph()
    found = False
    for number, value in walker.fields(0, source.size):
        if number == 7 and isinstance(value, range):
            found = True
            _read_body(walker, value, graph)
        elif number in (2, 3) and isinstance(value, range):
            graph.facts["producer" if number == 2 else "producer_version"] = walker.text(value)
        elif number == 14 and isinstance(value, range):
            key, text = walker.entry(value)
            graph.metadata[key] = text
    if not found:
        walker.fault("no graph", "an ONNX model")
    return graph


def _read_body(walker: _Walker, body: range, graph: Graph) -> None:
    for number, value in walker.fields(body.start, body.stop):
        if number == 1 and isinstance(value, range):
            graph.nodes.append(_node(walker, value))
        elif number == 5 and isinstance(value, range):
            graph.initialisers.append(_initialiser(walker, value))
        if len(graph.nodes) + len(graph.initialisers) > MAX_NODES:
            raise LimitExceeded(f"{walker.file} has more than {MAX_NODES} nodes and initialisers.", advice=_DAMAGED)


def _node(walker: _Walker, place: range) -> Node:
    inputs: list[str] = []
    outputs: list[str] = []
    name = operation = scope = ""
    transposed = False
    for number, value in walker.fields(place.start, place.stop):
        if not isinstance(value, range):
            continue
        if number == 1:
            inputs.append(walker.text(value))
        elif number == 2:
            outputs.append(walker.text(value))
        elif number == 3:
            name = walker.text(value)
        elif number == 4:
            operation = walker.text(value)
        elif number == 5 and operation == "Gemm":
            transposed = transposed or _sets(walker, value, "transB")
        elif number == 9:
            key, text = walker.entry(value)
            scope = text if key == "pkg.torch.onnx.name_scopes" else scope
    return Node(name, operation, tuple(inputs), tuple(outputs), scope, transposed)


def _sets(walker: _Walker, place: range, wanted: str) -> bool:
    name, number_value = "", 0
    for number, value in walker.fields(place.start, place.stop):
        if number == 1 and isinstance(value, range):
            name = walker.text(value)
        elif number == 3 and isinstance(value, int):
            number_value = value
    return name == wanted and number_value != 0


def _initialiser(walker: _Walker, place: range) -> Initialiser:
    found = Initialiser()
    for number, value in walker.fields(place.start, place.stop):
        if number == 1:
            found.shape += [value] if isinstance(value, int) else walker.varints(value, 64)
        elif number == 2 and isinstance(value, int):
            found.data_type = value
        elif number == 14 and isinstance(value, int):
            found.is_external = value == 1
        elif not isinstance(value, range):
            continue
        elif number == 8:
            found.name = walker.text(value)
        elif number == 9:
            found.raw = (value.start, len(value))
        elif number == 13:
            key, text = walker.entry(value)
            found.external[key] = text
        elif number in (4, 5, 7, 10, 11):
            if found.typed is not None:
                walker.fault(f"the numbers of {found.name!r} in pieces", "one packed field")
            found.typed = (number, value.start, len(value))
    return found


class _Walker:
    """Fields of messages that lie in a file; contents come as ranges of the file, for a caller who wants them."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._start = 0
        self._window = b""
        self._texts = 0
        self.file = source.name

    def fault(self, got: str, expected: str) -> NoReturn:
        raise MalformedFile(self.file, got, expected, advice=_DAMAGED)

    def fields(self, position: int, end: int) -> Iterator[tuple[int, int | range]]:
        while position < end:
            key, position = self._varint(position, end)
            kind = key & 7
            if kind == 0:
                value, position = self._varint(position, end)
                yield key >> 3, value
                continue
            if kind not in (1, 2, 5):
                self.fault(f"wire type {kind}", "one of 0, 1, 2 and 5")
            length, position = self._varint(position, end) if kind == 2 else (8 if kind == 1 else 4, position)
            if length > end - position:
                self.fault(f"a field of {length} bytes", f"at most {end - position}")
            yield key >> 3, range(position, position + length)
            position += length

    def text(self, place: range) -> str:
        self._texts += len(place)
        if len(place) > MAX_TEXT or self._texts > MAX_TEXTS:
            raise LimitExceeded(
                f"{self.file} holds a text of {len(place)} bytes, {self._texts} in all;"
                f" at most {MAX_TEXT} and {MAX_TEXTS} are read.",
                advice=_DAMAGED,
            )
        return self._bytes(place).decode("utf-8", errors="replace")

    def entry(self, place: range) -> tuple[str, str]:
        """A StringStringEntryProto."""
        found = {1: "", 2: ""}
        for number, value in self.fields(place.start, place.stop):
            if isinstance(value, range) and number in found:
                found[number] = self.text(value)
        return found[1], found[2]

    def varints(self, place: range, limit: int) -> list[int]:
        position, found = place.start, list[int]()
        while position < place.stop and len(found) < limit:
            value, position = self._varint(position, place.stop)
            found.append(value)
        return found

    def _bytes(self, place: range) -> bytes:
        at = place.start - self._start
        if at < 0 or at + len(place) > len(self._window):
            size = min(max(_AHEAD, len(place)), self._source.size - place.start)
            self._window, self._start, at = bytes(self._source.read(place.start, size)), place.start, 0
        return self._window[at : at + len(place)]

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        ahead = memoryview(self._bytes(range(position, min(end, position + LONGEST_VARINT))))
        value, length = varint(ahead, 0, self.file)
        return value, position + length
