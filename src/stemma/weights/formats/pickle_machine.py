"""A machine that reads pickles and cannot run them.

It builds plain containers; a global stays a name, and calling one is looked up in a table
of pure functions that the caller hands in. Nothing is ever imported. Any name outside the table is refused.
Its opcodes are a table beside it, :mod:`pickle_opcodes`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from stemma.errors import LimitExceeded, MalformedFile, UnsafeFile
from stemma.immutable import immutable

MAX_STEPS = 2_000_000
_MAX_DIGITS = 40
MARK = object()
Key = str | int | float | bytes | bool | None


Step = Callable[["Machine"], object]


@immutable
class Global:
    """The name of something in a module; never the thing."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@immutable
class Opaque:
    """An object that a known, harmless name would have made; its content is dropped."""

    kind: Global


Call = Callable[[tuple[Any, ...]], Any]


@immutable
class Vocabulary:
    """What a pickle may say: calls by name, names that may stand alone, and the meaning of persistent ids."""

    calls: Mapping[str, Call]
    names: Callable[[Global], bool]
    persistent: Callable[[Any], Any]


class Machine:
    """Runs once over the bytes of one pickle."""

    def __init__(self, data: bytes, file: str, vocabulary: Vocabulary, steps: Mapping[int, Step]) -> None:
        self._data = data
        self._file = file
        self._words = vocabulary
        self._steps = steps
        self._at = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The value on top of the stack when the pickle stops.

        Raises:
            UnsafeFile: it names something outside the vocabulary, or uses an opcode that only code needs.
            MalformedFile, LimitExceeded: it is damaged, or too long.
        """
        for _ in range(MAX_STEPS):
            opcode = self.take(1)[0]
            if opcode == ord("."):
                return self.pop()
            handler = self._steps.get(opcode)
            if handler is None:
                raise UnsafeFile(
                    f"{self._file}: its pickle uses the opcode {opcode:#04x}, which weights do not need.",
                    advice="Do not load this file. Ask for the weights as safetensors.",
                )
            handler(self)
        raise LimitExceeded(f"{self._file}: its pickle has more than {MAX_STEPS} steps.")

    def fault(self, got: str, expected: str) -> NoReturn:
        raise MalformedFile(self._file, f"a pickle with {got}", expected, advice="The file is damaged or hostile.")

    def take(self, length: int) -> bytes:
        if length > len(self._data) - self._at:
            self.fault("no end", "a complete one")
        self._at += length
        return self._data[self._at - length : self._at]

    def number(self, code: str) -> int:
        value: int = struct.unpack(code, self.take(struct.calcsize(code)))[0]
        return value

    def line(self, limit: int) -> str:
        end = self._data.find(b"\n", self._at, self._at + limit + 1)
        if end < 0:
            self.fault("a line that does not end", f"at most {limit} bytes")
        return self.decoded(self.take(end + 1 - self._at)[:-1])

    def decoded(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self.fault("text that is no UTF-8", "UTF-8")

    def pop(self) -> Any:
        if not self._stack or self._stack[-1] is MARK:
            self.fault("an empty stack", "a value")
        return self._stack.pop()

    def top(self) -> Any:
        if not self._stack or self._stack[-1] is MARK:
            self.fault("an empty stack", "a value")
        return self._stack[-1]

    def items(self) -> list[Any]:
        """Everything above the last mark."""
        for position in range(len(self._stack) - 1, -1, -1):
            if self._stack[position] is MARK:
                items = self._stack[position + 1 :]
                del self._stack[position:]
                return items
        self.fault("no mark", "one")

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def push_text(self, length: int) -> None:
        self.push(self.decoded(self.take(length)))

    def push_bytes(self, length: int) -> None:
        self.push(self.take(length))

    def push_float(self) -> None:
        self.push(struct.unpack(">d", self.take(8))[0])

    def push_long(self, length: int) -> None:
        if length > _MAX_DIGITS:
            self.fault(f"a number of {length} bytes", f"at most {_MAX_DIGITS}")
        self.push(int.from_bytes(self.take(length), "little", signed=True))

    def push_global(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            self.fault("a global whose name is no text", "text")
        found = Global(module, name)
        if str(found) not in self._words.calls and not self._words.names(found):
            raise UnsafeFile(
                f"{self._file}: its pickle asks for {str(found)[:200]!r}, which is no part of saved weights.",
                advice="Do not load this file with pickle. Ask for the weights as safetensors.",
            )
        self.push(found)

    def tuple_of(self, count: int) -> None:
        self.push(tuple(reversed([self.pop() for _ in range(count)])))

    def append(self, items: list[Any]) -> None:
        target = self.top()
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, Opaque):
            self.fault("an append to no list", "a list")

    def set_items(self, items: list[Any]) -> None:
        target = self.top()
        if len(items) % 2 or not isinstance(target, dict | Opaque):
            self.fault("a key without a value, or no dictionary", "pairs")
        if isinstance(target, dict):
            target.update(self.pairs(items))

    def pairs(self, items: list[Any]) -> dict[Key, Any]:
        keys = items[::2]
        # A tuple may nest a million deep, and hashing one recurses without a bound.
        if len(items) % 2 or not all(isinstance(key, str | int | float | bytes | None) for key in keys):
            self.fault("a key that is neither text nor number", "text or numbers")
        return dict(zip(keys, items[1::2], strict=True))

    def pop_pair(self) -> list[Any]:
        value, key = self.pop(), self.pop()
        return [key, value]

    def call(self) -> None:
        function, arguments = self.pop_pair()
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            self.fault("a call of no function", "a name and a tuple")
        known = self._words.calls.get(str(function))
        self.push(known(arguments) if known is not None else Opaque(function))

    def build(self) -> None:
        """A state for an object: what weights carry there (versions of modules) is not needed."""
        self.pop()
        self.top()

    def persistent(self) -> None:
        self.push(self._words.persistent(self.pop()))

    def check_protocol(self, protocol: int) -> None:
        if protocol > 5:
            self.fault(f"protocol {protocol}", "2 to 5")

    def remember(self, slot: int) -> None:
        self._memo[slot] = self.top()

    def recall(self, slot: int) -> None:
        if slot not in self._memo:
            self.fault(f"the memo {slot}, which is empty", "one that was filled")
        self.push(self._memo[slot])

    def next_slot(self) -> int:
        return len(self._memo)
