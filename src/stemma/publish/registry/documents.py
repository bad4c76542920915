"""Work on records as JSON documents; each names its schema (see ``docs/schemas``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemma.errors import Problem
from stemma.identity import Missing, Version
from stemma.identity.version import VERSION
from stemma.publish.canonical import Document, as_document
from stemma.records import Difference, Origin, ResolvedField, ResolvedRecord

if TYPE_CHECKING:
    from stemma.registry import Checked

RESOLVED = "stemma.resolved-record/1"
PROBLEMS = "stemma.record-problems/1"
DIFFERENCE = "stemma.record-difference/1"


def resolved_document(resolved: ResolvedRecord) -> Document:
    """A record with all it inherits, and where every field was written."""
    return as_document(
        {
            "schema": RESOLVED,
            "record": resolved.key,
            "type": resolved.record.type,
            "digest": str(resolved.record.digest),
            "order": list(resolved.order),
            "document": resolved.document(),
            "origins": {path: _origins(found) for path, found in resolved.fields.items()},
            "relations": [
                {
                    "kind": edge.relation.kind,
                    "target": str(edge.relation.target),
                    "found": edge.target_key,
                    "missing": edge.target.reason if isinstance(edge.target, Missing) else None,
                    "mechanism": edge.relation.definition.mechanism,
                }
                for edge in resolved.edges
            ],
            "stemma": VERSION,
        }
    )


def problems_document(checked: Checked) -> Document:
    """What a check found."""
    return as_document(
        {
            "schema": PROBLEMS,
            "files": checked.files,
            "records": [record.key for record in checked.records],
            "problems": [_problem(problem) for problem in checked.problems],
            "stemma": VERSION,
        }
    )


def difference_document(difference: Difference, needed: Version) -> Document:
    """The changes between two records, and the least version they ask for."""
    return as_document(
        {
            "schema": DIFFERENCE,
            "old": difference.old,
            "new": difference.new,
            "bump": difference.bump.name.lower(),
            "needed": str(needed),
            "changes": [
                {
                    "path": change.path,
                    "kind": change.kind,
                    "old": change.old,
                    "new": change.new,
                    "bump": change.bump.name.lower(),
                    "reason": change.reason,
                }
                for change in difference.changes
            ],
            "stemma": VERSION,
        }
    )


def _origins(found: ResolvedField) -> dict[str, object]:
    return {
        **_origin(found.origin),
        "unset": found.unset,
        "items": [_origin(each) for each in found.items],
    }


def _origin(origin: Origin) -> dict[str, object]:
    return {"record": origin.record, "file": origin.file, "line": origin.line}


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "rule": problem.rule,
        "message": problem.message,
        "advice": problem.advice,
    }
