"""From a resolved record to its view."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from stemma.identity import Missing
from stemma.publish.record.surveys import survey_views
from stemma.publish.record.values import (
    Entry,
    Grid,
    Item,
    Links,
    Named,
    Section,
    label,
    nobody,
    one_text,
    origin_of,
    texts,
    web_address,
)
from stemma.publish.record.view import RecordView
from stemma.records import Edge, Evidence, Json, Record, Relation, ResolvedField, ResolvedRecord, Survey
from stemma.vocabulary.huggingface import NAME_ON_HUB

Downstream = Sequence[tuple[Record, Relation]]
_HUB = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_APART = frozenset({"about.title", "about.description", "about.citation", "card.results"})


def record_view(
    resolved: ResolvedRecord,
    *,
    links: Links = nobody,
    versions: Sequence[str] = (),
    downstream: Downstream = (),
    alerts: Sequence[Item] = (),
    surveys: Mapping[str, Survey] | None = None,
) -> RecordView:
    """Everything to be shown of ``resolved``.

    ``links`` says where the page of another record is, ``versions`` are the keys of all its versions, newest first,
    ``downstream`` the records whose relations lead here, ``surveys`` the question sets (those that ship by default).
    """
    record = resolved.record
    fields = [found for found in resolved.fields.values() if not found.unset]
    return RecordView(
        resolved=resolved,
        title=record.title,
        notice=_notice(record),
        description=_description(resolved, links),
        about=Section("about", "About", (*_facts(record), *_entries(fields, "about.", resolved.key, links))),
        risks=_risks(fields, resolved.key, links),
        relations=_relations(resolved.edges, links),
        card=_card(fields, resolved.key, links),
        surveys=survey_views(resolved, links, surveys),
        identity=_section("identity", "Identity", _entries(fields, "identity.", resolved.key, links)),
        extensions=_section("extensions", "Extensions", _extensions(fields)),
        citation=_citation(resolved),
        inheritance=tuple(Named(key, links(key)) for key in resolved.order[1:]),
        versions=tuple(Named(key, links(key)) for key in versions),
        downstream=_downstream(downstream, links),
        alerts=tuple(alerts),
    )


def _notice(record: Record) -> str:
    status = record.status
    if status.state == "active":
        return ""
    word = {"deprecated": "Deprecated", "yanked": "Withdrawn: must not be chosen"}[status.state]
    since = f" since {status.date}" if status.date else ""
    instead = f" Use {status.successor} instead." if status.successor else ""
    return f"{word}{since}. {status.reason}{instead}".strip()


def _facts(record: Record) -> tuple[Entry, ...]:
    facts = {"Record": record.name, "Version": str(record.version), "Type": str(record.type)}
    return tuple(Entry(name, (Item(value),)) for name, value in facts.items())


def _description(resolved: ResolvedRecord, links: Links) -> Entry | None:
    found = resolved.fields.get("about.description")
    return None if found is None or found.unset else _entry(found, resolved.key, links, prose=True)


def _entries(fields: Sequence[ResolvedField], prefix: str, key: str, links: Links) -> tuple[Entry, ...]:
    some = [found for found in fields if found.path.startswith(prefix) and found.path not in _APART]
    entries = [_entry(found, key, links) for found in some if not found.path.startswith("about.links.")]
    leading = tuple(
        Item(label(found.path), web_address(str(found.value)), origin_of(found.origin, key, links))
        for found in some
        if found.path.startswith("about.links.")
    )
    return (*entries, Entry("Links", leading)) if leading else tuple(entries)


def _entry(found: ResolvedField, key: str, links: Links, *, prose: bool = False) -> Entry:
    origins = found.items or tuple(found.origin for _ in texts(found.value))
    items = tuple(
        Item(text, web_address(text), origin_of(origin, key, links))
        for text, origin in zip(texts(found.value), origins, strict=True)
    )
    return Entry(label(found.path), items, prose)


def _section(identifier: str, title: str, entries: tuple[Entry, ...]) -> Section | None:
    return Section(identifier, title, entries) if entries else None


def _extensions(fields: Sequence[ResolvedField]) -> tuple[Entry, ...]:
    return tuple(
        Entry(found.path, (Item(json.dumps(found.value, sort_keys=True, ensure_ascii=False)),))
        for found in fields
        if found.path.startswith("x-")
    )


def _risks(fields: Sequence[ResolvedField], key: str, links: Links) -> Grid | None:
    rows = []
    for found in fields:
        if not found.path.startswith("risks."):
            continue
        more = found.value if isinstance(found.value, dict) else {"present": found.value}
        origin = origin_of(found.origin, key, links)
        rows.append(
            (
                (Item(label(found.path)),),
                (Item("present" if more.get("present") is True else "not present"),),
                (Item(origin.key, origin.link),) if origin else (Item("this record"),),
                _remarks(more.get("note"), more.get("source")),
            )
        )
    if not rows:
        return None
    return Grid(("Risk", "Stated", "Written by", "Note and source"), tuple(rows), "Risks, own and inherited.").filled


def _remarks(*values: Json) -> tuple[Item, ...]:
    return tuple(Item(str(value), web_address(str(value))) for value in values if value)


def _relations(edges: Sequence[Edge], links: Links) -> Grid | None:
    if not edges:
        return None
    rows = tuple((_kind(edge.relation), _target(edge, links), _how(edge.relation), _grounds(edge)) for edge in edges)
    return Grid(
        ("Relation", "To", "How", "Evidence"), rows, "What it was made from, trained on and measured on."
    ).filled


def _kind(relation: Relation) -> tuple[Item, ...]:
    mechanism = relation.definition.mechanism
    return (Item(relation.kind.meaning), *((Item(f"{mechanism} {mechanism.meaning}"),) if mechanism else ()))


def _target(edge: Edge, links: Links) -> tuple[Item, ...]:
    asked, hub = str(edge.relation.target), _on_hub(edge.relation)
    if isinstance(edge.target, Missing):
        return (Item(asked), Item(edge.target.reason), *hub)
    key = edge.target.key
    title = () if edge.target.title == edge.target.name else (Item(edge.target.title),)
    return (Item(key, links(key)), *title, *hub)


def _on_hub(relation: Relation) -> tuple[Item, ...]:
    """The target's name on the Hugging Face hub, where the relation tells it, with the address of its page."""
    name = relation.extensions.get(NAME_ON_HUB)
    if not isinstance(name, str) or not name:
        return ()
    place = "" if relation.definition.weight_edge else "datasets/"
    return (Item(f"hf:{name}", f"https://huggingface.co/{place}{name}" if _HUB.fullmatch(name) else None),)


def _how(relation: Relation) -> tuple[Item, ...]:
    share = "" if relation.coefficient is None else f"share {relation.coefficient:g}"
    part = f"part: {relation.component}" if relation.component else ""
    return tuple(Item(text) for text in (relation.method, share, part, relation.note) if text)


def _grounds(edge: Edge) -> tuple[Item, ...]:
    if not edge.relation.evidence:
        return (Item("declared, no evidence given"),)
    return tuple(item for evidence in edge.relation.evidence for item in _one_ground(evidence))


def _one_ground(evidence: Evidence) -> tuple[Item, ...]:
    denied = "Denied: " if evidence.denies else ""
    said = ", ".join(part for part in (evidence.by, evidence.date) if part)
    head = f"{denied}{evidence.grounds} {evidence.grounds.meaning}" + (f" ({said})" if said else "")
    signed = (Item(f"signature: {evidence.signature}"),) if evidence.signature else ()
    return (Item(head), Item(evidence.source, web_address(evidence.source)), *_remarks(evidence.note), *signed)


def _card(fields: Sequence[ResolvedField], key: str, links: Links) -> tuple[Section, ...]:
    sections = []
    for found in fields:
        name = found.path.removeprefix("card.")
        if name == found.path:
            continue
        if name == "results":
            grid = _results(found, key, links)
            sections.append(Section(name, "Results", (), (grid,) if grid else ()))
        else:
            sections.append(Section(name, label(name), (_entry(found, key, links, prose=True),)))
    return tuple(sections)


def _results(found: ResolvedField, key: str, links: Links) -> Grid | None:
    results = [each for each in found.value if isinstance(each, dict)] if isinstance(found.value, list) else []
    origins = found.items or tuple(found.origin for _ in results)
    columns = ("task", "dataset", "split", "metric", "value", "unit", "date", "source", "note")
    used = [name for name in columns if any(each.get(name) not in (None, "") for each in results)]
    rows = []
    for each, written in zip(results, origins, strict=True):
        cells = [_cell(each.get(name)) for name in used]
        origin = origin_of(written, key, links)
        cells.append((Item(origin.key, origin.link),) if origin else (Item("this record"),))
        rows.append(tuple(cells))
    if not rows:
        return None
    heads = tuple((">" if name == "value" else "") + label(name) for name in used)
    return Grid((*heads, "Written by"), tuple(rows), "Measured numbers, as stated.")


def _cell(value: Json) -> tuple[Item, ...]:
    return () if value in (None, "") else (Item(one_text(value), web_address(one_text(value))),)


def _downstream(downstream: Downstream, links: Links) -> Grid | None:
    rows = tuple(
        ((Item(record.key, links(record.key)), Item(record.title)), (Item(relation.kind.meaning),), _how(relation))
        for record, relation in downstream
    )
    return Grid(("Record", "Relation to this", "How"), rows, "Records that name this one.").filled if rows else None


def _citation(resolved: ResolvedRecord) -> str:
    stated = resolved.get("about.citation")
    if isinstance(stated, str) and stated.strip():
        return stated.strip()
    record = resolved.record
    publisher, date = resolved.get("about.publisher"), resolved.get("about.release_date")
    who = f"{publisher}. " if isinstance(publisher, str) and publisher else ""
    when = f" ({date[:4]})" if isinstance(date, str) and date else ""
    return f"{who}{record.title}{when}. Model record {record.key}, {record.digest}."
