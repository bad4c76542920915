"""The worst that files may ask for: each case runs in a process with 512 MB beyond what it starts with."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stemma.errors import StemmaError
from stemma.weights.formats.gguf import GgufFormat
from stemma.weights.formats.interface import Format
from stemma.weights.formats.onnx import OnnxFormat
from stemma.weights.formats.safetensors import SafetensorsFormat
from stemma.weights.formats.torch_zip import TorchZipFormat
from stemma.weights.tokenizers import read_tokenizer
from tests.fuzz.campaign import bound_memory
from tests.weights.sources import Files


def framed(text: bytes) -> bytes:
    return len(text).to_bytes(8, "little") + text


def gguf_strings() -> bytes:
    strings = (struct.pack("<Q", 2) + b"ab") * 2_900_000
    key = struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 8, 2_900_000)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key + strings


def pickled(steps: bytes) -> bytes:
    import io
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02(" + steps)
    return target.getvalue()


def varint(value: int) -> bytes:
    digits = []
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def graph_of(field: bytes, count: int) -> bytes:
    body = field * count
    return b"\x3a" + varint(len(body)) + body


def header_of_tensors(count: int) -> bytes:
    entry = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    return framed(json.dumps({f"layer.{i}": entry for i in range(count)}).encode())


CASES: dict[str, tuple[Format | None, str, Callable[[], bytes]]] = {
    "header of lists": (SafetensorsFormat(), "x", lambda: framed(b'{"a":[' + b"[]," * 1_400_000 + b"[]]}")),
    "header of keys": (
        SafetensorsFormat(),
        "x",
        lambda: framed(b"{" + b",".join(b'"%d":{}' % i for i in range(1_400_000)) + b"}"),
    ),
    "header of one name": (SafetensorsFormat(), "x", lambda: framed(b'{"' + b"a" * 99_000_000 + b'":1}')),
    "header beyond ASCII": (
        SafetensorsFormat(),
        "x",
        lambda: framed(b'{"\xf0\x9f\x98\x80' + b"a" * 39_000_000 + b'":1}'),
    ),
    "header of tensors": (SafetensorsFormat(), "x", lambda: header_of_tensors(150_000)),
    "strings": (GgufFormat(), "x.gguf", gguf_strings),
    "pickle of dictionaries": (TorchZipFormat(), "x.bin", lambda: pickled(b"}" * 1_900_000 + b"l.")),
    "pickle of texts": (TorchZipFormat(), "x.bin", lambda: pickled(b"X\4\0\0\0\xf0\x9f\x98\x80" * 1_900_000 + b"l.")),
    "pickle of one text": (
        TorchZipFormat(),
        "x.bin",
        lambda: pickled(b"X" + struct.pack("<I", 60_000_000) + b"a" * 60_000_000 + b"."),
    ),
    "nodes": (OnnxFormat(), "x.onnx", lambda: graph_of(b"\x0a\x08\x0a\x01a\x12\x01b\x1a\x00", 199_000)),
    "initialisers": (OnnxFormat(), "x.onnx", lambda: graph_of(b"\x2a\x00", 199_000)),
    "tokens": (
        None,
        "tokenizer.json",
        lambda: b'{"model":{"vocab":{' + b",".join(b'"%d":%d' % (i, i) for i in range(1_400_000)) + b"}}}",
    ),
    "lines": (None, "vocab.txt", lambda: b"".join(b"%d\n" % i for i in range(1_400_000))),
    "empty lines": (None, "vocab.txt", lambda: b"\n" * 60_000_000),
    "pieces": (None, "tokenizer.model", lambda: b"\n\3\n\1a" * 1_500_000),
}


def main(case: str) -> None:
    reader, name, make = CASES[case]
    files = Files({name: make()})
    bound_memory()
    try:
        _ = read_tokenizer(files) if reader is None else reader.read(files, (name,))
    except StemmaError as error:
        sys.stdout.write(f"refused: {str(error)[:200]}\n")


@pytest.mark.slow
@pytest.mark.parametrize("case", list(CASES))
def test_memory_is_bounded(case: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.weights.test_memory", case],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


if __name__ == "__main__":
    main(sys.argv[1])
