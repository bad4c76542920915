"""The directory of a zip archive, as far as PyTorch uses it: stored members, ZIP64, nothing ever inflated.

Reference: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14-16 (end records).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NoReturn

from stemma.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from stemma.immutable import immutable
from stemma.weights.interface import ByteSource

MAX_DIRECTORY = 64_000_000
MAX_MEMBERS = 200_000
_END, _END64, _LOCATOR64, _ENTRY, _LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
_END_SIZE, _LOCATOR_SIZE, _END64_SIZE, _ENTRY_SIZE, _LOCAL_SIZE = 22, 20, 56, 46, 30
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED = 0x2041


@immutable
class Member:
    """Where a member's local header begins, and how long its data is; ``plain`` if it is stored as it is."""

    name: str
    header: int
    size: int
    plain: bool


def read_directory(source: ByteSource) -> dict[str, Member]:
    """Members by name.

    Raises:
        MalformedFile: no zip archive, a truncated one, or records that contradict each other.
        LimitExceeded: more members than any checkpoint has.
    """
    offset, size, count = _end_record(source)
    if size > MAX_DIRECTORY or count > MAX_MEMBERS:
        raise LimitExceeded(
            f"{source.name} announces {count} members in a directory of {size} bytes,"
            f" at most {MAX_MEMBERS} and {MAX_DIRECTORY} are read."
        )
    if offset + size > source.size:
        _fault(source, f"a directory that ends at {offset + size}", f"an end within {source.size} bytes")
    directory = bytes(source.read(offset, size))
    members: dict[str, Member] = {}
    position = 0
    for _ in range(count):
        member, position = _entry(source, directory, position, offset)
        if member.name in members:
            _fault(source, f"the member {member.name[:120]!r} twice", "every name once")
        members[member.name] = member
    return members


def data_offset(source: ByteSource, member: Member) -> int:
    """Where the member's data begins; reads its local header, whose name must be that of the directory.

    Raises:
        UnsupportedFormat: the member is compressed or encrypted.
        MalformedFile: the two headers differ, or the data passes the end of the file.
    """
    if not member.plain:
        raise UnsupportedFormat(
            f"{source.name}: the member {member.name[:120]!r} is compressed or encrypted.",
            advice="PyTorch stores its members plainly: save the model again with torch.save or as safetensors.",
        )
    encoded = member.name.encode("utf-8")
    header = bytes(source.read(member.header, _LOCAL_SIZE + len(encoded)))
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    if header[:4] != _LOCAL or name_length != len(encoded) or header[_LOCAL_SIZE:] != encoded:
        _fault(source, f"another local header for {member.name[:120]!r}", "the one the directory describes")
    start = member.header + _LOCAL_SIZE + name_length + extra_length
    if start + member.size > source.size:
        _fault(source, f"{member.name[:120]!r} ending at {start + member.size}", f"at most {source.size}")
    return int(start)


def _end_record(source: ByteSource) -> tuple[int, int, int]:
    """``(offset, size, number of members)`` of the directory."""
    tail_size = min(source.size, _END_SIZE + _FULL16)
    tail_start = source.size - tail_size
    tail = bytes(source.read(tail_start, tail_size))
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        _fault(source, "no end record", "a zip archive that is complete")
    count, size, offset = struct.unpack_from("<HII", tail, at + 10)
    locator = tail_start + at - _LOCATOR_SIZE
    if locator >= 0 and (count == _FULL16 or _FULL32 in (size, offset)):
        return _end_record64(source, locator)
    return offset, size, count


def _end_record64(source: ByteSource, locator: int) -> tuple[int, int, int]:
    signature, _, where, _ = struct.unpack("<4sIQI", source.read(locator, _LOCATOR_SIZE))
    if signature != _LOCATOR64 or where + _END64_SIZE > source.size:
        _fault(source, "no ZIP64 end record", "one, since the sizes need it")
    record = bytes(source.read(where, _END64_SIZE))
    if record[:4] != _END64:
        _fault(source, "no ZIP64 end record", "one where its locator points")
    count, size, offset = struct.unpack_from("<QQQ", record, 32)
    return offset, size, count


def _entry(source: ByteSource, directory: bytes, position: int, limit: int) -> tuple[Member, int]:
    if directory[position : position + 4] != _ENTRY or len(directory) - position < _ENTRY_SIZE:
        _fault(source, "a directory with fewer members", "as many as announced")
    flags, method = struct.unpack_from("<HH", directory, position + 8)
    packed, size, name_length, extra_length, comment_length = struct.unpack_from("<IIHHH", directory, position + 20)
    (header,) = struct.unpack_from("<I", directory, position + 42)
    name_end = position + _ENTRY_SIZE + name_length
    end = name_end + extra_length + comment_length
    if end > len(directory):
        _fault(source, "a member that passes the directory's end", "one within it")
    try:
        name = directory[position + _ENTRY_SIZE : name_end].decode("utf-8")
    except UnicodeDecodeError:
        _fault(source, "a member's name that is no UTF-8", "UTF-8")
    extra = _extra64(directory[name_end : name_end + extra_length])
    values = [next(extra, -1) if value == _FULL32 else value for value in (size, packed, header)]
    if min(values) < 0 or values[2] + _LOCAL_SIZE + name_length + values[1] > limit:
        _fault(source, f"the member {name[:120]!r} outside the archive", "one before the directory")
    plain = method == 0 and not flags & _ENCRYPTED and values[0] == values[1]
    return Member(name, values[2], values[0], plain), end


def _extra64(extra: bytes) -> Iterator[int]:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        body = extra[position + 4 : position + 4 + length]
        if kind == 1:
            return iter(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
        position += 4 + length
    return iter(())


def _fault(source: ByteSource, got: str, expected: str) -> NoReturn:
    raise MalformedFile(source.name, got, expected, advice="The file is damaged or hostile: fetch it again.")
