"""What one container format has to offer: say whether it is there, and read it lazily."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol

from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.weights.interface import ByteSource, FileSet, LazyTensor, RawTokenizer

MAX_AXES = 16
MAX_NAME = 1_024
MAX_ELEMENTS = 1 << 48
MAX_EMPTY = 1 << 31


@immutable
class Contents:
    """What a container holds: tensors, their files, and what the container itself says of the model.

    ``held`` counts the stored tensors by file, where the container tells.
    """

    tensors: Mapping[str, LazyTensor]
    weight_files: tuple[ByteSource, ...]
    held: Mapping[str, int] = field(default_factory=dict)
    layout: str = "hf"
    config: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: RawTokenizer | Missing = field(default_factory=lambda: Missing("the container holds no tokens"))
    declared: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Format(Protocol):
    """A container format. Formats do not know each other."""

    @property
    def name(self) -> str:
        """What people call it."""

    def candidates(self, files: FileSet) -> tuple[str, ...]:
        """Names of the weight files of this format; empty where the format is not there."""

    def read(self, files: FileSet, names: tuple[str, ...]) -> Contents:
        """Read the headers of ``names``, a selection of :meth:`candidates`; tensors stay unread."""


def shape_fault(shape: object) -> str | None:
    """Why ``shape`` cannot be a shape, or None if it can; checked before anything is allocated from it."""
    if not isinstance(shape, list | tuple) or not all(type(n) is int and n >= 0 for n in shape):
        return f"the shape {str(shape)[:80]}, which is no list of sizes"
    if len(shape) > MAX_AXES:
        return f"a shape with {len(shape)} axes (at most {MAX_AXES} are read)"
    elements = math.prod(size or 1 for size in shape)
    # A tensor without elements may still have rows to walk over.
    if elements > (MAX_EMPTY if 0 in shape else MAX_ELEMENTS):
        return f"the shape {str(list(shape))[:80]}, which no file can hold"
    return None
