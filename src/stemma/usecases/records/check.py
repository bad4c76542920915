"""Check, lay out and migrate records in files and whole directories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from stemma.errors import InputError, Problem
from stemma.immutable import immutable
from stemma.records import check_record, drift, format_record, migrate_record, read_lock
from stemma.registry import Checked, check_directory
from stemma.registry.directory import read_bounded, write_text
from stemma.registry.lint import check_relations
from stemma.usecases.records.versions import lock_path
from stemma.usecases.registry import Chosen, record_paths, source_beside


def check_paths(paths: Sequence[Path], *, registry: Chosen = None, locked: bool = False) -> Checked:
    """Every problem in files and whole directories; with ``locked`` also where records left their locks.

    A file that is named has to have a lock then; of a directory those records are looked at that have one.

    Raises:
        InputError: a path is not there.
    """
    checked = [_check_directory(path) if path.is_dir() else _check_file(path, registry) for path in paths]
    problems = [problem for each in checked for problem in each.problems]
    if locked:
        files = [path for path in record_paths(paths) if path in paths or lock_path(path).is_file()]
        problems += [problem for file in files for problem in _lock_problems(file, registry)]
    records = tuple(record for each in checked for record in each.records)
    return Checked(sum(each.files for each in checked), records, tuple(problems))


@immutable
class Rewritten:
    """How many files were looked at, and which of them changed, or would."""

    files: int
    changed: tuple[Path, ...]


def format_files(paths: Sequence[Path], *, write: bool) -> Rewritten:
    """Lay out records alike; raises InvalidRecord where one breaks the rules."""
    return _rewrite(paths, format_record, write=write)


def migrate_files(paths: Sequence[Path], *, write: bool) -> Rewritten:
    """Bring records to the present version of the language."""
    return _rewrite(paths, lambda text, file: migrate_record(text, file)[0], write=write)


def _rewrite(paths: Sequence[Path], change: Callable[[str, str], str], *, write: bool) -> Rewritten:
    files = list(record_paths(paths))
    texts = {file: _text(file) for file in files}
    changed = {file: new for file, old in texts.items() if (new := change(old, str(file))) != old}
    if write:
        for file, text in changed.items():
            write_text(file, text)
    return Rewritten(len(files), tuple(changed))


def _text(path: Path) -> str:
    return read_bounded(path).decode("utf-8", errors="replace")


def _check_directory(path: Path) -> Checked:
    """The problems of a directory, their files told from where its path is told from."""
    found = check_directory(path)
    problems = (replace(problem, file=(path / problem.file).as_posix()) for problem in found.problems)
    return replace(found, problems=tuple(problems))


def _check_file(path: Path, registry: Chosen) -> Checked:
    if not path.is_file():
        raise InputError(f"There is no file or directory {path}.", advice="Name record files, or their directory.")
    record, problems = check_record(read_bounded(path), str(path))
    if record is None or problems:
        return Checked(1, (), problems)
    return Checked(1, (record,), tuple(check_relations([record], source_beside(path, registry))))


def _lock_problems(path: Path, registry: Chosen) -> list[Problem]:
    record, problems = check_record(read_bounded(path), str(path))
    if record is None or problems:
        return []
    file = lock_path(path)
    if not file.is_file():
        return [Problem(str(path), 1, 1, "It has no lock.", "Make one with: stemma record lock.", "lock")]
    found = drift(read_lock(_text(file), str(file)), source_beside(path, registry), record)
    advice = "Look at the change, then lock again with: stemma record lock."
    return [Problem(str(file), 0, 0, f"{each.asked}: {each.reason}.", advice, "lock") for each in found]
