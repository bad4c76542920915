"""A record with everything it inherits, as a value that remembers where each field came from."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.identity import Missing, Version
from stemma.immutable import immutable
from stemma.records.record import Record, Relation
from stemma.records.shapes import Json
from stemma.records.table import LANGUAGE


@immutable
class Origin:
    """Where a value was written: ``name@version`` of the record, its file and line (0 where there was no text)."""

    record: str
    file: str = ""
    line: int = 0


@immutable
class ResolvedField:
    """One field after inheritance.

    ``origin`` is the record that settled it; ``items`` has the origin of every item of a list that several records
    wrote together (appended to, or joined over parents), and is empty where one record wrote it all. ``unset``: the
    origin said that there is no value.
    """

    path: str
    value: Json
    origin: Origin
    items: tuple[Origin, ...] = ()
    unset: bool = False


@immutable
class Edge:
    """A relation with the record that it leads to, in the version chosen; Missing says why there is none."""

    relation: Relation
    target: Record | Missing

    @property
    def target_key(self) -> str | None:
        """``name@version`` of the target."""
        return None if isinstance(self.target, Missing) else self.target.key


@immutable
class ResolvedRecord:
    """A record and what it inherits.

    ``fields`` are all leaves by dotted path, in the order of the language; ``order`` is the linear order of
    inheritance by ``name@version``, the record itself first; ``edges`` are its own relations, with targets.
    """

    record: Record
    fields: Mapping[str, ResolvedField]
    order: tuple[str, ...]
    edges: tuple[Edge, ...]

    @property
    def key(self) -> str:
        """``name@version``."""
        return self.record.key

    @property
    def name(self) -> str:
        """Name of the record."""
        return self.record.name

    @property
    def version(self) -> Version:
        """Version of the record."""
        return self.record.version

    def get(self, path: str) -> Json:
        """The value at a dotted path, own or inherited; None where there is none."""
        found = self.fields.get(path)
        return None if found is None else found.value

    def origin(self, path: str) -> Origin | None:
        """Where the value at a dotted path was written; None where there is no value."""
        found = self.fields.get(path)
        return None if found is None or found.unset else found.origin

    def inherited(self, path: str) -> bool:
        """True where the value at ``path`` was written by another record."""
        origin = self.origin(path)
        return origin is not None and origin.record != self.key

    @property
    def missing(self) -> tuple[Edge, ...]:
        """Relations whose target is not there."""
        return tuple(edge for edge in self.edges if isinstance(edge.target, Missing))

    def document(self) -> dict[str, Json]:
        """The whole record as plain data with all that is inherited, for publication. Never write this back."""
        own = self.record.data
        document: dict[str, Json] = {"stemma": LANGUAGE}
        document.update({key: own[key] for key in ("name", "version", "type", "status") if key in own})
        for path, found in self.fields.items():
            if found.unset:
                continue
            *sections, last = path.split(".")
            place = document
            for section in sections:
                inner = place.setdefault(section, {})
                assert isinstance(inner, dict)
                place = inner
            place[last] = found.value
        if "relations" in own:
            document["relations"] = own["relations"]
        return document
