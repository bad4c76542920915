"""Inheritance.

- A record inherits from the targets of its relations, each of which hands down the facets that its kind passes on
  (``stemma.vocabulary.load_relations``), what they inherited themselves included.
- The linear order of a record: itself first; every record before all that it inherits from; among those that this
  leaves free, in the order in which relations are declared, depth first. There is always exactly one.
- What the record writes itself wins. ``null`` says that there is no value, whatever the parents have. ``+key`` appends
  to the list that would be inherited.
- Else "replace" fields take the parent's value whose origin comes first in the linear order; "union" lists join the
  parents' lists, in the order of the relations; of "worst" flags a raised one wins.
- A circle and a missing parent are refused with the path that leads there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from stemma.errors import LimitExceeded, UnresolvedRecord
from stemma.identity import Missing, Requirement, Version
from stemma.records.record import Leaf, Record
from stemma.records.resolved import Edge, Origin, ResolvedField, ResolvedRecord
from stemma.records.shapes import Json
from stemma.records.source import RecordSource, choose, missing_message
from stemma.records.table import leaf, leaf_rank

MAX_ANCESTORS = 10_000


class Resolver:
    """Resolves the records of a source that does not change meanwhile; what was resolved is kept.

    ``dangling`` says what becomes of a parent that is not there: "refuse" raises, "report" leaves it out and lists it
    in ``ResolvedRecord.missing``. Targets that nothing is inherited from may always be missing. ``pins`` are the
    versions that a lock holds, by requirement; with them nothing else is chosen.
    """

    def __init__(
        self,
        source: RecordSource,
        *,
        dangling: Literal["refuse", "report"] = "refuse",
        prereleases: bool = False,
        pins: Mapping[str, Version] | None = None,
    ) -> None:
        self._source = source
        self._pins = pins
        self._refuse = dangling == "refuse"
        self._prereleases = prereleases
        self._chosen: dict[Requirement, Record | Missing] = {}
        self._edges: dict[str, tuple[Record, tuple[Edge, ...]]] = {}
        self._done: dict[str, ResolvedRecord] = {}

    def resolve(self, record: Record) -> ResolvedRecord:
        """``record`` with all it inherits.

        Raises:
            UnresolvedRecord: a parent is missing, or the records run in a circle.
            LimitExceeded: it has more than ``MAX_ANCESTORS`` ancestors.
        """
        found = self._done.get(record.key)
        if found is not None and found.record is record:
            return found
        if self._above(record) is None:
            for ancestor in reversed(self._linear(record)[1:]):
                if ancestor.key not in self._done:
                    self._done[ancestor.key] = self._resolved(ancestor)
        self._done[record.key] = self._resolved(record)
        return self._done[record.key]

    def find(self, asked: Requirement) -> ResolvedRecord:
        """The newest record that ``asked`` allows, resolved; raises UnresolvedRecord where there is none."""
        target = self._target(asked)
        if isinstance(target, Missing):
            raise UnresolvedRecord(target.reason, [str(asked)])
        return self.resolve(target)

    def edges(self, record: Record) -> tuple[Edge, ...]:
        """The relations of a record with their targets, nothing inherited; raises nothing for what is missing."""
        known = self._edges.get(record.key)
        if known is None or known[0] is not record:
            edges = tuple(Edge(relation, self._target(relation.target)) for relation in record.relations)
            known = self._edges[record.key] = (record, edges)
        return known[1]

    def _target(self, asked: Requirement) -> Record | Missing:
        if asked not in self._chosen:
            self._chosen[asked] = self._locked(asked, self._pins) if self._pins is not None else self._newest(asked)
        return self._chosen[asked]

    def _newest(self, asked: Requirement) -> Record | Missing:
        found = choose(self._source, asked, prereleases=self._prereleases)
        return found or Missing(missing_message(self._source, asked))

    def _locked(self, asked: Requirement, pins: Mapping[str, Version]) -> Record | Missing:
        version = pins.get(str(asked))
        if version is None or version not in self._source.versions(asked.name):
            return Missing(f"The lock has no version for {asked}, or that version is gone.")
        return self._source.get(asked.name, version)

    def _parents(self, record: Record, path: list[str]) -> Iterator[Record]:
        for edge in self.edges(record):
            if not edge.relation.definition.inherits:
                continue
            if not isinstance(edge.target, Missing):
                yield edge.target
            elif self._refuse:
                raise UnresolvedRecord(
                    edge.target.reason,
                    [*path, str(edge.relation.target)],
                    advice=f"Add it, or mend the relation in {record.file or record.key}:{edge.relation.line}.",
                )

    def _linear(self, record: Record) -> list[Record]:
        """Depth first, parents from last to first; the reverse of the order in which records are left."""
        left: list[Record] = []
        state: dict[str, bool] = {record.key: False}  # False while its parents are being visited
        path = [record.key]
        stack = [(record, reversed(list(self._parents(record, path))))]
        while stack:
            node, parents = stack[-1]
            parent = next(parents, None)
            if parent is None:
                stack.pop()
                path.pop()
                state[node.key] = True
                left.append(node)
            elif parent.key not in state:
                if len(state) >= MAX_ANCESTORS:
                    raise LimitExceeded(f"{record.key} has more than {MAX_ANCESTORS} ancestors.")
                state[parent.key] = False
                path.append(parent.key)
                stack.append((parent, reversed(list(self._parents(parent, path)))))
            elif not state[parent.key]:
                circle = [*path[path.index(parent.key) :], parent.key]
                raise UnresolvedRecord("Records inherit from one another in a circle.", circle, advice="Take one out.")
        return left[::-1]

    def _above(self, record: Record) -> list[ResolvedRecord] | None:
        """What the record inherits from, if all of it is there, resolved, and free of the record itself."""
        above = []
        for edge in self.edges(record):
            if edge.relation.definition.inherits:
                parent = None if isinstance(edge.target, Missing) else self._done.get(edge.target.key)
                if parent is None or record.key in parent.order:
                    return None
                above.append(parent)
        return above

    def _order(self, record: Record) -> tuple[str, ...]:
        above = self._above(record)
        if above is not None and len(above) < 2:
            return (record.key, *(above[0].order if above else ()))  # what a walk over it all would give
        return tuple(each.key for each in self._linear(record))

    def _resolved(self, record: Record) -> ResolvedRecord:
        order = self._order(record)
        fields = self._inherited(record, {key: rank for rank, key in enumerate(order)})
        for path, own in record.leaves.items():
            fields[path] = _written(record, own, fields.get(path))
        ordered = {path: fields[path] for path in sorted(fields, key=leaf_rank)}
        return ResolvedRecord(record, ordered, order, self.edges(record))

    def _inherited(self, record: Record, rank: Mapping[str, int]) -> dict[str, ResolvedField]:
        fields: dict[str, ResolvedField] = {}
        for edge in self.edges(record):
            facets = edge.relation.definition.passes
            if not facets or isinstance(edge.target, Missing):
                continue
            for path, theirs in self._done[edge.target.key].fields.items():
                about = leaf(path)
                if about.facet not in facets or (about.types is not None and record.type not in about.types):
                    continue
                mine = fields.get(path)
                fields[path] = theirs if mine is None else _merged(about.merge, mine, theirs, rank)
        return fields


def _written(record: Record, own: Leaf, inherited: ResolvedField | None) -> ResolvedField:
    origin = Origin(record.key, record.file, own.line)
    if own.mode != "append":
        return ResolvedField(own.path, own.value, origin, unset=own.mode == "unset")
    added = own.value if isinstance(own.value, list) else []
    if inherited is None or not isinstance(inherited.value, list):
        return ResolvedField(own.path, added, origin)
    items = (*_item_origins(inherited), *(origin for _ in added))
    return ResolvedField(own.path, [*inherited.value, *added], origin, items)


def _merged(
    merge: str, mine: ResolvedField, theirs: ResolvedField, rank: Mapping[str, int]
) -> ResolvedField:  # one path, two parents
    first, second = sorted((mine, theirs), key=lambda found: rank[found.origin.record])
    if merge == "union" and isinstance(mine.value, list) and isinstance(theirs.value, list):
        return _joined(mine, theirs)
    if merge == "union":
        return theirs if mine.unset else mine
    if merge == "worst" and _raised(second.value) and not _raised(first.value):
        return second
    return first


def _joined(mine: ResolvedField, theirs: ResolvedField) -> ResolvedField:
    value = list(mine.value) if isinstance(mine.value, list) else []
    items = list(_item_origins(mine))
    for item, origin in zip(theirs.value if isinstance(theirs.value, list) else [], _item_origins(theirs), strict=True):
        if item not in value:
            value.append(item)
            items.append(origin)
    return ResolvedField(mine.path, value, mine.origin, tuple(items))


def _item_origins(found: ResolvedField) -> tuple[Origin, ...]:
    return found.items or tuple(found.origin for _ in found.value) if isinstance(found.value, list) else ()


def _raised(value: Json) -> bool:
    return value is True or (isinstance(value, dict) and value.get("present") is True)
