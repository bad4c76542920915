"""Make, take over, list and take back the advisories of a registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from stemma.advisories import Advisory, check_advisory, moment, parse_advisory, withdrawn_advisory
from stemma.advisories.json_tree import MAX_BYTES
from stemma.errors import InputError, InvalidAdvisory, LimitExceeded, Problem, UnsafeFile
from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.lineage import from_store
from stemma.publish.lineage.model import AdvisoryListing
from stemma.registry import Registry
from stemma.usecases.alerts.raising import Kept, keep_advisories
from stemma.usecases.registry import Chosen, now, opened

SUFFIX = ".json"


def add_advisory(advisory: Advisory, registry: Chosen) -> Kept:
    """Put a new advisory in.

    Raises:
        InputError: there is one of that id.
    """
    with opened(registry, make=True) as stores:
        if stores.advisories.history(advisory.id):
            advice = "Give it another id, or change the one that is there with stemma advisory import."
            raise InputError(f"There is an advisory {advisory.id}.", advice=advice)
        return keep_advisories(stores, [advisory], now())[0]


def import_advisories(paths: Sequence[Path], registry: Chosen) -> list[Kept]:
    """Take over advisories from files, all of them or none.

    Raises:
        InvalidAdvisory: some break the rules; every problem of every file is told.
        InputError: a path is not there.
    """
    files = list(advisory_files(paths))
    checked = [check_advisory(read_file(file), str(file)) for file in files]
    problems = [problem for _, found in checked for problem in found]
    if problems:
        raise InvalidAdvisory(problems)
    with opened(registry, make=True) as stores:
        return keep_advisories(stores, [advisory for advisory, _ in checked if advisory is not None], now())


@immutable
class CheckedAdvisories:
    """What was looked at: how many files, the ids of those without a fault, and every problem."""

    files: int
    ids: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_files(paths: Sequence[Path]) -> CheckedAdvisories:
    """Every problem in files and directories; raises InputError where a path is not there."""
    checked = [check_advisory(read_file(file), str(file)) for file in advisory_files(paths)]
    ids = tuple(advisory.id for advisory, _ in checked if advisory is not None)
    return CheckedAdvisories(len(checked), ids, tuple(problem for _, found in checked for problem in found))


def list_advisories(registry: Chosen, *, withdrawn: bool = False) -> AdvisoryListing:
    """The newest version of every advisory; those taken back only where ``withdrawn``."""
    with opened(registry) as stores:
        found = (from_store(stores.advisories.get(each)) for each in stores.advisories.ids())
        return AdvisoryListing(tuple(a for a in found if withdrawn or not a.is_withdrawn), VERSION)


def find_advisory(asked: str, registry: Registry) -> Advisory | None:
    """The advisory that an id of the registry or a JSON file names; None where it names none."""
    if asked.endswith(SUFFIX) and Path(asked).is_file():
        return parse_advisory(read_file(Path(asked)), asked)
    return from_store(registry.advisories.get(asked)) if registry.advisories.history(asked) else None


def get_advisory(asked: str, registry: Chosen) -> Advisory:
    """As :func:`find_advisory`; raises InputError where there is none."""
    with opened(registry) as stores:
        return _required(asked, stores)


def withdraw(asked: str, registry: Chosen, when: datetime) -> Kept:
    """Take an advisory back; raises InputError where there is none, or it was taken back before."""
    with opened(registry) as stores:
        return keep_advisories(stores, [withdrawn_advisory(_required(asked, stores), when)], moment(when))[0]


def _required(asked: str, registry: Registry) -> Advisory:
    found = find_advisory(asked, registry)
    if found is None:
        raise InputError(f"There is no advisory {asked}.", advice="See: stemma advisory list")
    return found


def advisory_files(paths: Sequence[Path]) -> list[Path]:
    """The files among ``paths``: files as they are, of a directory all below it that end in .json."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += (file for file in sorted(path.rglob(f"*{SUFFIX}")) if file.is_file() and not file.is_symlink())
        elif path.is_file():
            files.append(path)
        else:
            raise InputError(f"There is no file or directory {path}.", advice="Name JSON files, or their directory.")
    return files


def read_file(path: Path) -> bytes:
    """The bytes of a plain file of bounded size."""
    if path.is_symlink() or not path.is_file():
        raise UnsafeFile(f"{path} is no plain file.", advice="Links are not followed: name the file itself.")
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"{path} is larger than {MAX_BYTES} bytes, the most that an advisory may have.")
    return data
