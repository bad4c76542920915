"""A tree held against the table of fields: plain data and leaves come out, every problem is reported with its place."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from typing import Any, assert_never

from stemma.records.forms import form_problem
from stemma.records.nodes import Findings, Node, shown
from stemma.records.record import Leaf, Mode
from stemma.records.scalars import Hazard
from stemma.records.shapes import (
    Anything,
    Choice,
    Either,
    Field,
    Flag,
    Json,
    ListOf,
    Named,
    Number,
    Shape,
    Text,
    Thing,
    Whole,
)
from stemma.records.table import ENTRIES, EXTENSION, EXTENSION_FIELD, LANGUAGE, top_fields

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}", re.ASCII)
_APART = frozenset({"stemma", "name", "version", "type", "status", "relations"})
_REPORTED: Any = object()  # stands for a value that was reported and dropped


class Walk:
    """One walk over one document."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.leaves: dict[str, Leaf] = {}

    def document(self, root: Node) -> dict[str, Json]:
        """The data of the whole document."""
        if not isinstance(root.value, dict):
            self._bad(root, "type", f"Got {shown(root)}, expected a record: a mapping that begins with stemma: 1.")
            return {}
        _, language = root.value.get("stemma", (None, None))
        if language is not None and type(language.value) is int and language.value != LANGUAGE:
            later = language.value > LANGUAGE
            advice = "A newer program wrote it: update this one." if later else "Run stemma record migrate."
            message = f"Got language version {shown(language)}, expected {LANGUAGE}."
            self._findings.add(language, "language", message, advice)
            return {}
        return self._fields(root, top_fields(), "", extensions=True)

    def _fields(self, node: Node, known: dict[str, Field], prefix: str, *, extensions: bool) -> dict[str, Json]:
        """A mapping with known keys, at the top or in a section: its entries are leaves or sections."""
        data: dict[str, Json] = {}
        for key, (key_node, value) in node.value.items():
            field, appends = known.get(key), False
            if field is None and key.startswith("+"):
                field, appends = known.get(key[1:]), True
            if field is None and extensions and key.startswith(EXTENSION) and _KEY.fullmatch(key):
                field = EXTENSION_FIELD
            if field is None:
                self._unknown(key_node, known)
                continue
            if appends and not self._may_append(key_node, field, node.value):
                continue
            found = self._field(value, field, prefix + key.removeprefix("+"), appends=appends)
            if found is not _REPORTED:
                data[key] = found
        for key, field in known.items():
            if field.required and key not in node.value:
                self._bad(node, "required", f"The key {key!r} is missing.", field.about)
        return data

    def _may_append(self, node: Node, field: Field, beside: dict[str, object]) -> bool:
        if not isinstance(field.shape, ListOf) or not field.inherits:
            self._bad(node, "append", f"Got '+{field.key}', but only a list that is inherited can be appended to.")
            return False
        if field.key in beside:
            self._bad(node, "append", f"Got '+{field.key}' beside {field.key!r}.", "Keep one of them.")
            return False
        return True

    def _field(self, node: Node, field: Field, path: str, *, appends: bool) -> Any:
        if field.facet is None:
            return self._section(node, field, path)
        mode: Mode = "append" if appends else "set"
        if node.value is None and path not in _APART and not appends and field is not EXTENSION_FIELD:
            if not field.inherits:
                return self._bad(node, "null", f"{path!r} is empty.", "Leave the key out; it is never inherited.")
            mode, value = "unset", None
        else:
            value = self._value(node, field.shape)
        if value is not _REPORTED and path not in _APART:
            self.leaves[path] = Leaf(path, value, mode, node.line, node.column)
        return value

    def _section(self, node: Node, field: Field, path: str) -> Any:
        if not isinstance(node.value, dict) or not node.value:
            return self._bad(node, "type", f"Got {shown(node)} as {path!r}, expected a mapping with entries.")
        if isinstance(field.shape, Thing):
            known = {inner.key: inner for inner in field.shape.fields}
            return self._fields(node, known, path + ".", extensions=False)
        assert isinstance(field.shape, Named)
        return self._entries(node, field.shape, ENTRIES[path], path + ".")

    def _entries(self, node: Node, shape: Named, entry: Field, prefix: str) -> Any:
        """An open section; a section of sections (surveys) goes one level further."""
        data: dict[str, Json] = {}
        for key, (key_node, value) in node.value.items():
            if not self._key(key_node, shape):
                continue
            if isinstance(shape.value, Named):
                if not isinstance(value.value, dict) or not value.value:
                    self._bad(value, "type", f"Got {shown(value)}, expected answers by indicator.")
                    continue
                found = self._entries(value, shape.value, entry, f"{prefix}{key}.")
            else:
                found = self._field(value, entry, prefix + key, appends=False)
            if found is not _REPORTED:
                data[key] = found
        return data

    def _key(self, node: Node, shape: Named) -> bool:
        key = node.value
        if _KEY.fullmatch(key) is None:
            self._bad(node, "key", f"Got {key[:60]!r} as a {shape.what}, expected lower-case letters, digits, - and _.")
            return False
        if shape.known and key not in shape.known and not key.startswith(EXTENSION):
            self._unknown(node, shape.known, f"{shape.what} ")
            return False
        return True

    def _value(self, node: Node, shape: Shape) -> Any:
        if isinstance(shape, Text):
            return self._text(node, shape)
        if isinstance(shape, ListOf):
            return self._list(node, shape)
        if isinstance(shape, Thing):
            return self._thing(node, shape)
        if isinstance(shape, Either):
            return self._value(node, shape.long if isinstance(node.value, dict) else shape.short)
        if isinstance(shape, Anything):
            return self._anything(node)
        return self._scalar(node, shape)

    def _scalar(self, node: Node, shape: Choice | Whole | Number | Flag | Named) -> Any:
        value = node.value
        match shape:
            case Choice():
                known = isinstance(value, str) and value in shape.words
                expected = "one of " + ", ".join(shape.words)
                if known:
                    return value
                return self._wrong(node, expected, "" if self._findings.full else nearest(value, shape.words))
            case Whole():
                expected = str(shape.least) if shape.least == shape.most else f"an integer from {shape.least}"
                within = type(value) is int and shape.least <= value <= shape.most
                return value if within else self._wrong(node, expected)
            case Number():
                finite = type(value) in (int, float) and math.isfinite(value)
                return value if finite else self._wrong(node, "a number such as 0.5")
            case Flag():
                return value if isinstance(value, bool) else self._wrong(node, "true or false")
            case Named():
                raise TypeError("an open mapping is a section, never a value")
            case _:
                assert_never(shape)

    def _list(self, node: Node, shape: ListOf) -> Any:
        if not isinstance(node.value, list):
            return self._wrong(node, "a list")
        if len(node.value) > shape.most:
            return self._bad(node, "size", f"A list of {len(node.value)} is longer than {shape.most}.")
        return [v for v in (self._value(item, shape.item) for item in node.value) if v is not _REPORTED]

    def _text(self, node: Node, shape: Text) -> Any:
        text = node.value
        if not isinstance(text, str):
            return self._wrong(node, "text")
        if len(text) > shape.most:
            return self._bad(node, "size", f"Text of {len(text)} characters is longer than {shape.most}.")
        expected = form_problem(shape.form, text)
        return text if expected is None else self._wrong(node, expected)

    def _thing(self, node: Node, shape: Thing) -> Any:
        if not isinstance(node.value, dict):
            return self._wrong(node, "a mapping with " + ", ".join(f.key for f in shape.fields if f.required))
        known = {field.key: field for field in shape.fields}
        data: dict[str, Json] = {}
        for key, (key_node, value) in node.value.items():
            field = known.get(key)
            if field is None and shape.extensions and key.startswith(EXTENSION):
                field = EXTENSION_FIELD
            if field is None:
                self._unknown(key_node, known)
                continue
            found = self._value(value, field.shape)
            if found is not _REPORTED:
                data[key] = found
        for field in shape.fields:
            if field.required and field.key not in node.value:
                self._bad(node, "required", f"The key {field.key!r} is missing.", field.about)
        return data

    def _anything(self, node: Node) -> Any:
        value = node.value
        if isinstance(value, Hazard):
            return self._wrong(node, "a value on which all YAML readers agree")
        if isinstance(value, list):
            return [v for v in map(self._anything, value) if v is not _REPORTED]
        if isinstance(value, dict):
            found = {key: self._anything(inner) for key, (_, inner) in value.items()}
            return {key: inner for key, inner in found.items() if inner is not _REPORTED}
        if isinstance(value, float) and not math.isfinite(value):
            return self._wrong(node, "a finite number")
        if isinstance(value, str) and form_problem("prose", value or "-"):
            return self._wrong(node, "text without control characters")
        return value

    def _unknown(self, node: Node, known: Iterable[str], what: str = "") -> None:
        near = "" if self._findings.full else nearest(node.value, known)
        advice = near or f"Expected one of {', '.join(sorted(known)[:40])}."
        self._bad(node, "unknown", f"The language has no {what}key {str(node.value)[:60]!r} here.", advice)

    def _wrong(self, node: Node, expected: str, advice: str = "") -> Any:
        if not advice and not isinstance(node.value, (str, list, dict, type(None))):
            advice = "Put it in quotes if it is meant as text."
        return self._bad(node, "value", f"Got {shown(node)}, expected {expected}.", advice)

    def _bad(self, node: Node, rule: str, message: str, advice: str = "") -> Any:
        self._findings.add(node, rule, message, advice)
        return _REPORTED


def nearest(word: object, known: Iterable[str]) -> str:
    """The question whether one of the known words was meant; empty where none is near."""
    near = difflib.get_close_matches(word[:100], list(known), 1) if isinstance(word, str) else []
    return f"Did you mean {near[0]!r}?" if near else ""
