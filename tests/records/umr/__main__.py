"""Writes the page that compares UMR and ours: ``python -m tests.records.umr docs/umr.md``"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from stemma.errors import Problem
from stemma.interop.umr import convert, read_packages
from tests.records.umr import DATA
from tests.records.umr.comparison import Comparison, Reason, compare

HEAD = """\
# Records of the Unified Model Record

`stemma record import umr:PATH` reads the files of the Unified Model Record (UMR, [arXiv
2410.02230](https://arxiv.org/abs/2410.02230), [modelrecords/modelrecords](https://github.com/modelrecords/modelrecords),
MIT). This page is made from the 88 records of that repository; a test keeps it so.

## What is read differently

| | UMR | here |
| --- | --- | --- |
| relations | one kind, `upstream` | sixteen kinds; which one is chosen \
by the types on both sides and by what the record says, and the choice stands in the evidence |
| who hands on | every upstream, data sets too | kinds of relations hand on facets, \
by [one table](records.md#relations) |
| how far | one step: the raw files of what is named upstream | all the way, in one linear order |
| an empty value | hides what would be taken over | is no value |
| risk flags | the first that is told | a raised one wins |
| newest version | greatest file name, so that 1.9.0 beats 1.10.0 | semantic version |
| circles | run for ever | refused, with the path |
| writing | what was taken over is written into the file | nothing inherited is written |
| sizes of one model | `bloom-3b` has the model `bloom` upstream | `bloom` is their family: \
no weights of it are in them |

"""


def page(compared: Comparison, notes: list[Problem]) -> str:
    """The whole page."""
    return "".join(
        [HEAD, *_reasons(compared), *_differences(compared), *_notes(notes)],
    )


def _reasons(compared: Comparison) -> Iterator[str]:
    found = compared.differences
    yield (
        f"## What comes out differently\n\nUMR takes over {compared.umr} values in {compared.records} records, we "
        f"{compared.ours}; {compared.same} are the same value of the same record. The {len(found)} differences:\n\n"
        "| | fields | why ours is right |\n| --- | ---: | --- |\n"
    )
    counts = Counter(difference.reason for difference in found)
    for number, reason in enumerate(Reason, 1):
        yield f"| {number} | {counts[reason]} | {reason.value} |\n"


def _differences(compared: Comparison) -> Iterator[str]:
    yield "\n| record | what | UMR has it from | we have it from | relation to UMR's | why |\n"
    yield "| --- | --- | --- | --- | --- | ---: |\n"
    numbers = {reason: number for number, reason in enumerate(Reason, 1)}
    rows = Counter((d.record, d.group, d.umr, d.ours, d.kind, d.reason) for d in compared.differences)
    for (record, group, umr, ours, kind, reason), count in rows.items():
        what = group if count == 1 else f"{group} ({count})"
        yield f"| {record} | {what} | {umr or '-'} | {ours or '-'} | {kind or '-'} | {numbers[reason]} |\n"


def _notes(notes: list[Problem]) -> Iterator[str]:
    yield (
        f"\n## What was wrong in the files\n\nThe import says so with file and line, and what was done about it. "
        f"{len(notes)} remarks:\n\n| place | what | done |\n| --- | --- | --- |\n"
    )
    for note in notes:
        yield f"| `{note.file}:{note.line}` | {_cell(note.message)} | {_cell(note.advice)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def made() -> str:
    """The page as it should be."""
    packages, _ = read_packages(DATA)
    return page(compare(), [note for draft in convert(packages) for note in draft.notes])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(made(), encoding="utf-8", newline="\n")
