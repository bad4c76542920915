"""One UMR file: what it says, with the line of everything, and what is wrong in it.

The version of a package is that of its file; ``metadata.version`` is what the publisher calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stemma.errors import BadReference, BadVersion, InvalidRecord, Problem
from stemma.identity import Requirement, Version, parse_loose_requirement
from stemma.immutable import immutable
from stemma.interop.drafts import record_name
from stemma.records.nodes import Findings, Node, read_tree, shown
from stemma.records.scalars import Hazard
from stemma.records.walk import nearest
from stemma.vocabulary import RecordType

METADATA = (
    *("name", "refs", "description", "version", "publisher", "release_date", "model_type"),
    "architecture",
)
ROOT = ("type", "metadata", "relations", "risk", "tags", "question_sets", "upstream", "model", "downstream")
SECTIONS = ("upstream", "model", "downstream")
LISTS = (
    *("intended_use", "factors", "evaluation_data", "training_data", "additional_information", "recommendations"),
    "ethical_considerations",
)
_FILE = re.compile(r"(?P<name>.+?)-(?P<version>\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)\.ya?ml", re.ASCII)
_TYPES = {kind.value: kind for kind in (RecordType.MODEL, RecordType.DATASET, RecordType.FAMILY)}


@immutable
class Upstream:
    """One entry of ``relations.upstream``: as written, and as a requirement of records."""

    text: str
    asked: Requirement
    line: int


@dataclass
class Package:
    """What one UMR file says. ``lines`` has the line of every value by the path at which UMR writes it."""

    file: str
    name: str
    version: Version
    type: RecordType = RecordType.MODEL
    metadata: dict[str, str] = field(default_factory=dict)
    refs: list[str] = field(default_factory=list)
    upstream: list[Upstream] = field(default_factory=list)
    risks: dict[str, bool] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    question_sets: list[str] = field(default_factory=list)
    answers: dict[str, bool] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    environment: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)

    def note(self, node: Node, rule: str, message: str, done: str) -> None:
        """Tell what is wrong at a place, and what was done about it."""
        self.notes.append(Problem(self.file, node.line, node.column, message, done, rule))


def read_package(text: str | bytes, file: str) -> Package:
    """Read one UMR file; ``file`` is shown in messages, and its last part tells name and version.

    Raises:
        InvalidRecord: it is no YAML that is safe to read, or no UMR record.
    """
    findings = Findings(file)
    root = read_tree(text, findings)
    named = _FILE.fullmatch(file.rsplit("/", 1)[-1])
    if root is None:
        raise InvalidRecord(findings.sorted())
    if named is None:
        raise _refused(file, root, f"Got a file called {file.rsplit('/', 1)[-1]!r}, expected NAME-VERSION.yaml.")
    record = _get(root, "mr")
    if record is None or not isinstance(record.value, dict):
        raise _refused(file, root, "Expected a UMR record: a mapping under the key 'mr'.")
    package = Package(file, record_name(named["name"]), Version.parse(named["version"]))
    package.notes += [
        Problem(p.file, p.line, p.column, p.message, "The first was kept.", p.rule) for p in findings.sorted()
    ]
    if package.name != named["name"]:
        package.note(
            root, "name", f"The name {named['name']!r} is not in lower case.", f"The record is {package.name}."
        )
    _Reader(package).read(root, record)
    return package


def _refused(file: str, node: Node, message: str) -> InvalidRecord:
    return InvalidRecord([Problem(file, node.line, node.column, message, "It was not read.", "umr")])


def _get(node: Node, key: str) -> Node | None:
    found = node.value.get(key) if isinstance(node.value, dict) else None
    return None if found is None else found[1]


class _Reader:
    """Fills one package."""

    def __init__(self, package: Package) -> None:
        self._package = package

    def read(self, root: Node, record: Node) -> None:
        package = self._package
        for key, (node, _) in root.value.items():
            if key != "mr":
                package.note(node, "key", f"UMR has no key {key[:60]!r} beside 'mr'.", "It was left out.")
        for key, (node, value) in record.value.items():
            if key in LISTS:
                package.note(node, "place", f"{key!r} stands at the top, UMR has it under 'upstream'.", "It was read.")
                package.lists[key] = self._strings(value, key)
            elif key not in ROOT:
                package.note(
                    node, "key", f"UMR has no key {key[:60]!r} here.", f"It was left out. {nearest(key, ROOT)}".rstrip()
                )
        self._type(record)
        self._metadata(_get(record, "metadata"))
        self._relations(_get(record, "relations"))
        self._risks(_get(record, "risk"))
        for key, into in (("tags", package.tags), ("question_sets", package.question_sets)):
            node = _get(record, key)
            if node is not None:
                into.extend(self._strings(node, key))
        for section in SECTIONS:
            self._section(section, _get(record, section))

    def _type(self, record: Node) -> None:
        node = _get(record, "type")
        word = None if node is None else node.value
        if node is not None and isinstance(word, str) and word in _TYPES:
            self._package.type = _TYPES[word]
        else:
            at = node or record
            self._package.note(
                at, "type", f"Got {shown(at)} as type, expected model, dataset or family.", "Taken for a model."
            )

    def _metadata(self, node: Node | None) -> None:
        for key, value in self._mapping(node, "metadata"):
            if key == "refs":
                self._package.refs += self._strings(value, "metadata.refs")
            else:
                text = self._text(value, f"metadata.{key}")
                if text:
                    self._package.metadata[key] = text
                if key not in METADATA:
                    done = f"It was kept as an extension. {nearest(key, METADATA)}".rstrip()
                    self._package.note(value, "key", f"UMR has no metadata key {key[:60]!r}.", done)

    def _relations(self, node: Node | None) -> None:
        for key, value in self._mapping(node, "relations"):
            if key != "upstream":
                self._package.note(value, "key", f"UMR has no key {key[:60]!r} in relations.", "It was left out.")
                continue
            for text, line in self._items(value, "relations.upstream"):
                asked = _asked(text)
                if asked is None:
                    at = Node(None, line, 1)
                    self._package.note(at, "upstream", f"{text[:80]!r} names no package.", "It was left out.")
                else:
                    self._package.upstream.append(Upstream(text, asked, line))

    def _risks(self, node: Node | None) -> None:
        for key, value in self._mapping(node, "risk"):
            if isinstance(value.value, bool):
                self._package.risks[key] = value.value
                self._package.lines[f"risk.{key}"] = value.line
            else:
                self._package.note(
                    value,
                    "type",
                    f"Got {shown(value)} as risk {key[:60]!r}.",
                    "It was left out: neither true nor false.",
                )

    def _section(self, section: str, node: Node | None) -> None:
        for key, value in self._mapping(node, section):
            if key in LISTS:
                self._package.lists.setdefault(key, []).extend(self._strings(value, key))
            elif key == "environmental":
                refs = _get(value, "refs")
                if refs is not None:
                    self._package.environment += self._strings(refs, "environmental.refs")
            elif type(value.value) in (int, bool) and value.value in (0, 1):
                self._package.answers[key] = bool(value.value)
                self._package.lines[key] = value.line
            else:
                message = f"Got {shown(value)} for {key[:60]!r}, expected 0 or 1."
                self._package.note(value, "type", message, "It was left out: unanswered.")

    def _mapping(self, node: Node | None, what: str) -> Iterator[tuple[str, Node]]:
        if node is None or node.value in (None, ""):
            return
        if not isinstance(node.value, dict):
            self._package.note(node, "type", f"Got {shown(node)} as {what}, expected a mapping.", "It was left out.")
            return
        self._package.lines[what] = node.line
        for key, (_, value) in node.value.items():
            yield key, value

    def _strings(self, node: Node, what: str) -> list[str]:
        return [text for text, _ in self._items(node, what)]

    def _items(self, node: Node, what: str) -> Iterator[tuple[str, int]]:
        """The texts of a list with their lines; one text stands for a list of one."""
        self._package.lines.setdefault(what, node.line)
        for item in node.value if isinstance(node.value, list) else [node]:
            text = self._text(item, what)
            if text:
                yield text, item.line

    def _text(self, node: Node, what: str) -> str:
        """A scalar as text; what YAML readers take for a number or a date was meant as text, too."""
        value: Any = node.value
        self._package.lines.setdefault(what, node.line)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, (list, dict)):
            self._package.note(node, "type", f"Got {shown(node)} as {what}, expected text.", "It was left out.")
            return ""
        text = value.text if isinstance(value, Hazard) else node.text or str(value)
        self._package.note(
            node, "type", f"Got {shown(node)} as {what}, which is no text in YAML.", f"Read as {text!r}."
        )
        return text


def _asked(text: str) -> Requirement | None:
    lowered = text.strip().lower()
    try:
        return parse_loose_requirement(lowered)
    except (BadReference, BadVersion):
        pass
    try:
        return parse_loose_requirement(record_name(lowered))
    except (BadReference, BadVersion):
        return None
