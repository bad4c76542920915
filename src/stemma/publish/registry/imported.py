"""What an import brought: records with the source of every value, what was wrong, what is left to write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stemma.errors import Problem
from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.publish.canonical import Document, as_document
from stemma.records import Record

IMPORTED = "stemma.record-import/1"


@immutable
class ImportedRecord:
    """One record: where it lies or would, its text, and by dotted path where values were found.

    ``inherited`` are paths that parents give; ``left`` is still to write; ``missing`` are targets that are not in the
    registry. ``problem`` says why it cannot be resolved, empty where it can.
    """

    file: Path | str
    record: Record
    text: str
    sources: Mapping[str, str]
    inherited: tuple[str, ...]
    left: tuple[str, ...]
    missing: tuple[str, ...]
    problem: str = ""


@immutable
class ImportReport:
    """A whole import; ``written`` is false for a dry run. ``notes`` tell what was wrong, and what was done about it."""

    records: tuple[ImportedRecord, ...]
    notes: tuple[Problem, ...]
    written: bool


def imported_document(report: ImportReport) -> Document:
    """The report as JSON."""
    return as_document(
        {
            "schema": IMPORTED,
            "written": report.written,
            "records": [
                {
                    "record": each.record.key,
                    "file": str(each.file),
                    "sources": dict(sorted(each.sources.items())),
                    "inherited": list(each.inherited),
                    "left": list(each.left),
                    "missing": list(each.missing),
                    "problem": each.problem,
                    "text": each.text,
                }
                for each in report.records
            ],
            "notes": [
                {
                    "file": note.file,
                    "line": note.line,
                    "column": note.column,
                    "rule": note.rule,
                    "message": note.message,
                    "advice": note.advice,
                }
                for note in report.notes
            ],
            "stemma": VERSION,
        }
    )
