"""Writes what is generated from the tables: the schema, and the tables of docs/records.md.

``python -m stemma.records.specification src/stemma/records/data docs``
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from stemma.records.schema import build_schema
from stemma.records.shapes import Bump, Choice, Either, Field, Flag, ListOf, Number, Shape, Text, Thing, Whole
from stemma.records.surveys import shipped_surveys
from stemma.records.table import LANGUAGE, RISKS, leaves, top_fields
from stemma.vocabulary import RelationDefinition, load_relations

SCHEMA_FILE = f"record-{LANGUAGE}.json"
_FORMS = {
    "line": "line",
    "prose": "text",
    "requirement": "`NAME@RANGE`",
    "sha256": "64 hex digits",
    "language": "BCP 47 tag",
    "purl": "package URL",
    "url": "address",
}


def schema_text() -> str:
    """The schema file."""
    return json.dumps(build_schema(), indent=1, ensure_ascii=True) + "\n"


def filled(page: str) -> str:
    """The page with every generated table in its place, between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``."""
    for name, table in _tables().items():
        marks = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        page, times = marks.subn(lambda found, table=table: f"{found[1]}\n{table}\n{found[2]}", page)  # type: ignore[misc]
        if times != 1:
            raise ValueError(f"the page has {times} places for {name}, expected one")
    return page


def _tables() -> dict[str, str]:
    top = top_fields()
    facets = [(f"`{facet}`", about) for facet, about in load_relations().facets.items()]
    return {
        "fields": _field_table(),
        "relation": _things(top["relations"]),
        "status": _things(top["status"]),
        "files": "\n\n".join(f"`{path}`\n\n{_things(leaves()[path])}" for path in ("identity.hubs", "identity.files")),
        "results": _things(leaves()["card.results"]),
        "risks": _table(("Flag", "Meaning"), [(f"`{key}`", about) for key, about in RISKS.items()]),
        "kinds": _kinds(),
        "facets": _table(("Facet", "What it holds"), facets),
        "surveys": _surveys(),
    }


def _field_table() -> str:
    rows = []
    for path, field in leaves().items():
        merge = {"replace": "nearest", "union": "all joined", "worst": "raised wins"}[field.merge]
        passed = f"`{field.facet}`, {merge}" if field.inherits else "no"
        bumps = f"{_bump(field.added)} / {_bump(field.changed)}"
        rows.append((f"`{path}`" + (" *" if field.required else ""), _kind(field.shape), field.about, passed, bumps))
    return _table(("Field", "Value", "What it says", "Inherited", "Bump: new / other"), rows)


def _things(field: Field) -> str:
    shape = field.shape.item if isinstance(field.shape, ListOf) else field.shape
    assert isinstance(shape, Thing)
    rows = [(f"`{f.key}`" + (" *" if f.required else ""), _kind(f.shape), f.about) for f in shape.fields]
    table = _table(("Key", "Value", "What it says"), rows)
    inner = [f for f in shape.fields if isinstance(f.shape, ListOf) and isinstance(f.shape.item, Thing)]
    return "\n\n".join([table, *(f"Each of `{f.key}`:\n\n{_things(f)}" for f in inner)])


def _kinds() -> str:
    rows = [_kind_row(definition) for definition in load_relations().kinds.values()]
    return _table(("Kind", "Meaning", "Mechanism", "Seen in weights", "Passes on", "Why"), rows)


def _kind_row(d: RelationDefinition) -> tuple[str, ...]:
    passed = ", ".join(f"`{facet}`" for facet in load_relations().facets if facet in d.passes) or "nothing"
    meaning = f"{d.definition} ({', '.join(sorted(d.of))} → {', '.join(sorted(d.to))})"
    return f"`{d.kind}`", meaning, d.mechanism or "none", d.visible, passed, d.reason


def _surveys() -> str:
    rows = []
    for survey in shipped_surveys().values():
        counts = [(domain, sum(i.domain == domain for i in survey.indicators)) for domain in survey.domains]
        links = ", ".join(f"<{link}>" for link in survey.links)
        rows.append((f"`{survey.id}`", survey.title, ", ".join(f"{d} {n}" for d, n in counts), links, survey.licence))
    return _table(("Set", "Title", "Indicators", "Links", "Licence of the names"), rows)


def _kind(shape: Shape) -> str:  # noqa: PLR0911 one return a shape
    match shape:
        case Text():
            return _FORMS.get(shape.form, shape.form)
        case Choice():
            return ", ".join(f"`{word}`" for word in shape.words) if len(shape.words) < 8 else "a kind, below"
        case Whole():
            return f"`{shape.least}`" if shape.least == shape.most else "integer"
        case Number():
            return "number"
        case Flag():
            return "boolean"
        case ListOf():
            return f"list of {_kind(shape.item)}"
        case Thing():
            return "mapping"
        case Either():
            return f"{_kind(shape.short)}, or mapping with {', '.join(f'`{f.key}`' for f in shape.long.fields)}"
        case _:
            return "anything"


def _bump(bump: Bump) -> str:
    return bump.name.lower()


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main(arguments: list[str]) -> int:
    """Write into the package and into the documentation; returns the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m stemma.records.specification PACKAGE_DATA DOCS\n")
        return 3
    package, docs = (Path(argument) for argument in arguments)
    for folder in (package, docs / "schemas"):
        (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8", newline="\n")
    page = docs / "records.md"
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
