"""The JSON Schema of the language, built from the table of fields.

The schema says what a JSON Schema can say. The reader checks more: calendars, rules between fields, places in the file.
"""

from __future__ import annotations

from typing import Any, assert_never

from stemma.identity.requirements import MAX_NAME
from stemma.identity.semantic import MAX_VERSION
from stemma.records.shapes import (
    Anything,
    Choice,
    Either,
    Field,
    Flag,
    Form,
    ListOf,
    Named,
    Number,
    Shape,
    Text,
    Thing,
    Whole,
)
from stemma.records.table import ENTRIES, FIELDS, LANGUAGE

ID = f"urn:stemma:schema:record:{LANGUAGE}"
KEY = "^[a-z0-9][a-z0-9_-]{0,99}$"
EXTENSION_KEY = "^x-[a-z0-9_-]{0,98}$"

_NAME = "[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_NUMBER = "(?:0|[1-9][0-9]*)"
_VERSION = (
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    r"(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_PATTERNS: dict[Form, str] = {
    "line": r"^\S(?:[^\n]*\S)?$",
    "prose": r"\S",
    "name": f"^{_NAME}$",
    "version": f"^{_VERSION}$",
    "requirement": rf"^{_NAME}(?:@[^@\n]+)?$",
    "date": "^[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-[0-3][0-9])?)?$",
    "digest": "^(?:sha256|blake3):[0-9a-f]{64}$",
    "sha256": "^[0-9a-f]{64}$",
    "url": r"^[A-Za-z][A-Za-z0-9+.-]{1,20}:\S+$",
    "purl": r"^pkg:[A-Za-z][A-Za-z0-9.+-]*/\S+$",
    "language": "^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$",
}
_LENGTHS: dict[Form, int] = {"name": MAX_NAME, "version": MAX_VERSION}


def build_schema() -> dict[str, Any]:
    """The schema as data."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Stemma model record",
        "description": "A model, data set, family, adapter or benchmark, and what it was made from.",
        **_thing(FIELDS, "", extensions=True),
    }
    return schema


def _thing(fields: tuple[Field, ...], path: str, *, extensions: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field in fields:
        properties[field.key] = _field(field, path + field.key)
        if isinstance(field.shape, ListOf) and field.inherits:
            about = f"As {field.key}, appended to what is inherited."
            properties[f"+{field.key}"] = {"description": about, **_shape(field.shape)}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if any(field.required for field in fields):
        schema["required"] = [field.key for field in fields if field.required]
    both = [f.key for f in fields if f"+{f.key}" in properties]
    if both:
        schema["allOf"] = [{"not": {"required": [key, f"+{key}"]}} for key in both]
    if extensions:
        schema["patternProperties"] = {EXTENSION_KEY: {}}
    return schema


def _field(field: Field, path: str) -> dict[str, Any]:
    if field.facet is None and path in ENTRIES and isinstance(field.shape, Named):
        return {"description": field.about, **_entries(field.shape, ENTRIES[path])}
    if field.facet is None and isinstance(field.shape, Thing):
        inner = _thing(field.shape.fields, path + ".", extensions=False)
        return {"description": field.about, **inner, "minProperties": 1}
    shape = _shape(field.shape)
    return {"description": field.about, **(_nullable(shape) if field.inherits else shape)}


def _entries(shape: Named, entry: Field) -> dict[str, Any]:
    inner = shape.value
    value = _entries(inner, entry) if isinstance(inner, Named) else _nullable(_shape(entry.shape))
    if not shape.known:
        return {"type": "object", "minProperties": 1, "patternProperties": {KEY: value}, "additionalProperties": False}
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {key: {"description": about, **value} for key, about in shape.known.items()},
        "patternProperties": {EXTENSION_KEY: value},
        "additionalProperties": False,
    }


def _nullable(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "null", "description": "Takes away what would be inherited."}]}


def _shape(shape: Shape) -> dict[str, Any]:  # noqa: PLR0911 one return a shape
    match shape:
        case Text():
            most = min(shape.most, _LENGTHS.get(shape.form, shape.most))
            return {"type": "string", "minLength": 1, "maxLength": most, "pattern": _PATTERNS[shape.form]}
        case Choice():
            return {"enum": list(shape.words)}
        case Whole():
            exact = shape.least == shape.most
            return (
                {"const": shape.least} if exact else {"type": "integer", "minimum": shape.least, "maximum": shape.most}
            )
        case Number():
            return {"type": "number"}
        case Flag():
            return {"type": "boolean"}
        case ListOf():
            return {"type": "array", "items": _shape(shape.item), "maxItems": shape.most}
        case Thing():
            inner = _thing_inside(shape)
            return {**inner, "patternProperties": {EXTENSION_KEY: {}}} if shape.extensions else inner
        case Either():
            return {"anyOf": [_shape(shape.short), _shape(shape.long)]}
        case Anything():
            return {}
        case Named():
            raise TypeError("an open mapping is a section, never a value")
        case _:
            assert_never(shape)


def _thing_inside(shape: Thing) -> dict[str, Any]:
    properties = {field.key: {"description": field.about, **_shape(field.shape)} for field in shape.fields}
    required = [field.key for field in shape.fields if field.required]
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema
