"""What every reader gives: files as byte ranges, and tensors that are read lazily, by rows.

The rest of Stemma sees a model through :class:`Checkpoint` alone, whatever container it came in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stemma.identity import Digest, Missing
from stemma.immutable import immutable


class ByteSource(Protocol):
    """One file whose bytes can be had by range."""

    @property
    def name(self) -> str:
        """File name relative to its model, with forward slashes; for messages and digests."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    @property
    def known_sha256(self) -> Digest | Missing:
        """A digest somebody already vouches for (a hub's LFS record), so that no byte has to be read."""

    @property
    def version(self) -> str | Missing:
        """A string that changes when the content does (ETag, or mtime and size); for caches."""

    @property
    def is_local(self) -> bool:
        """True where a read costs no network."""

    def read(self, offset: int, length: int) -> bytes | bytearray | memoryview:
        """Exactly ``length`` bytes from ``offset``.

        Raises:
            TruncatedSource: the file ends before.
            SourceChanged: it vanished, or is another file than at opening.
        """


class FileSet(Protocol):
    """The files of one model: a directory, a hub revision, a single file."""

    @property
    def label(self) -> str:
        """How people call it in messages."""

    def names(self) -> tuple[str, ...]:
        """Every file name, sorted, relative, with forward slashes."""

    def open(self, name: str) -> ByteSource:
        """The file of that name. Raises ModelNotFound if there is none."""


class LazyTensor(ABC):
    """A tensor that is read by ranges of its leading axis.

    ``dtype`` is the NumPy (or ml_dtypes) type that :meth:`read` returns: the stored type for plain tensors,
    float32 for anything that is dequantised on the way. ``storage`` says what lies on disk ("BF16",
    "GGUF Q4_K", "GPTQ int4 g128").
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    storage: str

    @abstractmethod
    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows ``start:stop`` of the leading axis, shape ``(stop - start, *shape[1:])``.

        Scalars: ``read(0, 1)`` gives shape ().
        """

    def window(self, rows: slice, columns: slice) -> NDArray[Any]:
        """``self[rows, columns]`` of a tensor with two or more axes; readers may read less for it."""
        start, stop, _ = rows.indices(self.shape[0])
        return self.read(start, stop)[:, columns]

    def read_all(self) -> NDArray[Any]:
        """The whole tensor; only for small ones."""
        return self.read(0, self.shape[0] if self.shape else 1)

    def blocks(self, limit: int = 1 << 21) -> Iterator[tuple[int, NDArray[Any]]]:
        """``(first row, rows)`` over the whole tensor in order, each block about ``limit`` bytes as read."""
        if not self.shape:
            yield 0, self.read(0, 1)
            return
        step = max(1, limit // max(1, self.row_bytes))
        for start in range(0, self.shape[0], step):
            yield start, self.read(start, min(start + step, self.shape[0]))

    @property
    def row_bytes(self) -> int:
        """Bytes of one row as :meth:`read` returns it."""
        return int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize

    @property
    def count(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))


@immutable(eq=False)
class RawTokenizer:
    """Tokens as the files hold them: raw strings with ids, before any interpretation.

    ``tokens`` maps id to the raw string; ``kind`` names the source ("tokenizer.json bpe", "vocab.txt",
    "gguf gpt2").
    """

    kind: str
    tokens: Mapping[int, str]
    facts: Mapping[str, Any] = field(default_factory=dict)


@immutable
class Checkpoint:
    """One model as its files show it: nothing interpreted yet.

    ``tensors`` is sorted by name. ``config`` is the raw JSON (or GGUF metadata under ``gguf``); ``declared``
    holds what the files claim about parents, unverified: card front matter, ``adapter_config``, GGUF
    base_model keys. ``layout`` is a naming hint that the container forces ("hf", "gguf", "onnx", "adapter").
    ``weight_files`` are the files the tensors lie in; ``held`` counts the stored tensors by file, where the container
    tells. ``warnings`` are sentences for people.
    """

    label: str
    container: str
    layout: str
    weight_files: tuple[ByteSource, ...]
    tensors: Mapping[str, LazyTensor]
    config: Mapping[str, Any] | Missing
    tokenizer: RawTokenizer | Missing
    declared: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
