"""A catalog as one file: a zip archive, nothing compressed, ``manifest.json`` first, then ``fingerprints/NAME.stemma``.

The manifest states the schema and the SHA-256 and size of every fingerprint. Names are sorted and times fixed, so one
catalog gives one file, to the byte. An archive is believed in nothing: members beyond the manifest, names that are no
names, sizes that add up to more than the file, compressed members and wrong digests are refused.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from stemma.catalog.files import new_file
from stemma.catalog.interface import Entry
from stemma.catalog.names import is_name
from stemma.catalog.store import FOLDER, digest_of
from stemma.errors import LimitExceeded, MalformedFile, UnsafeFile, UnsupportedFormat
from stemma.fingerprint.store import LIMIT
from stemma.identity import Digest
from stemma.immutable import immutable
from stemma.weights.formats.zip_directory import Member, data_offset, read_directory
from stemma.weights.interface import ByteSource
from stemma.weights.strict_json import parse_json_object

FORMAT = "stemma.catalog-export/1"
MANIFEST = "manifest.json"
MAX_MANIFEST = 64 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_HOSTILE = "Nothing was taken from it. Have it exported again."


@immutable
class Listed:
    """One fingerprint as the manifest lists it."""

    name: str
    digest: Digest
    size: int


def write_archive(path: Path, schema: str, entries: Iterable[Entry], read: Callable[[Entry], bytes]) -> None:
    """Write ``entries``, whose bytes ``read`` gives, to ``path``, whole or not at all."""
    ordered = sorted(entries, key=lambda entry: entry.name)
    listed = {entry.name: {"sha256": entry.digest.hex, "size": entry.size} for entry in ordered}
    manifest = {"format": FORMAT, "schema": schema, "fingerprints": listed}
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    with (
        new_file(path) as handle,
        os.fdopen(os.dup(handle), "wb") as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive,
    ):
        archive.writestr(_member(MANIFEST), text)
        for entry in ordered:
            archive.writestr(_member(_path_of(entry.name)), read(entry))


def read_archive(source: ByteSource) -> tuple[str, Iterator[tuple[str, bytes]]]:
    """The schema of an archive, and its ``(name, bytes)``, each checked against the manifest as it is read.

    Raises:
        MalformedFile, UnsafeFile, LimitExceeded, UnsupportedFormat: with the first fault found; the iterator too.
    """
    members = read_directory(source)
    for member in members.values():
        if not member.plain:
            raise UnsupportedFormat(
                f"{source.name}: the member {member.name[:120]!r} is compressed or encrypted.",
                advice="An exported catalog holds its members as they are: have it exported again.",
            )
    if sum(member.size for member in members.values()) > source.size:
        raise UnsafeFile(f"{source.name}: its members overlap.", advice=_HOSTILE)
    schema, listed = _manifest(source, members)
    expected = {MANIFEST, *(_path_of(item.name) for item in listed)}
    if extra := sorted(set(members) - expected):
        raise MalformedFile(source.name, f"the member {extra[0][:120]!r}", "what the manifest lists", advice=_HOSTILE)
    return schema, _contents(source, members, listed)


def _contents(source: ByteSource, members: dict[str, Member], listed: list[Listed]) -> Iterator[tuple[str, bytes]]:
    for item in listed:
        member = members.get(_path_of(item.name))
        if member is None or member.size != item.size:
            got = "no such member" if member is None else f"{member.size} bytes"
            raise MalformedFile(source.name, f"{got} for {item.name}", f"{item.size} bytes", advice=_HOSTILE)
        data = bytes(source.read(data_offset(source, member), member.size))
        if digest_of(data) != item.digest:
            raise MalformedFile(source.name, f"other content for {item.name}", str(item.digest), advice=_HOSTILE)
        yield item.name, data


def _manifest(source: ByteSource, members: dict[str, Member]) -> tuple[str, list[Listed]]:
    member = members.get(MANIFEST)
    if member is None:
        raise MalformedFile(source.name, f"no {MANIFEST}", "an exported catalog", advice=_HOSTILE)
    if member.size > MAX_MANIFEST:
        raise LimitExceeded(f"{source.name}: its manifest has {member.size} bytes, at most {MAX_MANIFEST} are read.")
    data = bytes(source.read(data_offset(source, member), member.size))
    fields = parse_json_object(data, f"{source.name}: {MANIFEST}", constants=False)
    schema, listed = fields.get("schema"), fields.get("fingerprints")
    if fields.get("format") != FORMAT or not isinstance(schema, str) or not isinstance(listed, dict):
        raise MalformedFile(
            source.name, f"a manifest of format {str(fields.get('format'))[:60]!r}", FORMAT, advice=_HOSTILE
        )
    return schema, [_listed(source, name, listed[name]) for name in sorted(listed)]


def _listed(source: ByteSource, name: str, fields: Any) -> Listed:
    if not is_name(name):
        raise UnsafeFile(f"{source.name}: {name[:120]!r} cannot name a fingerprint.", advice=_HOSTILE)
    size = fields.get("size") if isinstance(fields, dict) else None
    if type(size) is not int or size < 0:
        raise MalformedFile(source.name, f"{name} without a size", "one", advice=_HOSTILE)
    if size > LIMIT:
        raise LimitExceeded(f"{source.name}: {name} has {size} bytes, at most {LIMIT} are read.", advice=_HOSTILE)
    try:
        digest = Digest("sha256", str(fields.get("sha256")))
    except ValueError as error:
        raise MalformedFile(source.name, f"{name} without a digest", "a SHA-256", advice=_HOSTILE) from error
    return Listed(name, digest, size)


def _path_of(name: str) -> str:
    return f"{FOLDER}/{name}.stemma"


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.create_system = 3
    member.external_attr = 0o100644 << 16
    return member
