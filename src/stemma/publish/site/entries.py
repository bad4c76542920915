"""The list of a site as values: what is shown, searched and filtered of each record."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.immutable import immutable
from stemma.publish.canonical import Json, plain, to_json
from stemma.records import ResolvedRecord

_SUMMARY = 180


@immutable
class SiteEntry:
    """The newest usable version of one name. ``risks`` are those stated to be present, own or inherited."""

    key: str
    name: str
    version: str
    title: str
    type: str
    summary: str
    licenses: tuple[str, ...]
    tags: tuple[str, ...]
    risks: tuple[str, ...]
    versions: int
    state: str


def site_entry(resolved: ResolvedRecord, versions: int) -> SiteEntry:
    """The entry of one record that has so many versions."""
    record = resolved.record
    return SiteEntry(
        key=record.key,
        name=record.name,
        version=str(record.version),
        title=record.title,
        type=str(record.type),
        summary=_summary(resolved.get("about.description")),
        licenses=_strings(resolved.get("about.licenses")),
        tags=_strings(resolved.get("about.tags")),
        risks=_risks(resolved),
        versions=versions,
        state=record.status.state,
    )


def entries_json(entries: Sequence[SiteEntry]) -> str:
    """The list for machines."""
    listed, _ = plain([vars(entry) | {"page": f"records/{entry.name}/{entry.version}.html"} for entry in entries])
    document: dict[str, Json] = {"schema": "stemma.site-index/1", "records": listed}
    return to_json(document)


def _summary(value: Json) -> str:
    words = " ".join(value.split()) if isinstance(value, str) else ""
    return words if len(words) <= _SUMMARY else words[:_SUMMARY].rsplit(" ", 1)[0] + " …"


def _strings(value: Json) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _risks(resolved: ResolvedRecord) -> tuple[str, ...]:
    found = []
    for path, field in resolved.fields.items():
        value = field.value
        if path.startswith("risks.") and (value is True or (isinstance(value, dict) and value.get("present") is True)):
            found.append(path.removeprefix("risks."))
    return tuple(found)
