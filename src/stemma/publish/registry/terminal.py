"""Records and what is wrong or new in them, on a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console

from stemma.identity import Missing, Version
from stemma.publish.figures import counted
from stemma.publish.terminal_parts import facts_grid, write, write_heading, write_section, write_table
from stemma.records import Difference, Json, ResolvedField, ResolvedRecord

if TYPE_CHECKING:
    from stemma.registry import Checked


def render_resolved(resolved: ResolvedRecord, console: Console, *, origins: bool) -> None:
    """A record with what it inherits; with ``origins`` every field says which record and line wrote it."""
    record = resolved.record
    write_heading(console, f"{record.title}  {resolved.key}  ({record.type})")
    if record.status.state != "active":
        write_section(console, "Status", [f"{record.status.state}: {record.status.reason}".rstrip(": ")])
    fields = [found for found in resolved.fields.values() if origins or not found.unset]
    if origins:
        told = [(found.path, _value(found), _origin(found)) for found in fields]
        write_table(console, "Fields", ["field", "value", "written in"], told)
    else:
        write_table(console, "Fields", ["field", "value"], [(found.path, _value(found)) for found in fields])
    relations = [
        (
            str(edge.relation.kind),
            str(edge.relation.target),
            f"not found: {edge.target.reason}" if isinstance(edge.target, Missing) else edge.target.key,
            ", ".join(sorted({str(evidence.grounds) for evidence in edge.relation.evidence})),
        )
        for edge in resolved.edges
    ]
    write_table(console, "Relations", ["kind", "asked", "found", "grounds"], relations)
    inherited = sum(resolved.inherited(found.path) for found in fields)
    write(
        console,
        facts_grid({"inherits from": ", ".join(resolved.order[1:]) or "nothing", "inherited fields": str(inherited)}),
    )


def render_difference(difference: Difference, needed: Version, console: Console) -> None:
    """The changes, the bump they need, and why."""
    write_heading(console, f"{difference.old} -> {difference.new}")
    rows = [
        (change.bump.name.lower(), change.kind, change.path, _short(change.old), _short(change.new))
        for change in difference.changes
    ]
    write_table(console, "", ["bump", "what", "field", "old", "new"], rows)
    if not difference.changes:
        write_section(console, "Nothing changed", ["The records say the same."])
        return
    largest = [change.reason for change in difference.changes if change.bump is difference.bump]
    sentence = f"Needs {needed} at least ({difference.bump.name.lower()}): {'; '.join(largest)}."
    write_section(console, "Version", [sentence])


def render_checked(checked: Checked, console: Console) -> None:
    """Problems, one a line as compilers write them, then a count."""
    for problem in checked.problems:
        console.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    found = counted(len(checked.problems), "problem") if checked.problems else "no problem"
    console.print(f"{counted(checked.files, 'file')}, {found}.", highlight=False)


def _value(found: ResolvedField) -> str:
    return "(unset)" if found.unset else _short(found.value)


def _origin(found: ResolvedField) -> str:
    records = list(dict.fromkeys(each.record for each in found.items)) or [found.origin.record]
    line = f" line {found.origin.line}" if found.origin.line and len(records) == 1 else ""
    return ", ".join(records) + line


def _short(value: Json) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first = text.split("\n", 1)[0]
    return first if len(first) <= 90 and first == text else first[:89] + "…"
