"""A record as JSON: the document with all it inherits, and where every field was written."""

from __future__ import annotations

from stemma.identity import Missing
from stemma.publish.canonical import Json, plain, to_json
from stemma.publish.record.surveys import SurveyView
from stemma.publish.record.view import RecordView
from stemma.records import Edge, ResolvedField, Tally

SCHEMA = "stemma.published-record/1"


def record_json(view: RecordView) -> str:
    """One document, in the same order and bytes for the same record."""
    resolved = view.resolved
    document, _ = plain(
        {
            "schema": SCHEMA,
            "record": resolved.key,
            "content": resolved.record.digest,
            "document": resolved.document(),
            "inherits_from": list(resolved.order[1:]),
            "origins": {path: _origin(found) for path, found in resolved.fields.items()},
            "relations": [_edge(edge) for edge in resolved.edges],
            "surveys": {survey.id: _survey(survey) for survey in view.surveys},
            "versions": [each.key for each in view.versions],
        }
    )
    assert isinstance(document, dict)
    return to_json(document)


def _origin(found: ResolvedField) -> dict[str, Json]:
    told: dict[str, Json] = {"record": found.origin.record}
    if found.items:
        told["items"] = [item.record for item in found.items]
    if found.unset:
        told["unset"] = True
    return told


def _edge(edge: Edge) -> dict[str, Json]:
    told: dict[str, Json] = {"kind": edge.relation.kind.value, "asked": str(edge.relation.target)}
    if isinstance(edge.target, Missing):
        return told | {"missing": edge.target.reason}
    return told | {"target": edge.target.key, "content": str(edge.target.digest)}


def _survey(survey: SurveyView) -> dict[str, Json]:
    return {"overall": _tally(survey.overall), "domains": {name: _tally(tally) for name, tally in survey.domains}}


def _tally(tally: Tally) -> dict[str, Json]:
    return {"yes": tally.yes, "no": tally.no, "unanswered": tally.unanswered}
