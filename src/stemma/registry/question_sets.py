"""Question sets of one's own: TOML files in ``_surveys`` of a directory of records, beside those that ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from stemma.errors import MalformedFile, Problem
from stemma.records import Record, Survey, read_survey, shipped_surveys
from stemma.registry.directory import clear_errors, read_bounded

FOLDER = "_surveys"


def question_sets(directory: Path) -> Mapping[str, Survey]:
    """The sets that ship and those of ``directory``, by identifier.

    Raises:
        MalformedFile: a file is no question set, or has the identifier of another.
        UnsafeFile, LimitExceeded: a file is a link, or too large.
    """
    sets = dict(shipped_surveys())
    folder = directory / FOLDER
    if not folder.is_dir() or folder.is_symlink():
        return sets
    with clear_errors(folder, "listed"):
        files = sorted(file for file in folder.iterdir() if file.suffix == ".toml")
    for file in files:
        survey = read_survey(read_bounded(file).decode("utf-8", errors="replace"), str(file))
        if survey.id in sets:
            advice = "Give it an identifier of its own."
            raise MalformedFile(str(file), f"the identifier {survey.id!r} of another set", "a new one", advice=advice)
        sets[survey.id] = survey
    return sets


def check_answers(records: Sequence[Record], sets: Mapping[str, Survey]) -> list[Problem]:
    """Answers to questions that a set does not ask. Those of sets that ship are checked where a record is read."""
    own = {key: survey.names for key, survey in sets.items() if key not in shipped_surveys()}
    return [problem for record in records if own for problem in _strangers(record, own)]


def _strangers(record: Record, own: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    for path, leaf in record.leaves.items():
        section, *rest = path.split(".", 2)
        if section == "surveys" and rest[0] in own and rest[1] not in own[rest[0]]:
            message = f"The question set {rest[0]} has no indicator {rest[1]!r}."
            yield Problem(record.file, leaf.line, leaf.column, message, "", "unknown")
