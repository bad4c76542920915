"""The file of a fingerprint: SafeTensors, with canonical JSON under the metadata key ``stemma``.

The key ``blake3`` holds the digest of the whole file, taken with zeros in the place of its digits: a bit that a disk or
a network lost would make another fingerprint, and perhaps another ruling. Files written before there was one have none.

Deterministic to the byte: keys sorted, no time, no machine. Arrays lie under ``corner/KEY`` (int8) with
``scale/KEY`` (float32 per row), ``learned-left/KEY`` and ``learned-right/KEY`` likewise, ``exact/KEY`` (float32),
``vector/KEY`` (float16), ``anchors/*`` and ``sketch`` (float32).
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3

from stemma.errors import MalformedFile, StemmaError
from stemma.fingerprint.migrate import STEPS, Step, migrate, steps_from
from stemma.fingerprint.model import Fingerprint
from stemma.fingerprint.record import arrays_of, fingerprint_of, record_of
from stemma.fingerprint.schema import FORMAT
from stemma.weights.formats.safetensors import read_whole_header
from stemma.weights.memory import MemoryFile
from stemma.weights.strict_json import parse_json_object

SUFFIX = ".stemma"
LIMIT = 64 << 20
_DIGEST, _NO_DIGITS = "blake3", "0" * 64
_DTYPES = {"int8": "I8", "float32": "F32", "float16": "F16", "uint64": "U64", "int64": "I64"}


def to_bytes(fingerprint: Fingerprint) -> bytes:
    """The file's bytes."""
    arrays = arrays_of(fingerprint)
    metadata = json.dumps(record_of(fingerprint), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    header: dict[str, Any] = {"__metadata__": {_DIGEST: _NO_DIGITS, "format": FORMAT, "stemma": metadata}}
    offset = 0
    for name in sorted(arrays):
        array = arrays[name]
        header[name] = {
            "dtype": _DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    # A path that is no UTF-8 reaches a label as lone surrogates, which no JSON file may hold.
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")
    text += b" " * (-len(text) % 8)
    head = struct.pack("<Q", len(text)) + text
    body = b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays))
    digits = blake3(head).update(body).hexdigest()
    return head.replace(_NO_DIGITS.encode(), digits.encode(), 1) + body


def save(fingerprint: Fingerprint, path: Path) -> None:
    """Write the file whole or not at all, readable by whom the umask allows."""
    data = to_bytes(fingerprint)
    temporary = path.with_name(f".{path.name[:200]}.{os.urandom(8).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StemmaError(
            f"{path} could not be written: {error.strerror or error}.",
            advice="Nothing was left behind. Choose another place with -o, or make room.",
        ) from error


def load(path: Path) -> Fingerprint:
    """Read a fingerprint file.

    Raises:
        MalformedFile: not a fingerprint, or damaged.
        IncompatibleFingerprint: written in a format from which nothing leads to the current one.
        LimitExceeded, UnsupportedFormat: its header asks for what no fingerprint holds.
        StemmaError: it could not be read.
    """
    return from_bytes(_bounded(path), path.name)


def describe(path: Path) -> dict[str, Any]:
    """The record of a fingerprint file (see ``fingerprint.record``) as JSON data; no array is decoded, and nothing
    in it is checked but that it is a JSON object. Raises as :func:`load` does.
    """
    way, record = _record(_metadata(_bounded(path), path.name), path.name, STEPS)
    try:
        for step in way:
            record = step.record(record)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path.name, error) from error
    return record


def from_bytes(data: bytes, name: str = "fingerprint", steps: Mapping[str, Step] = STEPS) -> Fingerprint:
    """The fingerprint in ``data``, made current where its format is older; raises as :func:`load` does."""
    tensors, metadata = read_whole_header(MemoryFile(name, data))
    way, record = _record(metadata, name, steps)
    _require_unharmed(data, metadata, name)
    try:
        record, arrays = migrate(way, record, {key: tensor.read_all() for key, tensor in tensors.items()})
        return fingerprint_of(record, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(name, error) from error


def _require_unharmed(data: bytes, metadata: Mapping[str, Any], name: str) -> None:
    if unknown := sorted(metadata.keys() - {_DIGEST, "format", "stemma"}):
        raise MalformedFile(name, f"metadata under {unknown[0][:80]!r}", "the metadata of a fingerprint")
    digits = metadata.get(_DIGEST)
    if digits is None:
        return
    end = 8 + int.from_bytes(data[:8], "little")
    head = data[:end].replace(str(digits).encode("utf-8", "replace"), _NO_DIGITS.encode(), 1)
    found = blake3(head).update(memoryview(data)[end:]).hexdigest()
    if digits != found:
        raise MalformedFile(
            name,
            f"content with the BLAKE3 digest {found[:12]}...",
            f"{digits[:12]}..., as its header says",
            advice="The file was damaged on its way: fetch it or make it again.",
        )


def _bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(min(os.fstat(stream.fileno()).st_size, LIMIT) + 1)
    except OSError as error:
        raise StemmaError(f"{path} could not be read: {error.strerror or error}.") from error
    if len(data) > LIMIT:
        raise MalformedFile(path.name, f"more than {LIMIT} bytes", "a fingerprint")
    return data


def _damaged(name: str, error: Exception) -> MalformedFile:
    return MalformedFile(name, f"a damaged description ({error})", "the metadata of a fingerprint")


def _metadata(data: bytes, name: str) -> Mapping[str, Any]:
    """The metadata, with nothing else in the file looked at."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise MalformedFile(name, f"{len(data)} bytes", "a fingerprint that is whole")
    metadata = parse_json_object(data[8 : 8 + length], name).get("__metadata__")
    return metadata if isinstance(metadata, dict) else {}


def _record(
    metadata: Mapping[str, Any], name: str, steps: Mapping[str, Step]
) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """The description as it stands in the file, and the steps that make it current."""
    way = steps_from(str(metadata.get("format", "none")), name, steps)
    record = metadata.get("stemma")
    if not isinstance(record, str):
        raise MalformedFile(name, "no description", "the metadata of a fingerprint")
    return way, parse_json_object(record.encode("utf-8", "replace"), name)
