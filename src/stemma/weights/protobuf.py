"""The wire format of Protocol Buffers, as far as a SentencePiece model needs it.

Reference: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

from stemma.errors import MalformedFile

LONGEST_VARINT = 10
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def fields(data: memoryview, file: str) -> Iterator[tuple[int, int | memoryview]]:
    """``(field number, value)`` in order: varints as int, everything else as the bytes it has.

    Raises:
        MalformedFile: a field ends after its message, or has a wire type that is no longer in use.
    """
    position = 0
    while position < len(data):
        key, position = varint(data, position, file)
        kind = key & 7
        if kind == _VARINT:
            value, position = varint(data, position, file)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, position = varint(data, position, file)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise MalformedFile(file, f"wire type {kind}", "one of 0, 1, 2 and 5")
        if length > len(data) - position:
            raise MalformedFile(file, f"a field of {length} bytes", f"at most {len(data) - position}")
        yield key >> 3, data[position : position + length]
        position += length


def varint(data: memoryview, position: int, file: str) -> tuple[int, int]:
    """``(number, position after it)``; raises MalformedFile where it does not end within ten bytes."""
    value = 0
    for shift in range(0, 7 * LONGEST_VARINT, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise MalformedFile(file, "a varint that does not end", "at most 10 bytes")
