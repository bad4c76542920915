"""A record as a model card: front matter as the Hugging Face hub reads it, and a body in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stemma.identity import Missing
from stemma.publish.figures import visible
from stemma.publish.record.surveys import SurveyView, percent
from stemma.publish.record.values import Entry, Grid, Item, Section
from stemma.publish.record.view import RecordView
from stemma.records import Edge, Json, ResolvedRecord
from stemma.vocabulary import RecordType, RelationKind
from stemma.vocabulary.huggingface import HUB_RELATIONS, NAME_ON_HUB

# Identifiers that the hub knows; any other licence is "other" with its name beside it.
_LICENSES = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bsd bsd-2-clause
bsd-3-clause c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-
nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc llama2 llama3
llama3.1 llama3.2 llama3.3 llama4 gemma deepfloyd-if-license ms-pl mpl-2.0 odc-by odbl postgresql osl-3.0 unlicense
wtfpl zlib afl-3.0 artistic-2.0 bsl-1.0 lppl-1.3c ncsa
"""
_HUB_LICENSES = frozenset(_LICENSES.split())
_METRIC = re.compile(r"[\w.-]{1,40}", re.ASCII)
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$^!])")
_STARTS = re.compile(r"^(\s*)(?:([-+=:])|(\d{1,9})([.)])(?=\s|$))")


def record_markdown(view: RecordView) -> str:
    """Front matter and body; no string of the record becomes markup."""
    return _front_matter(view.resolved) + "\n" + "\n\n".join(_body(view)) + "\n"


def _front_matter(resolved: ResolvedRecord) -> str:
    import yaml  # noqa: PLC0415 loads slowly, and only this rendering writes it

    return f"---\n{yaml.safe_dump(front_matter(resolved), sort_keys=False, allow_unicode=True, width=1000)}---\n"


def front_matter(resolved: ResolvedRecord) -> dict[str, Json]:
    """The metadata of the card, in the hub's words."""
    data: dict[str, Json] = dict(_license(_strings(resolved, "about.licenses")))
    data["language"] = list(_strings(resolved, "about.languages"))
    data["library_name"] = resolved.get("about.library")
    data["pipeline_tag"] = next(iter(_strings(resolved, "about.tasks")), None)
    data["tags"] = list(_strings(resolved, "about.tags"))
    link = resolved.get("about.links.license")
    data["license_link"] = link if data.get("license") == "other" else None
    data["metrics"] = [metric for metric in _strings(resolved, "card.metrics") if _METRIC.fullmatch(metric)]
    data["datasets"] = _targets(resolved, {RelationKind.TRAINED_ON})
    parents = [edge for edge in resolved.edges if edge.relation.kind in HUB_RELATIONS]
    kinds = {HUB_RELATIONS[edge.relation.kind] for edge in parents}
    data["base_model"] = _targets(resolved, set(HUB_RELATIONS))
    data["base_model_relation"] = kinds.pop() if len(kinds) == 1 else None
    successor = resolved.record.status.successor
    data["new_version"] = successor.name if successor else None
    data["model-index"] = _results(resolved)
    if resolved.record.type is RecordType.DATASET:
        data = {"license": data.get("license"), "language": data["language"], "tags": data["tags"]}
    data["stemma"] = resolved.key
    return {key: value for key, value in data.items() if value not in (None, [], "")}


def _license(licenses: list[str]) -> Iterator[tuple[str, Json]]:
    if len(licenses) == 1 and licenses[0].lower() in _HUB_LICENSES:
        yield "license", licenses[0].lower()
    elif licenses:
        yield "license", "other"
        yield "license_name", " and ".join(licenses)


def _strings(resolved: ResolvedRecord, path: str) -> list[str]:
    value = resolved.get(path)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _targets(resolved: ResolvedRecord, kinds: set[RelationKind]) -> list[Json]:
    found = (_hub_name(edge) for edge in resolved.edges if edge.relation.kind in kinds)
    return list(dict.fromkeys(found))


def _hub_name(edge: Edge) -> str:
    """The name on the hub, where the relation or the target states it; else its name as a record."""
    told = edge.relation.extensions.get(NAME_ON_HUB)
    if isinstance(told, str) and told:
        return told
    target = edge.target
    hubs = None if isinstance(target, Missing) else target.get("identity.hubs")
    for hub in hubs if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and hub.get("hub") == "huggingface":
            return str(hub.get("id"))
    return edge.relation.target.name


def _results(resolved: ResolvedRecord) -> list[Json]:
    results: list[Json] = []
    stated = resolved.get("card.results")
    for each in stated if isinstance(stated, list) else ():
        if isinstance(each, dict):
            data = str(each.get("dataset") or "not stated")
            kind: dict[str, Json] = {"name": data, "type": data}
            if each.get("split"):
                kind["split"] = each["split"]
            metric: dict[str, Json] = {"type": each.get("metric"), "value": each.get("value")}
            task: dict[str, Json] = {"type": str(each.get("task") or "other")}
            result: dict[str, Json] = {"task": task, "dataset": kind, "metrics": [metric]}
            if str(each.get("source")).startswith(("https://", "http://")):
                result["source"] = {"name": "Source", "url": each["source"]}
            results.append(result)
    return [{"name": resolved.record.title, "results": results}] if results else []


def _body(view: RecordView) -> Iterator[str]:
    yield f"# {_line(view.title)} {_line(str(view.resolved.version))}"
    if view.notice:
        yield f"> **{_line(view.notice)}**"
    for item in view.alerts:
        yield f"> **Alert:** {_item(item)}"
    if view.description:
        yield from (_prose(item) for item in view.description.items)
    yield "## About\n\n" + _entries(view.about.entries)
    for title, grid in (("Relations", view.relations), ("Risks", view.risks)):
        if grid:
            yield f"## {title}\n\n{_grid(grid)}"
    for section in (*view.card, view.identity, view.extensions):
        if section:
            yield _section(section)
    yield from map(_survey, view.surveys)
    yield f"## How to cite\n\n{_text(view.citation)}"
    if view.inheritance:
        yield "## Inherited from\n\n" + "\n".join(f"- {_line(each.key)}" for each in view.inheritance)
    yield f"Record {_line(view.key)}, content {_line(str(view.resolved.record.digest))}."


def _section(section: Section) -> str:
    parts = [f"## {_line(section.title)}"]
    for entry in section.entries:
        if entry.prose:
            parts += [_prose(item) for item in entry.items]
    rest = tuple(entry for entry in section.entries if not entry.prose)
    if rest:
        parts.append(_entries(rest))
    return "\n\n".join([*parts, *map(_grid, section.grids)])


def _entries(entries: tuple[Entry, ...]) -> str:
    return "\n".join(f"- **{_line(entry.label)}:** {', '.join(map(_item, entry.items))}" for entry in entries)


def _survey(survey: SurveyView) -> str:
    rows = [f"| {_line(name)} | {t.yes} | {t.no} | {t.unanswered} | {percent(t)} |" for name, t in survey.domains]
    t = survey.overall
    rows.append(f"| **All** | {t.yes} | {t.no} | {t.unanswered} | {percent(t)} |")
    head = "| Domain | Yes | No | Unanswered | Yes of all |\n| --- | ---: | ---: | ---: | ---: |"
    return f"## {_line(survey.title)}\n\n{head}\n" + "\n".join(rows)


def _grid(grid: Grid) -> str:
    head = "| " + " | ".join(_line(name.removeprefix(">")) for name in grid.columns) + " |"
    rule = "| " + " | ".join("---:" if name.startswith(">") else "---" for name in grid.columns) + " |"
    rows = ["| " + " | ".join("<br>".join(map(_item, cell)) for cell in row) + " |" for row in grid.rows]
    return "\n".join([head, rule, *rows])


def _item(item: Item) -> str:
    text = f"[{_line(item.text)}]({_address(item.link)})" if item.link else _line(item.text)
    return text + (f" *(from {_line(item.origin.key)})*" if item.origin else "")


def _prose(item: Item) -> str:
    return _text(item.text) + (f"\n\n*(from {_line(item.origin.key)})*" if item.origin else "")


def _text(text: str) -> str:
    """Paragraphs and line breaks stay; everything else is text."""
    lines = [escaped(line.strip()) for line in text.replace("\t", " ").splitlines()]
    joined = "\n".join(
        line + ("  " if line and after else "") for line, after in zip(lines, [*lines[1:], ""], strict=True)
    )
    return re.sub(r"\n{3,}", "\n\n", joined)


def _line(text: str) -> str:
    return escaped(" ".join(text.split()))


def escaped(line: str) -> str:
    """One line of text in which nothing is markup, not even HTML or an entity."""
    shown = (
        _MARKS.sub(r"\\\1", visible(line, 10**9).replace("&", "&amp;")).replace("\\<", "&lt;").replace("\\>", "&gt;")
    )
    return _STARTS.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", shown)


def _address(link: str) -> str:
    return re.sub(r"[()\\<>\s]", lambda m: f"%{ord(m[0]):02X}", link)
