"""One campaign against one parser, in a process of its own.

Run as ``python -m tests.fuzz.campaign TARGET CORPUS SECONDS SEED``.

Fails on any exception but StemmaError, on a case of more than 10 seconds, and beyond 512 MB of new memory.
"""

from __future__ import annotations

import faulthandler
import random
import resource
import sys
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from stemma.advisories import advisory_text, parse_advisory
from stemma.catalog.archive import read_archive
from stemma.errors import StemmaError
from stemma.fingerprint import Fingerprint, from_bytes, to_bytes
from stemma.records.read import parse_record
from stemma.usecases.judging import rule_on
from stemma.weights.declared import read_declared
from stemma.weights.formats.gguf import GgufFormat
from stemma.weights.formats.interface import Format
from stemma.weights.formats.onnx import OnnxFormat
from stemma.weights.formats.safetensors import SafetensorsFormat
from stemma.weights.formats.torch_zip import TorchZipFormat
from stemma.weights.memory import MemoryFile
from stemma.weights.open import open_checkpoint
from stemma.weights.tokenizers import read_tokenizer
from tests.fingerprint.models import draw_weights, fingerprint_of_weights
from tests.fuzz.mutate import (
    mutate,
    mutate_archive,
    mutate_description,
    mutate_document,
    mutate_numbers,
    mutate_safetensors,
)
from tests.weights.sources import Files

MEMORY = 512 << 20
PATIENCE = 10
Mutation = Callable[[random.Random, bytes], bytes]


def read_format(reader: Format) -> Callable[[str, bytes], None]:
    """Open one file with one reader and look at every tensor."""

    def run(name: str, data: bytes) -> None:
        for tensor in reader.read(Files({name: data}), (name,)).tensors.values():
            rows = tensor.shape[0] if tensor.shape else 1
            first = tensor.read(0, min(rows, 3))
            assert first.shape == ((min(rows, 3), *tensor.shape[1:]) if tensor.shape else ())
            assert first.dtype == tensor.dtype
            if rows > 3:
                assert tensor.read(rows - 1, rows).shape == (1, *tensor.shape[1:])
            if len(tensor.shape) > 1:
                assert len(tensor.window(slice(0, 2), slice(0, 2))) == min(2, rows)

    return run


def read_beside(name: str, data: bytes) -> None:
    """Tokenizers, cards and configs; these answer with warnings."""
    _, unread_tokens = read_tokenizer(Files({name: data}))
    _, unread_claims = read_declared(Files({name: data}), {})
    if unread_tokens or unread_claims:
        raise StemmaError("refused")


def read_folder(name: str, data: bytes) -> None:
    """A whole folder, where one of the small files was changed."""
    good = (b'{"a":{"dtype":"U8","shape":[1,1],"data_offsets":[0,1]}}', b"x")
    weights = len(good[0]).to_bytes(8, "little") + good[0] + good[1]
    open_checkpoint(Files({"model-00001-of-00001.safetensors": weights, name: data}))


def read_fingerprint(name: str, data: bytes) -> None:
    """A fingerprint; what is accepted can be written and ruled on."""
    found = from_bytes(data, name)
    assert found.parameters >= 0
    again = from_bytes(to_bytes(found))
    assert to_bytes(again) == to_bytes(found)
    with np.errstate(all="raise", under="ignore"):
        rule_on(found, again)
        rule_on(whole_print(), found)


@lru_cache(maxsize=1)
def whole_print() -> Fingerprint:
    """What fingerprints are compared with."""
    return fingerprint_of_weights(draw_weights(1, layers=2))


def read_export(name: str, data: bytes) -> None:
    """An exported catalog, with every fingerprint in it."""
    _, contents = read_archive(MemoryFile(name, data))
    for inner, held in contents:
        from_bytes(held, inner)


def read_record(name: str, data: bytes) -> None:
    """A model record."""
    parse_record(data, name)


def read_advisory(name: str, data: bytes) -> None:
    """An advisory; what is accepted is written as what it was."""
    found = parse_advisory(data, name)
    assert parse_advisory(advisory_text(found)).digest == found.digest


TARGETS: Mapping[str, tuple[Callable[[str, bytes], None], tuple[Mutation, ...]]] = {
    "safetensors": (read_format(SafetensorsFormat()), (mutate, mutate_safetensors)),
    "gguf": (read_format(GgufFormat()), (mutate,)),
    "torch": (read_format(TorchZipFormat()), (mutate, mutate_archive, mutate_archive)),
    "onnx": (read_format(OnnxFormat()), (mutate,)),
    "beside": (read_beside, (mutate, mutate_document)),
    "folder": (read_folder, (mutate, mutate_document)),
    "fingerprint": (read_fingerprint, (mutate, mutate_safetensors, mutate_description, mutate_numbers)),
    "export": (read_export, (mutate, mutate_archive)),
    "record": (read_record, (mutate,)),
    "advisory": (read_advisory, (mutate, mutate_document)),
}


def run(target: str, corpus: list[tuple[str, bytes]], seconds: float, seed: int) -> dict[str, int]:
    """Cases, and how many of them were refused."""
    check, mutations = TARGETS[target]
    until = time.monotonic() + seconds
    counts = {"cases": 0, "refused": 0}
    while time.monotonic() < until or counts["cases"] < 50:
        rng = random.Random(seed + counts["cases"])
        name, data = rng.choice(corpus)
        mutation = rng.choice([m for m in mutations if m is not mutate_document or name.endswith(".json")])
        data = mutation(rng, data)
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        try:
            check(name, data)
        except StemmaError as error:
            counts["refused"] += 1
            assert str(error)
        except BaseException:
            sys.stderr.write(f"STEMMA_FUZZ_SEED={seed + counts['cases']} {name} {data[:2000]!r}\n")
            raise
        counts["cases"] += 1
    faulthandler.cancel_dump_traceback_later()
    return counts


def bound_memory() -> None:
    """No more address space than there is now and 512 MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main(arguments: list[str]) -> Any:
    target, folder, seconds, seed = arguments
    corpus = [(path.name, path.read_bytes()) for path in sorted(Path(folder).iterdir())]
    import gguf.quants  # noqa: F401  # before memory is bounded

    bound_memory()
    return run(target, corpus, float(seconds), int(seed))


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1:])}\n")
