"""A view whose origins say more: which way a value came."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from stemma.publish.record.values import Named
from stemma.publish.record.view import RecordView


def with_notes(view: RecordView, notes: Mapping[str, str]) -> RecordView:
    """The same view; every record that ``notes`` knows by key bears that note wherever it is named as an origin."""
    changed = {
        field.name: _noted(getattr(view, field.name), notes)
        for field in dataclasses.fields(view)
        if field.name not in ("resolved", "inheritance", "versions")
    }
    return dataclasses.replace(view, **changed)


def _noted(value: Any, notes: Mapping[str, str]) -> Any:
    if isinstance(value, Named):
        return dataclasses.replace(value, note=notes.get(value.key, ""))
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(_noted(each, notes) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = {field.name: _noted(getattr(value, field.name), notes) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **inner)
    return value
