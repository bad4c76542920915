"""The opcodes of pickle that saved weights use, each one step of the machine.

Reference: ``pickletools`` of the standard library, protocols 2 to 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.weights.formats.pickle_machine import MARK, Machine, Step, Vocabulary


def read_pickle(data: bytes, file: str, vocabulary: Vocabulary) -> Any:
    """The value of a pickle; raises what :meth:`Machine.run` raises."""
    return Machine(data, file, vocabulary, OPCODES).run()


def _stack_global(machine: Machine) -> None:
    machine.push_global(*machine.pop_pair())


def _line_global(machine: Machine) -> None:
    machine.push_global(machine.line(300), machine.line(300))


_LITERALS: Mapping[str, Step] = {
    "N": lambda m: m.push(None),
    "\x88": lambda m: m.push(True),
    "\x89": lambda m: m.push(False),
    "J": lambda m: m.push(m.number("<i")),
    "K": lambda m: m.push(m.number("<B")),
    "M": lambda m: m.push(m.number("<H")),
    "\x8a": lambda m: m.push_long(m.number("<B")),
    "\x8b": lambda m: m.push_long(m.number("<I")),
    "G": lambda m: m.push_float(),
    "\x8c": lambda m: m.push_text(m.number("<B")),
    "X": lambda m: m.push_text(m.number("<I")),
    "\x8d": lambda m: m.push_text(m.number("<Q")),
    "C": lambda m: m.push_bytes(m.number("<B")),
    "B": lambda m: m.push_bytes(m.number("<I")),
    "\x8e": lambda m: m.push_bytes(m.number("<Q")),
    "\x96": lambda m: m.push_bytes(m.number("<Q")),
}

_CONTAINERS: Mapping[str, Step] = {
    "(": lambda m: m.push(MARK),
    ")": lambda m: m.push(()),
    "]": lambda m: m.push([]),
    "}": lambda m: m.push({}),
    "\x8f": lambda m: m.push([]),
    "t": lambda m: m.push(tuple(m.items())),
    "l": lambda m: m.push(m.items()),
    "d": lambda m: m.push(m.pairs(m.items())),
    "\x91": lambda m: m.push(m.items()),
    "\x85": lambda m: m.tuple_of(1),
    "\x86": lambda m: m.tuple_of(2),
    "\x87": lambda m: m.tuple_of(3),
    "a": lambda m: m.append([m.pop()]),
    "e": lambda m: m.append(m.items()),
    "\x90": lambda m: m.append(m.items()),
    "s": lambda m: m.set_items(m.pop_pair()),
    "u": lambda m: m.set_items(m.items()),
}

_CONTROL: Mapping[str, Step] = {
    "\x80": lambda m: m.check_protocol(m.number("<B")),
    "\x95": lambda m: m.number("<Q"),
    "0": lambda m: m.pop(),
    "1": lambda m: m.items(),
    "2": lambda m: m.push(m.top()),
    "q": lambda m: m.remember(m.number("<B")),
    "r": lambda m: m.remember(m.number("<I")),
    "\x94": lambda m: m.remember(m.next_slot()),
    "h": lambda m: m.recall(m.number("<B")),
    "j": lambda m: m.recall(m.number("<I")),
    "c": _line_global,
    "\x93": _stack_global,
    "R": lambda m: m.call(),
    "\x81": lambda m: m.call(),
    "b": lambda m: m.build(),
    "Q": lambda m: m.persistent(),
}

# Left out on purpose: the text forms of protocol 0, i and o (instances), P (ids as text), \x82-\x84 (extension
# registry), \x92 (keyword arguments), \x97-\x98 (buffers outside the pickle). Saved weights use none of them.
OPCODES: Mapping[int, Step] = {
    ord(code): step for table in (_LITERALS, _CONTAINERS, _CONTROL) for code, step in table.items()
}
