"""Compare two models, or many pairs of them.

What judges (``usecases.judging``) takes as long to load as to judge: it is imported while the models are read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from stemma.errors import InputError, StemmaError
from stemma.fingerprint import SUFFIX, Fingerprint, load, save
from stemma.immutable import immutable
from stemma.usecases.models import FingerprintResult, fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work

if TYPE_CHECKING:
    from stemma.publish.comparison import ComparisonReport


def compare(a: str, b: str, work: Work = DEFAULT_WORK) -> ComparisonReport:
    """Decide whether two models share provenance; ``a`` and ``b`` are references.

    Raises:
        InputError, SourceError: a model could not be read.
    """
    started = time.perf_counter()
    left, right = _both(a, b, replace(work, file_digests=False))
    from stemma.usecases.judging import report_on  # noqa: PLC0415 as the head of this file says

    return report_on(a, b, left, right, work, started)


class _OtherFailedError(StemmaError):
    """Ends the reading of one model once the other could not be read."""


def _both(a: str, b: str, work: Work) -> tuple[FingerprintResult, FingerprintResult]:
    """Both fingerprints, side by side; one that cannot be read stops the other."""
    if a == b:
        same = fingerprint(a, work)
        return same, same
    if a.endswith(SUFFIX) and b.endswith(SUFFIX):  # to load them the interpreter is needed throughout
        return fingerprint(a, work), fingerprint(b, work)
    failed = Event()

    def progress(name: str, done: int, total: int) -> None:
        if failed.is_set():
            raise _OtherFailedError(f"{name} was not read to the end.")
        work.progress(name, done, total)

    def read(reference: str) -> FingerprintResult:
        try:
            return fingerprint(reference, replace(work, workers=max(1, work.workers // 2), progress=progress))
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(read, reference) for reference in (a, b)]
        import_module("stemma.usecases.judging")
    errors = [error for f in waiting if (error := f.exception()) is not None]
    for error in sorted(errors, key=lambda e: isinstance(e, _OtherFailedError)):
        raise error
    return waiting[0].result(), waiting[1].result()


def compare_pairs(pairs: Sequence[tuple[str, str]], work: Work = DEFAULT_WORK) -> Iterator[ComparisonReport]:
    """One report a pair, in the order asked; every model is opened once, several at a time.

    A model that cannot be read gives a report with ``error`` and no ruling. Fingerprints wait on disk, so that memory
    does not grow with their number.
    """
    from tempfile import TemporaryDirectory  # noqa: PLC0415 as the head of this file says

    references = list(dict.fromkeys(reference for pair in pairs for reference in pair))
    each = replace(work, file_digests=False, workers=1 if len(references) > 1 else work.workers)
    with TemporaryDirectory(prefix="stemma-") as folder, ThreadPoolExecutor(work.workers) as pool:
        shelf = Path(folder)
        waiting = {
            reference: pool.submit(_shelve, reference, shelf / f"{index}.stemma", each)
            for index, reference in enumerate(references)
        }
        take = lru_cache(maxsize=32)(load)
        from stemma.usecases.judging import report_on, unread  # noqa: PLC0415 as the head of this file says

        try:
            for a, b in pairs:
                started = time.perf_counter()
                try:
                    left, right = _taken(waiting[a], take), _taken(waiting[b], take)
                    yield report_on(a, b, left, right, work, started)
                except StemmaError as error:
                    yield unread(a, b, error)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@immutable
class _Shelved:
    """Where a fingerprint waits, and what it cost."""

    path: Path
    reference: str
    cost: Mapping[str, Any]


def _shelve(reference: str, path: Path, work: Work) -> _Shelved:
    result = fingerprint(reference, work)
    save(result.fingerprint, path)
    return _Shelved(path, result.reference, result.cost)


def _taken(waiting: Future[_Shelved], take: Callable[[Path], Fingerprint]) -> FingerprintResult:
    shelved = waiting.result()
    return FingerprintResult(shelved.reference, take(shelved.path), shelved.cost)


def read_pairs(text: str) -> list[tuple[str, str]]:
    """Pairs from JSON lines ``{"a": ..., "b": ...}``; blank lines are passed over.

    Raises:
        InputError: a line that is no such object, with its number.
    """
    pairs = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            a, b = record["a"], record["b"]
        except (ValueError, KeyError, TypeError) as error:
            raise _bad_line(number) from error
        if not (isinstance(a, str) and isinstance(b, str)):
            raise _bad_line(number)
        pairs.append((a, b))
    return pairs


def _bad_line(number: int) -> InputError:
    return InputError(
        f'Line {number} of the pairs is no object {{"a": REFERENCE, "b": REFERENCE}}.',
        advice="Write one such JSON object a line.",
    )
