"""What a catalog speaks of: entries, matches, changes, faults, and the index that ranks by likeness."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stemma.identity import Digest, Missing
from stemma.immutable import immutable


@immutable
class Entry:
    """One fingerprint of a catalog: its name, the SHA-256 and size of its file, and its row among the vectors."""

    name: str
    digest: Digest
    size: int
    row: int


class Change(StrEnum):
    """What adding did."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@immutable
class Addition:
    """The entry as it stands after an addition, and what the addition changed."""

    entry: Entry
    change: Change


@immutable
class Match:
    """A name with the cosine of its search vector to the one asked for, in -1 to 1."""

    name: str
    cosine: float


@immutable
class Summary:
    """The facts of an entry, read from the head of its file: no array is decoded.

    ``description`` holds the metadata of the fingerprint as JSON data; ``parameters`` counts elements.
    """

    entry: Entry
    label: str
    schema: str
    container: str
    scheme: str
    reading: str
    model_type: str | Missing
    parts: int
    parameters: int
    warnings: tuple[str, ...]
    description: dict[str, Any]


class FaultKind(StrEnum):
    """What can be wrong with a catalog."""

    INDEX = "index"
    MISSING_FILE = "missing file"
    WRONG_DIGEST = "wrong digest"
    UNREADABLE = "unreadable"
    WRONG_SCHEMA = "wrong schema"
    WRONG_VECTOR = "wrong vector"
    NOT_INDEXED = "not indexed"
    STRAY = "stray"


@immutable
class Fault:
    """One thing that is wrong: with the entry or file ``name``, in a sentence."""

    kind: FaultKind
    name: str
    detail: str


@immutable
class Repair:
    """What a repair did: entries kept, files taken in, entries dropped because their file is lost or damaged."""

    kept: tuple[str, ...]
    adopted: tuple[str, ...]
    dropped: tuple[Fault, ...]


class VectorIndex(Protocol):
    """Ranks stored search vectors by cosine."""

    @property
    def size(self) -> int:
        """How many vectors can be found."""

    def search(self, vector: NDArray[np.floating[Any]], limit: int) -> tuple[Match, ...]:
        """The ``limit`` most similar, most similar first, equal ones by name.

        Raises:
            InputError: ``vector`` has another length, is zero or not finite, or ``limit`` is below 1.
        """
