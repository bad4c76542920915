"""Seeded mutations: of bytes, and of the structures that bytes alone would rarely hit."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from typing import Any

_NUMBERS = (0, 1, 2, 7, 8, 16, 32, 127, 128, 255, 256, 4095, 1 << 15, 0xFFFF, 1 << 31, (1 << 32) - 1, 1 << 40, 1 << 62)
_VALUES = (None, True, -1, 0, 1, 3, 1 << 31, 1 << 62, 1e300, "", "F32", "BF16", "F4", [], [0], [1, 1 << 40], {}, "é\0")
_WORDS = (
    b"...", b"[", b"]", b"{", b"}", b'"', b":", b"\n", b"---\n", b"*a", b"&a ", b"<<: ", b"!!int ", b"- ", b"\\ud800",
    b"1e999", b"NaN", b"null", b"\xff", b"\x00", b"PK\x03\x04", b"PK\x01\x02", b"GGUF", b"ccollections\nOrderedDict\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n", b"R", b"(", b"t", b"}", b"]", b")", b"Q", b"b", b"\x86", b"q\x00", b"h\x00",
    b"cos\nsystem\n", b"\x93", b"\x81", b"\x94",
)  # fmt: skip


def mutate(rng: random.Random, data: bytes) -> bytes:
    """One to eight changes of the bytes."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, rng.choice((1, 2, 8)))):
        _change(rng, changed)
    return bytes(changed)


def _change(rng: random.Random, data: bytearray) -> None:
    # Headers lie at the ends, and that is where a change says most.
    reach = rng.choice((16, 64, 512, len(data) + 1))
    at = min(rng.randrange(reach), len(data))
    if rng.random() < 0.3:
        at = len(data) - at
    match rng.randrange(8):
        case 0 if data:
            data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
        case 1:
            form = rng.choice(["<B", "<H", "<I", "<Q", ">I", ">Q"])
            number = struct.pack(form, rng.choice(_NUMBERS) % (1 << 8 * struct.calcsize(form)))
            data[at : at + len(number)] = number
        case 2:
            del data[at:]
        case 3:
            del data[at : at + rng.randint(1, 32)]
        case 4:
            piece = bytes(data[at : at + rng.randint(1, 64)])
            data[at:at] = piece * rng.choice((1, 1, 2, 50))
        case 5:
            data[at:at] = rng.choice(_WORDS)
        case 6:
            data[at : at + 8] = rng.randbytes(8)
        case _:
            other = rng.randrange(len(data) + 1)
            length = rng.randint(1, 16)
            data[at : at + length] = data[other : other + length]


def mutate_json(rng: random.Random, value: Any) -> Any:
    """The document with one of its nodes replaced, dropped or doubled."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        changed = dict(value)
        match rng.randrange(5):
            case 0:
                del changed[key]
            case 1:
                changed[rng.choice(("", "a", "__metadata__", "shape", key + "x"))] = changed[key]
            case _:
                changed[key] = mutate_json(rng, changed[key])
        return changed
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return [*value[:at], mutate_json(rng, value[at]), *value[at + rng.randrange(2) :]]
    if isinstance(value, int) and rng.random() < 0.5:
        return value + rng.choice((-1, 1, 4, 1 << 33))
    return rng.choice(_VALUES)


def mutate_safetensors(rng: random.Random, data: bytes) -> bytes:
    """A header that was changed as JSON, in a frame that fits."""
    length = int.from_bytes(data[:8], "little")
    text = json.dumps(mutate_json(rng, json.loads(data[8 : 8 + length]))).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def mutate_description(rng: random.Random, data: bytes) -> bytes:
    """The JSON that stands in the metadata of a SafeTensors file, changed as JSON."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    record = json.loads(header["__metadata__"]["stemma"])
    for _ in range(rng.choice((1, 1, 3))):
        record = mutate_json(rng, record)
    header["__metadata__"]["stemma"] = json.dumps(record)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def mutate_numbers(rng: random.Random, data: bytes) -> bytes:
    """Bytes of tensors alone."""
    begin = 8 + int.from_bytes(data[:8], "little")
    changed = bytearray(data)
    for _ in range(rng.choice((1, 10, 300))):
        changed[rng.randrange(begin, len(changed))] = rng.randrange(256)
    return bytes(changed)


def mutate_archive(rng: random.Random, data: bytes) -> bytes:
    """A zip whose members, most of all the pickle, were changed while the directory fits."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as changed:
        for name in source.namelist():
            content = source.read(name)
            if rng.random() < (0.9 if name.endswith("data.pkl") else 0.05):
                content = mutate(rng, content)
            if rng.random() > 0.01:
                changed.writestr(name, content)
    return target.getvalue()


def mutate_document(rng: random.Random, data: bytes) -> bytes:
    """JSON changed as JSON."""
    return json.dumps(mutate_json(rng, json.loads(data))).encode()
