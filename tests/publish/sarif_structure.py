"""The part of SARIF 2.1.0 that Stemma writes, as a strict JSON Schema in our own words.

It follows the normative text (sections 3.13 to 3.58): property names, required properties, enumerations, and the rule
that only results of kind "fail" have a level other than "none". Anything Stemma writes beyond it is refused.
"""

from __future__ import annotations

from typing import Any


def _thing(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def _many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
MESSAGE = _thing({"text": TEXT})
LEVEL = {"enum": ["none", "note", "warning", "error"]}
ARTIFACT = _thing({"uri": {"type": "string", "format": "uri-reference", "pattern": "^[!-~]+$"}})
_PLACE = {"type": "integer", "minimum": 1}
REGION = _thing({"startLine": _PLACE}, startColumn=_PLACE)
PHYSICAL = _thing({"artifactLocation": ARTIFACT}, region=REGION)
LOCATION = _thing({"physicalLocation": PHYSICAL}, id={"type": "integer", "minimum": 0}, message=MESSAGE)
RULE = _thing(
    {"id": TEXT},
    name={"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=_thing({"level": LEVEL}),
    properties={"type": "object"},
)
SUPPRESSION = _thing({"kind": {"enum": ["inSource", "external"]}}, justification=TEXT)
RESULT = _thing(
    {"message": MESSAGE, "ruleId": TEXT, "ruleIndex": {"type": "integer", "minimum": 0}},
    kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
    level=LEVEL,
    locations=_many(LOCATION),
    relatedLocations=_many(LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    suppressions=_many(SUPPRESSION),
    properties={"type": "object"},
) | {
    "if": {"properties": {"kind": {"not": {"const": "fail"}}}},
    "then": {"properties": {"level": {"const": "none"}}},
}
NOTIFICATION = _thing({"message": MESSAGE}, level=LEVEL, locations=_many(LOCATION))
RUN = _thing(
    {
        "tool": _thing(
            {
                "driver": _thing(
                    {"name": TEXT},
                    informationUri={"type": "string", "format": "uri"},
                    semanticVersion=TEXT,
                    rules=_many(RULE) | {"uniqueItems": True},
                )
            }
        )
    },
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    invocations=_many(
        _thing({"executionSuccessful": {"type": "boolean"}}, toolExecutionNotifications=_many(NOTIFICATION))
    ),
    results=_many(RESULT),
)
LOG = _thing({"version": {"const": "2.1.0"}, "runs": _many(RUN)}, **{"$schema": {"type": "string", "format": "uri"}})
