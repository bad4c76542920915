"""Fingerprints written by older versions, made current one step at a time.

A file names its format (``stemma.fingerprint/N``). Where the format changes, ``STEPS`` gains the step from the one
before: it rewrites the record and the arrays, and what the older version did not keep becomes absent with a reason.
Steps are never taken out again. Format 1 was never released, and nothing leads from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from stemma.errors import IncompatibleFingerprint
from stemma.fingerprint.schema import FORMAT
from stemma.immutable import immutable

Record = dict[str, Any]
Arrays = Mapping[str, NDArray[Any]]


@immutable
class Step:
    """From one format to the ``next``: the new record (its schema id too) out of the old, the new arrays likewise.

    Both see what a stranger may have written: a KeyError, TypeError or ValueError says that it is damaged.
    """

    next: str
    record: Callable[[Record], Record]
    arrays: Callable[[Record, Arrays], Arrays]


STEPS: Mapping[str, Step] = {}


def steps_from(found: str, name: str, steps: Mapping[str, Step] = STEPS) -> tuple[Step, ...]:
    """The steps that lead from a format to the current one, in order; none for the current one.

    Raises:
        IncompatibleFingerprint: no steps lead there.
    """
    way: list[Step] = []
    at = found
    while at != FORMAT and at in steps and len(way) < len(steps):
        way.append(steps[at])
        at = steps[at].next
    if at != FORMAT:
        raise IncompatibleFingerprint(
            f"{name}: got format {found[:80]!r}, expected {FORMAT!r}.",
            advice="Fingerprint the model again with this version of Stemma.",
        )
    return tuple(way)


def migrate(way: tuple[Step, ...], record: Record, arrays: Arrays) -> tuple[Record, Arrays]:
    """The record and the arrays after every step; raises what the steps raise."""
    for step in way:
        arrays, record = step.arrays(record, arrays), step.record(record)
    return record, arrays
