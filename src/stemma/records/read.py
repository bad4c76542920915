"""Text or data in, a record out; or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.errors import InvalidRecord, Problem
from stemma.identity import Version, parse_requirement
from stemma.records.forms import path_problem
from stemma.records.nodes import Findings, Node, read_tree, tree_of
from stemma.records.record import Evidence, Record, Relation, Status
from stemma.records.shapes import Json
from stemma.records.surveys import shipped_surveys
from stemma.records.table import EXTENSION, leaf
from stemma.records.walk import Walk, nearest
from stemma.vocabulary import Grounds, RecordType, RelationKind, load_relations


def parse_record(text: str | bytes, file: str = "<record>") -> Record:
    """Read a record from YAML.

    Raises:
        InvalidRecord: with every problem found, each with line and column.
    """
    record, problems = check_record(text, file)
    if record is None or problems:
        raise InvalidRecord(problems)
    return record


def check_record(text: str | bytes, file: str = "<record>") -> tuple[Record | None, tuple[Problem, ...]]:
    """The record, where nothing is wrong, and the problems, in order of place."""
    findings = Findings(file)
    root = read_tree(text, findings)
    return _record(root, findings) if root is not None else (None, findings.sorted())


def record_from_data(data: Mapping[str, Any], file: str = "<record>") -> Record:
    """A record out of plain data, under the same rules; raises InvalidRecord."""
    findings = Findings(file)
    record, problems = _record(tree_of(dict(data)), findings)
    if record is None or problems:
        raise InvalidRecord(problems)
    return record


def _record(root: Node, findings: Findings) -> tuple[Record | None, tuple[Problem, ...]]:
    walk = Walk(findings)
    data = walk.document(root)
    if not findings.problems:
        _cross_checks(root, data, walk, findings)
    if findings.problems:
        return None, findings.sorted()
    return _build(root, data, walk, findings.file), ()


def _build(root: Node, data: dict[str, Any], walk: Walk, file: str) -> Record:
    lines = [node.line for node in root.value["relations"][1].value] if "relations" in data else []
    relations = zip(data.get("relations", ()), lines, strict=True)
    return Record(
        name=data["name"],
        version=Version.parse(data["version"]),
        type=_TYPES[data["type"]],
        data=data,
        leaves=walk.leaves,
        relations=tuple(_relation(entry, line) for entry, line in relations),
        status=_status(data.get("status")),
        file=file,
        places={key: (node.line, node.column) for key, (node, _) in root.value.items() if node.line},
    )


def _relation(entry: dict[str, Any], line: int) -> Relation:
    return Relation(
        kind=_KINDS[entry["kind"]],
        target=parse_requirement(entry["target"]),
        coefficient=entry.get("coefficient"),
        method=entry.get("method", ""),
        component=entry.get("component", ""),
        evidence=tuple(_evidence(each) for each in entry.get("evidence", ())),
        note=entry.get("note", ""),
        extensions={key: value for key, value in entry.items() if key.startswith(EXTENSION)},
        line=line,
    )


def _evidence(entry: dict[str, Any]) -> Evidence:
    return Evidence(**{**entry, "grounds": _GROUNDS[entry["grounds"]]})


def _status(entry: dict[str, Any] | None) -> Status:
    if entry is None:
        return Status()
    successor = entry.get("successor")
    return Status(**{**entry, "successor": None if successor is None else parse_requirement(successor)})


_TYPES = {member.value: member for member in RecordType}
_KINDS = {member.value: member for member in RelationKind}
_GROUNDS = {member.value: member for member in Grounds}


def _cross_checks(root: Node, data: dict[str, Any], walk: Walk, findings: Findings) -> None:
    """Rules between fields."""
    kind = _TYPES[data["type"]]
    for path, found in walk.leaves.items():
        types = leaf(path).types
        if types is not None and kind not in types:
            place = Node(None, found.line, found.column)
            findings.add(place, "types", f"{path!r} does not belong into a {kind} record.")
    nodes = root.value["relations"][1].value if "relations" in data else []
    seen: dict[tuple[str, ...], int] = {}
    for node, entry in zip(nodes, data.get("relations", ()), strict=True):
        _check_relation(node, entry, kind, findings)
        same = (entry["kind"], parse_requirement(entry["target"]).name, entry.get("component", ""))
        if same in seen:
            findings.add(node, "duplicate", f"{' '.join(same).rstrip()} is declared twice.", "Say it once.")
        seen[same] = node.line
    _check_files(root, data, findings)
    _check_answers(root, data, findings)


def _check_relation(node: Node, entry: dict[str, Json], kind: RecordType, findings: Findings) -> None:
    definition = load_relations().kinds[_KINDS[str(entry["kind"])]]
    if kind not in definition.of:
        allowed = ", ".join(sorted(definition.of))
        findings.add(node, "types", f"A {kind} cannot be {entry['kind']} anything, only these can: {allowed}.")
    if "coefficient" in entry and definition.kind is not RelationKind.MERGED_FROM:
        findings.add(node, "types", f"Only merged-from has a coefficient, this is {entry['kind']}.")


def _check_answers(root: Node, data: dict[str, Any], findings: Findings) -> None:
    for survey, answers in data.get("surveys", {}).items():
        known = shipped_surveys().get(survey)
        unknown = [] if known is None else [key for key in answers if key not in known.names]
        for key in unknown:
            node = root.value["surveys"][1].value[survey][1].value[key][0]
            message = f"The question set {survey} has no indicator {key!r}."
            findings.add(node, "unknown", message, nearest(key, known.names if known else ()))


def _check_files(root: Node, data: dict[str, Any], findings: Findings) -> None:
    files = data.get("identity", {}).get("files", [])
    if not files:
        return
    seen: set[str] = set()
    nodes = root.value["identity"][1].value["files"][1].value
    for node, entry in zip(nodes, files, strict=True):
        expected = path_problem(entry["path"])
        if expected is not None:
            findings.add(node, "path", f"Got {entry['path'][:60]!r}, expected {expected}.")
        if entry["path"].lower() in seen:
            findings.add(node, "duplicate", f"The file {entry['path'][:60]!r} is listed twice.")
        seen.add(entry["path"].lower())
