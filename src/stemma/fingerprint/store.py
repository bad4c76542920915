"""The file of a fingerprint: SafeTensors, with canonical JSON under the metadata key ``stemma``.

Deterministic to the byte: keys sorted, no time, no machine. Arrays lie under ``corner/KEY`` (int8) with
``scale/KEY`` (float32 per row), ``learned/KEY`` with ``learned-scale/KEY``, ``exact/KEY`` (float32),
``vector/KEY`` (float16), ``anchors/*`` and ``sketch`` (float32).
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Facts, Role, Site
from stemma.errors import IncompatibleFingerprint, MalformedFile, StemmaError
from stemma.fingerprint.collect import dequantise, quantise
from stemma.fingerprint.model import Anchors, Array, FilePrint, Fingerprint, LearnedPart, PartPrint
from stemma.fingerprint.moments import Moments
from stemma.fingerprint.schema import FORMAT
from stemma.identity import Digest, Missing, is_present
from stemma.weights.formats.safetensors import read_header
from stemma.weights.memory import MemoryFile

SUFFIX = ".stemma"
LIMIT = 64 << 20
_DTYPES = {"int8": "I8", "float32": "F32", "float16": "F16", "uint64": "U64", "int64": "I64"}


def to_bytes(fingerprint: Fingerprint) -> bytes:
    """The file's bytes."""
    arrays = _arrays(fingerprint)
    metadata = json.dumps(_metadata(fingerprint), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    header: dict[str, Any] = {"__metadata__": {"format": FORMAT, "stemma": metadata}}
    offset = 0
    for name in sorted(arrays):
        array = arrays[name]
        header[name] = {
            "dtype": _DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    body = b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays))
    return struct.pack("<Q", len(text)) + text + body


def save(fingerprint: Fingerprint, path: Path) -> None:
    """Write the file whole or not at all."""
    data = to_bytes(fingerprint)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)  # noqa: PTH105 the pair of mkstemp
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
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
        IncompatibleFingerprint: written by another format version.
    """
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise MalformedFile(path.name, f"{size} bytes", f"a fingerprint of at most {LIMIT} bytes")
        return from_bytes(path.read_bytes(), path.name)
    except OSError as error:
        raise StemmaError(f"{path} could not be read: {error.strerror or error}.") from error


def from_bytes(data: bytes, name: str = "fingerprint") -> Fingerprint:
    """The fingerprint in ``data``; raises as :func:`load` does."""
    tensors = read_header(MemoryFile(name, data))
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {})
    if header.get("format") != FORMAT:
        raise IncompatibleFingerprint(
            f"{name}: got format {header.get('format', 'none')!r}, expected {FORMAT!r}.",
            advice="Fingerprint the model again with this version of Stemma.",
        )
    try:
        return _fingerprint(json.loads(header["stemma"]), {k: t.read_all() for k, t in tensors.items()})
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise MalformedFile(name, f"a damaged description ({error})", "the metadata of a fingerprint") from error


def _or_reason(value: Any) -> Any:
    return {"missing": value.reason} if isinstance(value, Missing) else value


def _or_missing(value: Any) -> Any:
    return Missing(value["missing"]) if isinstance(value, dict) and set(value) == {"missing"} else value


def _metadata(f: Fingerprint) -> dict[str, Any]:
    return {
        "schema": f.schema,
        "label": f.label,
        "container": f.container,
        "scheme": f.scheme,
        "reading": f.reading,
        "files": [
            {"name": x.name, "size": x.size, "sha256": _or_reason(_text(x.sha256))} for x in f.files
        ],
        "facts": {k: _or_reason(getattr(f.facts, k)) for k in f.facts.__dataclass_fields__},
        "tokenizer": _or_reason(f.tokenizer),
        "declared": f.declared,
        "parts": [_part_record(p) for _, p in sorted(f.parts.items())],
        "exempt": f.exempt,
        "anchors": {"by_string": f.anchors.by_string, "head": _reason_only(f.anchors.head)}
        if is_present(f.anchors)
        else _or_reason(f.anchors),
        "missing": f.missing,
        "warnings": list(f.warnings),
    }


def _text(value: Digest | Missing) -> str | Missing:
    return value if isinstance(value, Missing) else str(value)


def _reason_only(value: object) -> str | None:
    return value.reason if isinstance(value, Missing) else None


def _part_record(p: PartPrint) -> dict[str, Any]:
    learned = p.learned
    return {
        "role": p.role.value,
        "site": [p.site.stack, p.site.layer, p.site.expert, p.site.block],
        "bias": p.bias,
        "certain": p.certain,
        "source": p.source,
        "shape": list(p.shape),
        "storage": p.storage,
        "digest": _or_reason(_text(p.digest)),
        "moments": _or_reason(p.moments) if isinstance(p.moments, Missing) else asdict(p.moments),
        "absent": {
            k: v.reason for k in ("corner", "exact", "learned", "vector") if isinstance(v := getattr(p, k), Missing)
        },
        "learned": {
            "block": list(learned.block),
            "count": learned.count,
            "noise": learned.noise,
            "edge": learned.edge,
            "capped": learned.capped,
            "strengths": list(learned.strengths),
        }
        if is_present(learned)
        else None,
    }


def _arrays(f: Fingerprint) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"sketch": f.sketch}
    for key, part in f.parts.items():
        if is_present(part.corner):
            arrays[f"corner/{key}"], arrays[f"scale/{key}"] = quantise(part.corner)
        if is_present(part.exact):
            arrays[f"exact/{key}"] = part.exact
        if is_present(part.learned):
            codes, scale = quantise(part.learned.values)
            arrays[f"learned/{key}"], arrays[f"learned-scale/{key}"] = codes, scale
        if is_present(part.vector):
            arrays[f"vector/{key}"] = part.vector.astype(np.float16)
    if is_present(f.anchors):
        arrays["anchors/keys"], arrays["anchors/ids"] = f.anchors.keys, f.anchors.ids
        arrays["anchors/embedding"], arrays["anchors/embedding-scale"] = quantise(f.anchors.embedding)
        if is_present(f.anchors.head):
            arrays["anchors/head"], arrays["anchors/head-scale"] = quantise(f.anchors.head)
    return arrays


def _fingerprint(m: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Fingerprint:
    parts = [_part(record, arrays) for record in m["parts"]]
    files = tuple(FilePrint(x["name"], int(x["size"]), _digest(x["sha256"])) for x in m["files"])
    return Fingerprint(
        schema=str(m["schema"]),
        label=str(m["label"]),
        container=str(m["container"]),
        scheme=str(m["scheme"]),
        reading=str(m["reading"]),
        files=files,
        facts=Facts(**{k: _or_missing(v) for k, v in m["facts"].items()}),
        tokenizer=_or_missing(m["tokenizer"]),
        declared=m["declared"],
        parts={p.key: p for p in parts},
        exempt=dict(m["exempt"]),
        anchors=_anchors(m["anchors"], arrays),
        sketch=arrays["sketch"].astype(np.float32),
        missing=dict(m["missing"]),
        warnings=tuple(m["warnings"]),
    )


def _digest(value: Any) -> Digest | Missing:
    found = _or_missing(value)
    return found if isinstance(found, Missing) else Digest.parse(found)


def _part(record: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> PartPrint:
    role, site, bias = Role(record["role"]), Site(*record["site"]), bool(record["bias"])
    key = f"{site}/{role.value}" + (".bias" if bias else "")
    absent = record["absent"]
    moments = _or_missing(record["moments"])

    def decoded(name: str, scale: str) -> Array | Missing:
        if name in absent:
            return Missing(absent[name])
        return dequantise(arrays[f"{name}/{key}"], arrays[f"{scale}/{key}"])

    def plain(name: str) -> Array | Missing:
        return Missing(absent[name]) if name in absent else arrays[f"{name}/{key}"].astype(np.float32)

    learned = decoded("learned", "learned-scale")
    return PartPrint(
        key=key,
        role=role,
        site=site,
        bias=bias,
        certain=bool(record["certain"]),
        source=str(record["source"]),
        shape=tuple(record["shape"]),
        storage=str(record["storage"]),
        digest=_digest(record["digest"]),
        moments=moments if isinstance(moments, Missing) else Moments(**moments),
        corner=decoded("corner", "scale"),
        exact=plain("exact"),
        learned=learned if isinstance(learned, Missing) else _learned_part(learned, record["learned"]),
        vector=plain("vector"),
    )


def _learned_part(values: Array, record: Mapping[str, Any]) -> LearnedPart:
    block = (int(record["block"][0]), int(record["block"][1]))
    return LearnedPart(
        values,
        block,
        int(record["count"]),
        float(record["noise"]),
        float(record["edge"]),
        bool(record["capped"]),
        tuple(record["strengths"]),
    )


def _anchors(record: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Anchors | Missing:
    if "missing" in record:
        return Missing(str(record["missing"]))
    head: Array | Missing = (
        Missing(str(record["head"]))
        if record["head"] is not None
        else dequantise(arrays["anchors/head"], arrays["anchors/head-scale"])
    )
    return Anchors(
        bool(record["by_string"]),
        arrays["anchors/keys"].astype(np.uint64),
        arrays["anchors/ids"].astype(np.int64),
        dequantise(arrays["anchors/embedding"], arrays["anchors/embedding-scale"]),
        head,
    )
