"""A record in the making out of foreign facts: every value with its source, and what did not fit is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stemma.errors import BadReference, InvalidRecord, Problem
from stemma.identity import name_problem, parse_requirement
from stemma.records import LANGUAGE, Json, record_from_data
from stemma.vocabulary import RecordType, RelationKind, load_relations

MAX_NAME = 120
_OUTSIDE = re.compile(r"[^a-z0-9._-]+")
_EDGES = re.compile(r"^[^a-z0-9]+|[^a-z0-9]+$")
_DOTS = re.compile(r"\.{2,}")


def record_name(text: str) -> str:
    """The name of a record for what is called ``text`` elsewhere: lower case, hyphens for what names may not hold.

    Raises:
        BadReference: nothing is left of it.
    """
    cleaned = _OUTSIDE.sub("-", text[:1_000].lower())
    cleaned = _EDGES.sub("", _DOTS.sub(".", cleaned)[:MAX_NAME])
    if cleaned and name_problem(cleaned) is not None:
        cleaned = f"model-{cleaned}"
    if not cleaned or name_problem(cleaned) is not None:
        raise BadReference(f"{text[:80]!r} gives no name of a record.", advice="Name it with --name.")
    return cleaned


def one_line(text: object, most: int = 200) -> str:
    """Text of unknown origin as one line without control characters, cut at ``most`` characters."""
    whole = text if isinstance(text, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in whole[: 4 * most]).split())[:most].rstrip()


def prose(text: object, most: int = 20_000) -> str:
    """Text of unknown origin with its lines, without other control characters, cut at ``most`` characters."""
    whole = text[: 4 * most] if isinstance(text, str) else ""
    lines = ("".join(c if c.isprintable() else " " for c in line).rstrip() for line in whole.splitlines())
    return "\n".join(lines).strip()[:most].rstrip()


def _weight_edges() -> set[str]:
    return {kind.value for kind, definition in load_relations().kinds.items() if definition.weight_edge}


def _nested(path: str, value: Json) -> dict[str, Any]:
    nested: Any = value
    for key in reversed(path.split(".")):
        nested = {key: nested}
    return dict(nested)


@dataclass
class Draft:
    """Plain data of a record that grows. ``sources`` tells of every dotted path where its value was found.

    ``notes`` tell with file and line what was wrong in the facts and what was done about it. ``parents`` are references
    of models that its weights are said to come from.
    """

    name: str
    version: str = "1.0.0"
    type: RecordType = RecordType.MODEL
    values: dict[str, Any] = field(default_factory=dict)
    relations: list[dict[str, Json]] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)

    @property
    def data(self) -> dict[str, Any]:
        """The document, as :func:`stemma.records.write_record` takes it."""
        document = {**self._head, **self.values}
        return {**document, "relations": self.relations} if self.relations else document

    @property
    def _head(self) -> dict[str, Any]:
        return {"stemma": LANGUAGE, "name": self.name, "version": self.version, "type": self.type.value}

    def has(self, path: str) -> bool:
        """True where the path has a value."""
        return path in self.sources

    def put(self, path: str, value: Json, source: str, *, place: tuple[str, int] = ("", 0)) -> bool:
        """Write a value at a dotted path, unless it has one; a value that the language refuses is noted, not written.

        Lists and texts with nothing in them are no values.
        """
        if value is None or value in ("", []) or self.has(path):
            return False
        if not self._fits(_nested(path, value), path, source, place):
            return False
        *sections, last = path.split(".")
        at = self.values
        for section in sections:
            at = at.setdefault(section, {})
        at[last] = value
        self.sources[path] = source
        return True

    def relate(
        self,
        kind: RelationKind,
        target: str,
        source: str,
        *,
        note: str = "",
        place: tuple[str, int] = ("", 0),
        more: Mapping[str, Json] | None = None,
    ) -> bool:
        """Add a relation with its declaration (E1) as evidence, once for each kind and target."""
        path = f"relations[{kind.value} {target}]"
        if self.has(path):
            return False
        evidence: dict[str, Json] = {"grounds": "E1", "source": source, **({"note": note} if note else {})}
        relation: dict[str, Json] = {"kind": kind.value, "target": target}
        relation |= {key: value for key, value in (more or {}).items() if value not in (None, "")}
        relation["evidence"] = [evidence]
        if not self._fits({"relations": [relation]}, path, source, place):
            return False
        self.relations.append(relation)
        self.sources[path] = source
        return True

    def put_all(self, path: str, items: Iterable[str], source: str) -> bool:
        """Write the items of a list that the language accepts, each once; the others are noted."""
        fitting = [item for item in dict.fromkeys(items) if self._fits(_nested(path, [item]), path, source, ("", 0))]
        return self.put(path, [*fitting], source)

    def parent(self, target: str) -> dict[str, Any] | None:
        """The relation by which weights of ``target`` came in, where one was written."""
        for relation in self.relations:
            same = parse_requirement(str(relation["target"])).name == parse_requirement(target).name
            if same and str(relation["kind"]) in _weight_edges():
                return relation
        return None

    def note(self, message: str, done: str, *, place: tuple[str, int], rule: str) -> None:
        """Tell what is wrong in the facts, and what was done about it."""
        self.notes.append(Problem(place[0], place[1], 1 if place[1] else 0, message, done, rule))

    def _fits(self, nested: Mapping[str, Any], path: str, source: str, place: tuple[str, int]) -> bool:
        try:
            record_from_data({**self._head, **nested})
        except InvalidRecord as error:
            reason = error.problems[0].message
            where = place if place[0] else (source, 0)
            self.note(f"{path}: {reason}", "It was left out.", place=where, rule="value")
            return False
        return True
