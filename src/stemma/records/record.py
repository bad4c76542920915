"""The values that a record is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal

from stemma.identity import Digest, Requirement, Version
from stemma.immutable import immutable
from stemma.records.shapes import Json
from stemma.vocabulary import Grounds, RecordType, RelationDefinition, RelationKind, load_relations

Mode = Literal["set", "unset", "append"]
State = Literal["active", "deprecated", "yanked"]


@immutable
class Leaf:
    """One field as a record writes it, with its place (line and column from 1; 0 where there was no text).

    ``mode`` is "set", "unset" (written as ``null``) or "append" (written as ``+key``).
    """

    path: str
    value: Json
    mode: Mode = "set"
    line: int = 0
    column: int = 0


@immutable
class Evidence:
    """Why a relation is believed, or denied."""

    grounds: Grounds
    source: str
    date: str = ""
    by: str = ""
    denies: bool = False
    signature: str = ""
    note: str = ""


@immutable
class Relation:
    """A declared edge: the record relates to ``target`` in the way of ``kind``."""

    kind: RelationKind
    target: Requirement
    coefficient: float | None = None
    method: str = ""
    component: str = ""
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    extensions: Mapping[str, Json] = field(default_factory=dict)
    line: int = 0

    @property
    def definition(self) -> RelationDefinition:
        """What the vocabulary says of this kind."""
        return load_relations().kinds[self.kind]


@immutable
class Status:
    """Whether the record should be used."""

    state: State = "active"
    reason: str = ""
    date: str = ""
    successor: Requirement | None = None


@immutable
class Record:
    """One version of one record, as written: nothing inherited.

    ``data`` is the document as plain JSON values, in the order written; it is not to be changed. ``leaves`` are its
    fields by dotted path (``about.title``, ``risks.csam``, ``surveys.fmti-2023.wages``), without ``stemma``, ``name``,
    ``version``, ``type``, ``status`` and ``relations``, which have attributes of their own. ``file`` is where it
    came from, ``places`` has line and column of every key at the top (empty where there was no text).
    """

    name: str
    version: Version
    type: RecordType
    data: Mapping[str, Json]
    leaves: Mapping[str, Leaf]
    relations: tuple[Relation, ...] = ()
    status: Status = Status()
    file: str = ""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """``name@version``, which names this record everywhere."""
        return f"{self.name}@{self.version}"

    @cached_property
    def digest(self) -> Digest:
        """Content digest: SHA-256 of the canonical JSON of the document less its ``status``."""
        return content_digest(self.data)

    def get(self, path: str) -> Json:
        """What the record itself writes at a dotted path; None where it writes nothing."""
        found = self.leaves.get(path)
        return None if found is None else found.value

    @property
    def title(self) -> str:
        """The title, or the name where there is none."""
        title = self.get("about.title")
        return title if isinstance(title, str) else self.name


def content_digest(data: Mapping[str, Json]) -> Digest:
    """SHA-256 of canonical JSON (keys sorted, no spaces, UTF-8), leaving out ``status``, which may change in place."""
    content = {key: value for key, value in data.items() if key != "status"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Digest("sha256", hashlib.sha256(text.encode("utf-8")).hexdigest())
