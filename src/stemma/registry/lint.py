"""Look at a whole directory of records and report everything that is wrong in it, in order of place."""

from __future__ import annotations

import gc
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

from stemma.errors import InvalidRecord, Problem, StemmaError, UnresolvedRecord
from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.records import MemorySource, Record, RecordSource, Resolver, check_bump, check_record
from stemma.registry.directory import SUFFIX, misplaced, read_bounded, record_files, version_of
from stemma.registry.question_sets import FOLDER, check_answers, question_sets

_MANY = 1_000
_Found = tuple[Record | None, list[Problem]]


@immutable
class Checked:
    """What was looked at: how many files, the records that are good in themselves, and every problem."""

    files: int
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


def check_directory(directory: Path) -> Checked:
    """Every file by itself, its place, then every record with what it inherits and leads to.

    Raises:
        InputError: there is no such directory.
    """
    places = list(record_files(directory))
    with _no_collection(len(places)):
        return _check(directory, places)


def _check(directory: Path, places: Sequence[str]) -> Checked:
    records: list[Record] = []
    problems = _lookalikes(places)
    for record, found in _check_files(directory, places):
        problems += found
        if record is not None:
            records.append(record)
    problems += check_relations(records, MemorySource(records))
    problems += check_bumps(records)
    problems += _check_answers(directory, records)
    return Checked(len(places), tuple(records), tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column))))


def _check_answers(directory: Path, records: Sequence[Record]) -> list[Problem]:
    try:
        return check_answers(records, question_sets(directory))
    except StemmaError as error:
        return [Problem(f"{FOLDER}/", 0, 0, error.message, error.advice, "survey")]


@contextmanager
def _no_collection(files: int) -> Iterator[None]:
    """Records lead back to themselves nowhere; to look for circles among so many takes a third of the time."""
    if files < _MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def check_relations(records: Sequence[Record], source: RecordSource) -> list[Problem]:
    """Targets that are not in ``source``, and inheritance in a circle."""
    resolver = Resolver(source, dangling="report")
    problems = []
    for record in records:
        for edge in resolver.edges(record):
            if isinstance(edge.target, Missing):
                place = edge.relation.line, 1
                problems.append(Problem(record.file, *place, edge.target.reason, "Add it, or mend the name.", "target"))
        try:
            resolver.resolve(record)
        except UnresolvedRecord as error:
            line = record.relations[0].line if record.relations else 1
            problems.append(Problem(record.file, line, 1, error.message, error.advice, "circle"))
    return problems


def check_bumps(records: Sequence[Record]) -> list[Problem]:
    """Versions that rise less than the changes since the version before them ask for."""
    versions: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        versions[record.name].append(record)
    problems: list[Problem] = []
    for found in versions.values():
        found.sort(key=lambda record: record.version)
        for old, new in pairwise(found):
            try:
                check_bump(old, new)
            except InvalidRecord as error:
                problems += error.problems
    return problems


def _check_files(directory: Path, places: Sequence[str]) -> Iterable[_Found]:
    """Every file by itself; of many, the reading is shared out among the processors."""
    check = partial(_check_file, directory)
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)
    if len(places) < _MANY or workers < 2:
        yield from map(check, places)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 their import costs, and few need them
    from multiprocessing import get_context  # noqa: PLC0415

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=gc.disable) as pool:
        yield from pool.map(check, places, chunksize=200)


def _check_file(directory: Path, place: str) -> _Found:
    if version_of(place) is None:
        expected = f"Expected NAME/NAME-VERSION{SUFFIX}, with a semantic version."
        return None, [Problem(place, 0, 0, f"Got a file called {place}.", expected, "place")]
    try:
        data = read_bounded(directory / place)
    except StemmaError as error:
        return None, [Problem(place, 0, 0, error.message, error.advice, "read")]
    record, found = check_record(data, place)
    problems = list(found)
    if record is not None and (wrong := misplaced(record, place)) is not None:
        return None, [*problems, wrong]
    return record, problems


def _lookalikes(places: Sequence[str]) -> list[Problem]:
    """Names that a file system or a reader may take for one another."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for place in places:
        folder = place.split("/")[0]
        spellings[folder.casefold()].add(folder)
    return [
        Problem(f"{name}/", 0, 0, f"{name} differs from {first} in case alone.", "Rename one of them.", "lookalike")
        for first, *others in (sorted(found) for found in spellings.values())
        for name in others
    ]
