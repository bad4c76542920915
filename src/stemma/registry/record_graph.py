"""The graph of any store of records that can be read whole: indexed once, again after something was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from stemma.registry.edges import DeclaredEdge, Facts, Held, MeasuredEdge, declared_edges, facts_of
from stemma.registry.first import first_declared, first_measured
from stemma.registry.interface import RecordStore
from stemma.vocabulary.relations import Side


class RecordGraph:
    """Implements :class:`stemma.registry.GraphSource` over ``records`` and the rulings that ``rulings`` gives."""

    def __init__(self, records: RecordStore, rulings: Callable[[], Mapping[str, MeasuredEdge]]) -> None:
        self._records, self._rulings = records, rulings
        self._index: _Index | None = None

    def forget(self) -> None:
        """Records were written: look again."""
        self._index = None

    def declared(self, names: Collection[str], side: Side, limit: int | None = None) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names."""
        ends = self._read().ends[side]
        return first_declared((edge for name in set(names) for edge in ends.get(name, ())), side, limit)

    def measured(self, subjects: Collection[str], limit: int | None = None) -> Iterable[MeasuredEdge]:
        """The rulings that one of these subjects has a part in."""
        return first_measured(self._rulings(), set(subjects), limit)

    def versions_of(self, names: Collection[str]) -> Mapping[str, Sequence[Held]]:
        """The versions of these names, ascending."""
        held = self._read().held
        return {name: held[name] for name in sorted(set(names)) if name in held}

    def facts(self, keys: Collection[str]) -> Mapping[str, Facts]:
        """What these records write of themselves."""
        facts = self._read().facts
        return {key: facts[key] for key in sorted(set(keys)) if key in facts}

    def counts(self) -> Mapping[str, int]:
        """How many records and edges there are."""
        index = self._read()
        return {"records": len(index.facts), "edges": sum(map(len, index.ends["upstream"].values()))}

    def _read(self) -> _Index:
        if self._index is None:
            self._index = _Index(self._records)
        return self._index


class _Index:
    def __init__(self, records: RecordStore) -> None:
        upstream: dict[str, list[DeclaredEdge]] = defaultdict(list)
        downstream: dict[str, list[DeclaredEdge]] = defaultdict(list)
        self.ends: dict[Side, Mapping[str, list[DeclaredEdge]]] = {"upstream": upstream, "downstream": downstream}
        self.held: dict[str, list[Held]] = {}
        self.facts: dict[str, Facts] = {}
        for name in records.names():
            found = [records.get(name, version) for version in sorted(records.versions(name))]
            self.held[name] = [Held(str(record.version), record.status.state == "yanked") for record in found]
            for record in found:
                self.facts[record.key] = facts_of(record)
                for edge in declared_edges(record):
                    upstream[edge.upstream].append(edge)
                    downstream[edge.downstream].append(edge)
