"""GGUF: llama.cpp's container; one file or a split series, tokens and configuration included."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.errors import MalformedFile
from stemma.identity import Missing
from stemma.weights.formats.ggml_types import dequantise
from stemma.weights.formats.gguf_header import MAGIC, GgufHeader, TensorPlace, read_gguf_header
from stemma.weights.formats.interface import Contents
from stemma.weights.formats.shards import choose_shards, listed, merge_shards, with_suffix
from stemma.weights.interface import ByteSource, FileSet, LazyTensor, RawTokenizer

MAX_LISTED = 4_096
_TOKENS, _MERGES = "tokenizer.ggml.tokens", "tokenizer.ggml.merges"
_CLAIMS = ("general.base_model.", "general.source.", "general.dataset.")
_CLAIM_KEYS = frozenset(
    f"general.{key}"
    for key in (
        "name",
        "basename",
        "finetune",
        "organization",
        "author",
        "license",
        "quantized_by",
        "repo_url",
    )
)


class GgufFormat:
    """One .gguf file, or the series ``-00001-of-0000N.gguf``."""

    name = "gguf"

    def candidates(self, files: FileSet) -> tuple[str, ...]:
        return with_suffix(files, ".gguf", sniff=looks_like_gguf)

    def read(self, files: FileSet, names: tuple[str, ...]) -> Contents:
        towers = tuple(name for name in names if name.lower().startswith("mmproj"))
        rest = tuple(name for name in names if name not in towers)
        chosen = choose_shards(files, rest or names, stem="model", suffix=".gguf")
        sources = tuple(files.open(name) for name in chosen.names)
        headers = [read_gguf_header(source) for source in sources]
        _check_split(sources, headers)
        tensors, warnings = merge_shards(
            [(s.name, {t.name: GgufTensor(s, t) for t in h.tensors}) for s, h in zip(sources, headers, strict=True)],
            chosen,
        )
        if rest and towers:
            warnings += (f"Left unread, a projector of its own: {listed(towers)}.",)
        metadata = headers[0].metadata
        return Contents(
            tensors=tensors,
            weight_files=sources,
            held={source.name: len(header.tensors) for source, header in zip(sources, headers, strict=True)},
            layout="gguf",
            config={"gguf": _plain(metadata)},
            tokenizer=_tokenizer(metadata),
            declared=_declared(metadata),
            warnings=warnings,
        )


def looks_like_gguf(source: ByteSource) -> bool:
    """Whether the file begins with GGUF's magic number."""
    return source.size >= 8 and bytes(source.read(0, 4)) == MAGIC


def _check_split(sources: Sequence[ByteSource], headers: Sequence[GgufHeader]) -> None:
    parts = headers[0].metadata.get("split.count", 1) or 1
    if parts != len(headers):
        raise MalformedFile(
            sources[0].name,
            f"{len(headers)} of {str(parts)[:20]} parts",
            "every part of a split model",
            advice="Name the folder that holds all parts under their own names.",
        )
    total = headers[0].metadata.get("split.tensors.count")
    found = sum(len(header.tensors) for header in headers)
    if total is not None and total != found:
        raise MalformedFile(sources[0].name, f"{found} tensors in all parts", f"{str(total)[:20]}, as it announces")


def _plain(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as JSON can hold it; arrays of more than ``MAX_LISTED`` entries (tokens, scores) stay out."""
    plain = {}
    for key, value in metadata.items():
        if isinstance(value, list | np.ndarray):
            if len(value) <= MAX_LISTED and key not in (_TOKENS, _MERGES):
                plain[key] = value if isinstance(value, list) else value.tolist()
        else:
            plain[key] = value
    return plain


def _declared(metadata: Mapping[str, Any]) -> dict[str, Any]:
    claims = {
        key: value
        for key, value in metadata.items()
        if isinstance(value, str | int) and (key.startswith(_CLAIMS) or key in _CLAIM_KEYS)
    }
    return {"gguf": claims} if claims else {}


def _tokenizer(metadata: Mapping[str, Any]) -> RawTokenizer | Missing:
    tokens = metadata.get(_TOKENS)
    if not isinstance(tokens, list) or not tokens:
        return Missing("the GGUF file holds no tokens")
    facts = {
        key.removeprefix("tokenizer.ggml."): value
        for key, value in metadata.items()
        if key.startswith("tokenizer.ggml.") and isinstance(value, str | int | float)
    }
    merges = metadata.get(_MERGES)
    facts["merges"] = len(merges) if isinstance(merges, list) else 0
    kind = str(facts.get("model", "unknown"))[:40]
    return RawTokenizer(f"gguf {kind}", dict(enumerate(tokens)), facts)


class GgufTensor(LazyTensor):
    """A tensor of a GGUF file; quantised ones are dequantised as they are read."""

    __slots__ = ("_offset", "_row_size", "_source", "dtype", "kind", "name", "shape", "storage")

    def __init__(self, source: ByteSource, place: TensorPlace) -> None:
        self.name, self.shape, self.kind = place.name, place.shape, place.kind
        self.dtype = np.dtype(np.float32) if place.kind.dtype is None else place.kind.dtype
        self.storage = f"GGUF {place.kind.name}"
        self._source, self._offset = source, place.offset
        self._row_size = math.prod(place.shape[1:]) * place.kind.size // place.kind.elements

    def read(self, start: int, stop: int) -> NDArray[Any]:
        if len(self.shape) < 2:
            return self._vector(start, stop)
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        rows = max(0, stop - start)
        data = self._source.read(self._offset + start * self._row_size, rows * self._row_size)
        return self._numbers(data).reshape(rows, *self.shape[1:])

    def _vector(self, start: int, stop: int) -> NDArray[Any]:
        """A row is one number here, while blocks span many: whole blocks are read, and cut."""
        if not self.shape:
            return self._numbers(self._source.read(self._offset, self.kind.size)).reshape(())
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        first, last = start // self.kind.elements, -(-max(start, stop) // self.kind.elements)
        data = self._source.read(self._offset + first * self.kind.size, (last - first) * self.kind.size)
        skipped = first * self.kind.elements
        return self._numbers(data)[start - skipped : max(start, stop) - skipped]

    def _numbers(self, data: bytes | bytearray | memoryview) -> NDArray[Any]:
        if self.kind.dtype is not None:
            return np.frombuffer(data, dtype=self.kind.dtype)
        if len(data) == 0:
            return np.empty(0, dtype=np.float32)
        # Rows of up to 64 blocks: gguf works on groups of 16 rows, and groups that fit the cache are fastest.
        blocks = np.frombuffer(data, dtype=np.uint8)
        return dequantise(blocks.reshape(_rows(len(blocks) // self.kind.size), -1), self.kind).reshape(-1)


def _rows(blocks: int) -> int:
    return next(blocks // width for width in (64, 32, 16, 8, 4, 2, 1) if blocks % width == 0)
