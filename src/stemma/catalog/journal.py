"""The index of a catalog: an append-only list of what was added and removed.

``index.jsonl`` begins with a head line that names the format, the fingerprint schema, the length of a search vector and
the file of the vectors; each further line is one change: names removed, then fingerprints added. The n-th fingerprint
ever added owns row n of the vectors. A line counts once its newline is there, so a change happens whole or not at all,
and readers need no lock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from stemma.catalog.files import clear_errors
from stemma.catalog.interface import Entry
from stemma.catalog.names import is_name
from stemma.catalog.search import REPAIR_ADVICE
from stemma.errors import LimitExceeded, MalformedFile
from stemma.identity import Digest
from stemma.immutable import immutable

FORMAT = "stemma.catalog/1"
FILE = "index.jsonl"
MAX_BYTES = 1 << 30
MAX_VECTOR = 65_536
_HEAD_BYTES = 1 << 16
_VECTORS = re.compile(r"vectors-[0-9]{6}\.f32")


@immutable
class Head:
    """What holds for every entry: the fingerprint schema, the length of a search vector, and the file they are in."""

    schema: str
    length: int
    generation: int

    @property
    def vectors(self) -> str:
        """The file of the search vectors."""
        return f"vectors-{self.generation:06}.f32"


@immutable
class Journal:
    """The index as far as it was read: ``entries`` by name, ``rows`` handed out, ``end`` of the last whole line.

    ``torn`` counts bytes after that: what a write that was cut off left behind.
    """

    head: Head
    first_line: bytes
    end: int
    torn: int = 0
    rows: int = 0
    entries: Mapping[str, Entry] = field(default_factory=dict)


def read_journal(path: Path, before: Journal | None = None) -> Journal:
    """The index at ``path``; of a longer version of ``before`` only the new lines are read.

    Raises:
        MalformedFile: a whole line is no line of an index.
        LimitExceeded: it is longer than any index.
        StemmaError: it could not be read.
    """
    with clear_errors(path, "read"), path.open("rb") as stream:
        first = stream.readline(_HEAD_BYTES)
        known = before is not None and before.first_line == first
        size = stream.seek(0, 2)
        if size > MAX_BYTES:
            raise LimitExceeded(f"{path} has {size} bytes, at most {MAX_BYTES} are read.", advice=REPAIR_ADVICE)
        if before is not None and known and size >= before.end:
            journal = before
        else:
            journal = Journal(_head(path, first), first, len(first))
        stream.seek(journal.end)
        return _extended(path, journal, stream.read(size - journal.end))


def head_line(head: Head) -> bytes:
    """The line that begins an index."""
    fields = {"format": FORMAT, "schema": head.schema, "length": head.length, "vectors": head.vectors}
    return _line(fields)


def change_line(added: Iterable[tuple[str, Digest, int]], removed: Iterable[str] = ()) -> bytes:
    """The line of one change: ``(name, digest, size)`` of what is added or replaced, names of what is removed."""
    adding = [{"name": name, "sha256": digest.hex, "size": size} for name, digest, size in added]
    return _line({"add": adding, "remove": sorted(removed)})


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _head(path: Path, line: bytes) -> Head:
    fields = _fields(path, line) if line.endswith(b"\n") else {}
    schema, length, vectors = fields.get("schema"), fields.get("length"), fields.get("vectors")
    if (
        fields.get("format") != FORMAT
        or not isinstance(schema, str)
        or type(length) is not int
        or not 0 < length <= MAX_VECTOR
        or not isinstance(vectors, str)
        or not _VECTORS.fullmatch(vectors)
    ):
        raise MalformedFile(str(path), repr(line[:80]), f"the head of a {FORMAT} index", advice=REPAIR_ADVICE)
    return Head(schema, length, int(vectors[8:14]))


def _extended(path: Path, journal: Journal, data: bytes) -> Journal:
    whole = data[: data.rfind(b"\n") + 1]
    if not whole and journal.torn == len(data):
        return journal
    entries, rows = dict(journal.entries), journal.rows
    for fields in _lines(path, whole):
        for name in _list(path, fields, "remove"):
            entries.pop(_name(path, name), None)
        for added in _list(path, fields, "add"):
            entry = _entry(path, added, rows)
            entries[entry.name] = entry
            rows += 1
    end = journal.end + len(whole)
    return replace(journal, end=end, torn=len(data) - len(whole), rows=rows, entries=entries)


def _lines(path: Path, data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        yield _fields(path, line)


def _fields(path: Path, line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise MalformedFile(str(path), f"the line {line[:80]!r}", "a JSON object", advice=REPAIR_ADVICE)
    return fields


def _name(path: Path, value: object) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise MalformedFile(str(path), f"the name {str(value)[:80]!r}", "a name", advice=REPAIR_ADVICE)
    return value


def _list(path: Path, fields: dict[str, Any], key: str) -> list[Any]:
    found = fields.get(key)
    if not isinstance(found, list):
        raise MalformedFile(str(path), f"a change without the list {key!r}", "one", advice=REPAIR_ADVICE)
    return found


def _entry(path: Path, fields: object, row: int) -> Entry:
    if not isinstance(fields, dict):
        raise MalformedFile(str(path), f"the addition {str(fields)[:80]}", "an object", advice=REPAIR_ADVICE)
    name, size = _name(path, fields.get("name")), fields.get("size")
    try:
        digest = Digest("sha256", str(fields.get("sha256")))
    except ValueError:
        digest = None
    if digest is None or type(size) is not int or size < 0:
        raise MalformedFile(str(path), f"{name} without digest or size", "both", advice=REPAIR_ADVICE)
    return Entry(name, digest, size, row)
