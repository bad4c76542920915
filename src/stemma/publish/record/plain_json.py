"""A record as JSON: the document with all it inherits, and which record wrote every field."""

from __future__ import annotations

from dataclasses import replace

from stemma.publish.canonical import to_json
from stemma.publish.record.view import RecordView
from stemma.publish.registry.documents import resolved_document
from stemma.records import Origin, ResolvedField


def record_json(view: RecordView) -> str:
    """The document ``stemma.resolved-record/1``; without files and lines, which differ from place to place."""
    resolved = view.resolved
    fields = {path: _anywhere(found) for path, found in resolved.fields.items()}
    return to_json(resolved_document(replace(resolved, fields=fields)))


def _anywhere(found: ResolvedField) -> ResolvedField:
    return replace(found, origin=Origin(found.origin.record), items=tuple(Origin(each.record) for each in found.items))
